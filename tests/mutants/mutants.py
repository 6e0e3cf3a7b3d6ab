"""Plays mutants: changes a line, and sees whether a test fails. `make mutants` runs it; cargo-mutants says which there are.

    python3 tests/mutants/mutants.py [--since COMMIT | --share] [--units] [--only PATH] [--tests WORD] [--minutes N] [--write] [--unplayed | --alone]

All are compiled at once, each behind a switch (the package `mutants` weaves them in), so that one costs a run and no build. Those
that cannot be woven in, such as one of a constant, are built one by one. A mutant is played by the unit tests that reach it;
then, unless --units, by the end-to-end tests that do. --share is CI's part: what unit tests can catch of the files that the last
20 commits changed and is woven in, for five minutes. Ends with 1 where one is missed that is not in end_to_end.txt.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target"
TREE, WOVEN = TARGET / "mutants/tree", TARGET / "mutants/woven"
CARGO_MUTANTS = TARGET / "tools/bin/cargo-mutants"
# Those that unit tests miss, each with the end-to-end test that catches it.
END_TO_END = HERE / "end_to_end.txt"
SHARE_COMMITS, SHARE_MINUTES = 20, 5
# What a run may take beyond four times a quiet one, in seconds: a mutant may wait for ever.
PATIENCE_SECS = 30
# What all end-to-end tests may take.
ALONE_SECS = 1_200
# Each in its thread, which has its name; tests mostly wait.
THREADS = "--test-threads=4"


def git(*arguments):
    """What git prints, or None: a tarball has no history, and a shallow clone a short one."""
    if not shutil.which("git"):
        return None
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def listed(*options):
    """The mutants of cargo-mutants' list, each with its number, and with a name that stays when lines move."""
    command = [CARGO_MUTANTS, "mutants", "--list", "--json", *options]
    # Of a diff without any it says nothing at all.
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout or "[]")
    seen = collections.Counter()
    for number, mutant in enumerate(found, 1):
        del mutant["diff"]
        name = re.sub(r"^([^:]+):\d+:\d+", r"\1", mutant["name"])
        seen[name] += 1
        mutant |= {"number": number, "key": f"{name} #{seen[name]}" if seen[name] > 1 else name}
    return found


def chosen(since, share):
    """What is to be played: all, or those of lines changed `since`, or of the files that CI looks at."""
    everything = listed()
    if since:
        changes = git("diff", since)
        if changes is None:
            sys.exit(f"mutants: git knows no commit {since} here")
        diff = TARGET / "mutants/since.diff"
        diff.parent.mkdir(parents=True, exist_ok=True)
        diff.write_text(changes)
        names = {it["name"] for it in listed("--in-diff", diff)}
        return [it for it in everything if it["name"] in names]
    if not share:
        return everything
    changed = git("diff", "--name-only", f"HEAD~{SHARE_COMMITS}", "HEAD")
    if changed is None:
        print(f"There is no history of {SHARE_COMMITS} commits here: all files are looked at.")
    else:
        everything = [it for it in everything if it["file"] in changed.splitlines()]
    random.Random(git("rev-parse", "HEAD") or "").shuffle(everything)
    return everything


def laid_out(mutants, with_suites):
    """Makes TREE what is here with these mutants woven in; what stays as it was is not written, and so not built again."""
    names = git("ls-files", "--cached", "--others", "--exclude-standard")
    paths = [pathlib.Path(name) for name in names.splitlines()] if names else [
        path.relative_to(ROOT) for top in ROOT.iterdir() if not top.name.startswith(".") and top.name != "target"
        for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()
    ]
    shutil.rmtree(WOVEN, ignore_errors=True)
    for path in paths:
        if (ROOT / path).is_file():
            (WOVEN / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, WOVEN / path)
    with (WOVEN / "shared/src/lib.rs").open("a") as lib:
        lib.write((HERE / "switch.rs").read_text())
    # Another version is another file in `target`: what is built here shares the dependencies, and nothing else.
    manifest = (WOVEN / "Cargo.toml").read_text()
    (WOVEN / "Cargo.toml").write_text(re.sub(r'(?m)^version = "(.*)"', r'version = "\1+mutants"', manifest, count=1))
    if not with_suites:
        # It is what chooses the features, as in every other build, but no unit test of the sandbox is about the functions.
        (WOVEN / "tests/src/lib.rs").write_text("")
    left = subprocess.run([TARGET / "debug/mutants", WOVEN], input=json.dumps(mutants), check=True, stdout=subprocess.PIPE, text=True)
    for path in paths:
        there, new = TREE / path, WOVEN / path
        if new.is_file() and not (there.is_file() and there.read_bytes() == new.read_bytes()):
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(new, there)
    return {int(number) for number in left.stdout.split()}


def compiled(*selected):
    """Builds TREE: the test programs as (program, folder), and the errors."""
    packages = () if "--package" in selected else ("--workspace",)
    command = ["cargo", "test", *packages, "--offline", "--no-run", "--message-format=json", *selected]
    environment = os.environ | {"CARGO_TARGET_DIR": str(TARGET)}
    done = subprocess.run(command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    programs = [
        (it["executable"], str(pathlib.Path(it["manifest_path"]).parent))
        for it in said if it.get("executable") and it["profile"]["test"]
    ]
    errors = [it["message"] for it in said if it["reason"] == "compiler-message" and it["message"]["level"] == "error"]
    if done.returncode and not errors:
        sys.exit(done.stderr)
    return programs, [it for it in errors if it["spans"]]


def blamed(error):
    """The mutant that a compiler's error is about, and the error's code; None where it is only the nearest one."""
    spans = sorted(error["spans"], key=lambda span: not span["is_primary"])
    nearest = None
    for span in spans:
        while span["expansion"] and not (TREE / span["file_name"]).is_file():
            span = span["expansion"]["span"]
        if not (TREE / span["file_name"]).is_file():
            continue
        text = (TREE / span["file_name"]).read_bytes()
        woven_in = [
            (it.start(), text.find(b"/*%s>*/" % it[1], it.end()), int(it[1])) for it in re.finditer(rb"/\*<(\d+)\*/", text)
        ]
        around = [(ends - begins, it) for begins, ends, it in woven_in if begins <= span["byte_start"] and span["byte_end"] <= ends]
        if around:
            return min(around)[1], (error["code"] or {}).get("code")
        # A value may be wrong where its type stands, before it.
        behind = [(begins, it) for begins, _, it in woven_in if begins >= span["byte_start"]]
        nearest = nearest or (behind and min(behind)[1])
    if not nearest:
        sys.exit(f"No mutant is to blame for this:\n{error['rendered']}")
    return nearest, None


def woven(mutants, *selected, with_suites=False):
    """Builds the test programs with as many mutants as go in; also the others, each with the compiler's code or None."""
    others = {}
    while True:
        inside = [it for it in mutants if it["number"] not in others]
        others |= dict.fromkeys(laid_out(inside, with_suites))
        programs, errors = compiled(*selected)
        if not errors:
            return programs, others
        others |= dict(map(blamed, errors))
        print(f"  {len(others)} cannot be woven in ...", flush=True)


def reached(program, folder, word):
    """The tests that reach each mutant: {number: {test, …}}, all where that cannot be told; and the seconds that they take.

    Only tests with this word in their names.
    """
    log = TARGET / "mutants/reached"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    printed = subprocess.run([program, "--list", "--format=terse"], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = set(re.findall(r"(?m)^(\S+): test$", printed))
    printed = subprocess.run([program, THREADS, word], cwd=folder, stdout=subprocess.PIPE, text=True,
                             env=os.environ | {"MUTANTS_REACHED": str(log)}).stdout
    broken = set(re.findall(r"(?m)^test (\S+).* \.\.\. FAILED$", printed))
    for test in sorted(broken):
        print(f"  fails without any mutant, and is left out: {test}", flush=True)
    by = collections.defaultdict(set)
    for line in log.read_text().splitlines() if log.exists() else ():
        number, _, test = line.partition(" ")
        by[int(number)] |= ({test} if test in names else {it for it in names if word in it}) - broken
    return by, time.monotonic() - began


def failed(program, folder, number, tests, patience_secs=2 * PATIENCE_SECS):
    """The first of the tests (of all, if none is named) that fails with this mutant; None if none does; "hangs", or "dies"."""
    run = subprocess.Popen([program, THREADS, "--exact", *sorted(tests)], cwd=folder, env=os.environ | {"MUTANT": str(number)}, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    hangs = threading.Event()
    timer = threading.Timer(patience_secs, lambda: (hangs.set(), os.killpg(run.pid, signal.SIGKILL)))
    timer.start()
    try:
        for line in run.stdout:
            # A test that waits for ever is said to, and none takes that long by itself.
            if found := re.match(r"test (\S+)(.* \.\.\. FAILED| has been running for over)", line):
                return found[1]
        return "hangs" if hangs.is_set() else None if run.wait() == 0 else "dies"
    finally:
        timer.cancel()
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def played(mutants, programs, deadline, jobs, word="", word_of_each=False):
    """{number: the test that catches it, or None}, as far as the time goes."""
    runs = [(program, folder, *reached(program, folder, word)) for program, folder in programs]

    def play(mutant):
        if time.monotonic() > deadline:
            return None
        for program, folder, by, secs in runs:
            tests = by.get(mutant["number"], set())
            # Those of its own file first: they see most, and are quick.
            own = {test for test in tests if f"::{test}".find(f"::{pathlib.Path(mutant['file']).stem}::") >= 0}
            for some in (own, tests - own):
                while some and (test := failed(program, folder, mutant["number"], some, 4 * secs + PATIENCE_SECS)):
                    # What the load made fail does not fail again by itself.
                    if test in ("hangs", "dies") or failed(program, folder, mutant["number"], {test}):
                        if word_of_each:
                            print(f"  {mutant['name']}: {test}", flush=True)
                        return mutant["number"], test
                    some = some - {test}
        print(f"  missed: {mutant['name']}", flush=True)
        return mutant["number"], None

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return dict(filter(None, pool.map(play, mutants)))


def built_alone(mutant, *selected, with_suites=False):
    """The test that catches a mutant that is built for itself, None, or "unviable"."""
    laid_out([], with_suites)
    path = TREE / mutant["file"]
    lines = path.read_text().splitlines(keepends=True)
    places = mutant["span"]["start"], mutant["span"]["end"]
    begin, end = (sum(map(len, lines[:place["line"] - 1])) + place["column"] - 1 for place in places)
    text = "".join(lines)
    path.write_text(f"{text[:begin]}{mutant['replacement']}{text[end:]}")
    programs, errors = compiled(*selected)
    if errors:
        return "unviable"
    patience_secs = ALONE_SECS if with_suites else 2 * PATIENCE_SECS
    return next(filter(None, (failed(*program, 0, (), patience_secs) for program in programs)), None)


def units(mutants, deadline, jobs, with_woven=True, with_alone=True):
    """What unit tests catch: {number: the test, None, or "unviable"}, of those that are woven in and those that are built alone."""
    programs, others = woven(mutants, "--lib")
    ends = {it["number"]: "unviable" for it in mutants if it["genre"] == "FnValue" and others.get(it["number"]) not in (None, "E0015")}
    if with_woven:
        ends |= played([it for it in mutants if it["number"] not in others], programs, deadline, jobs)
    alone = [it for it in mutants if it["number"] in others and it["number"] not in ends] if with_alone else []
    for at, mutant in enumerate(alone, 1):
        if time.monotonic() < deadline:
            # With the features that it has by itself its dependencies are built once more, and the others' tests never.
            end = ends[mutant["number"]] = built_alone(mutant, "--package", mutant["package"], "--lib")
            print(f"  {at} of {len(alone)} built alone: {mutant['name']}: {end or 'missed'}", flush=True)
    return ends


def end_to_end(mutants, deadline, jobs, word):
    """What end-to-end tests catch of these."""
    programs, others = woven(mutants, "--test", "e2e", with_suites=True)
    found = played([it for it in mutants if it["number"] not in others], programs, deadline, jobs, word, word_of_each=True)
    for mutant in mutants:
        if mutant["number"] in others and time.monotonic() < deadline:
            found[mutant["number"]] = built_alone(mutant, "--test", "e2e", with_suites=True)
    return found


def known():
    """{mutant: the end-to-end test that catches it, "?" if none is known}"""
    lines = END_TO_END.read_text().splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def written(mutants, ends, found):
    """Writes anew what END_TO_END says of these mutants."""
    before, comments = known(), [line for line in END_TO_END.read_text().splitlines() if line.startswith("#")]
    there = {it["key"] for it in listed()}
    after = {key: test for key, test in before.items() if key in there}
    for mutant in mutants:
        key, number = mutant["key"], mutant["number"]
        if number in ends:
            after.pop(key, None)
            if ends[number] is None:
                after[key] = found.get(number) or before.get(key, "?")
    END_TO_END.write_text("".join(f"{line}\n" for line in comments + [f"{key}\t{test}" for key, test in sorted(after.items())]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", help="only mutants of lines changed since this commit")
    parser.add_argument("--share", action="store_true", help="CI's part")
    parser.add_argument("--units", action="store_true", help="unit tests only")
    parser.add_argument("--only", default="", help="only mutants of files whose path begins so")
    parser.add_argument("--tests", default="", help="only end-to-end tests with this in their name")
    parser.add_argument("--minutes", type=float, help="as many as can be played in so long")
    parser.add_argument("--write", action="store_true", help="write end_to_end.txt anew")
    parser.add_argument("--unplayed", action="store_true", help="only those with ? in end_to_end.txt")
    parser.add_argument("--alone", action="store_true", help="only those that are built one by one, and not those that are woven in")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    options = parser.parse_args()
    minutes = options.minutes or (SHARE_MINUTES if options.share else float("inf"))
    deadline = time.monotonic() + 60 * minutes

    mutants = [it for it in chosen(options.since, options.share) if it["file"].startswith(options.only)]
    print(f"{len(mutants)} mutants ...", flush=True)
    tests = known()
    # Where end-to-end tests are not played, what is known of them counts.
    accepted = {key for key, test in tests.items() if test != "?"} if options.share or options.units else set()
    if options.unplayed:
        mutants = [it for it in mutants if tests.get(it["key"]) == "?"]
    if not mutants:
        return print("There is none to be played.")
    own = [it for it in mutants if it["key"] not in accepted]
    ends = units(own, deadline, options.jobs, with_woven=not options.alone, with_alone=not options.share)
    missed = [it for it in mutants if ends.get(it["number"], "") is None]
    found = {}
    if missed and not (options.share or options.units):
        print(f"{len(missed)} are missed by unit tests, and played by end-to-end tests ...", flush=True)
        found = end_to_end(missed, deadline, options.jobs, options.tests)
        if time.monotonic() > deadline:
            ends = {number: test for number, test in ends.items() if test or number in found}
    report(mutants, ends, found, accepted)
    if options.write:
        written(mutants, ends, found)
    sys.exit(any(ends.get(it["number"], "") is None and not found.get(it["number"]) for it in missed))


def report(mutants, ends, found, accepted):
    """A line for each module and function, and the names of those that are missed."""
    table = collections.defaultdict(collections.Counter)
    for mutant in mutants:
        number = mutant["number"]
        end = {"unviable": "unviable", "left": "left", None: "missed"}.get(ends.get(number, "left"), "units")
        if mutant["key"] in accepted or found.get(number):
            end = "end-to-end"
        if end == "missed":
            print(f"MISSED: {mutant['name']}")
        part = re.match(r"functions/[^/]+|shared/src/[^/.]+", mutant["file"])[0]
        table[part][end] += 1
        table["all"][end] += 1
    columns = ["units", "end-to-end", "missed", "unviable", "left"]
    print(f"{'':32}{'mutants':>10}" + "".join(f"{it:>12}" for it in columns))
    for part, counts in sorted(table.items(), key=lambda row: row[0] == "all"):
        print(f"{part:32}{counts.total():>10}" + "".join(f"{counts[it]:>12}" for it in columns))


if __name__ == "__main__":
    main()
