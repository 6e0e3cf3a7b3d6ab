"""Builds the service and deploys it to AWS: what `make deploy` runs.

    AWS_REGION=eu-central-1 make deploy                  the parameters are those of samconfig.toml
    AWS_REGION=eu-central-1 ARCH=x86_64 make deploy      for another processor than arm64
    AWS_REGION=eu-central-1 STACK=staging SAMCONFIG=samconfig.staging.toml make deploy

Region, processor and parameters are looked at before anything is built. Nothing changed is a success; a creation that fails
leaves nothing that hinders the next one.
"""

import argparse
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import stack

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
BUILT = ROOT / ".aws-sam" / "build"
# The processors, and what the header of an ELF file calls them.
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}
# Told by this program, and by nobody else.
OWN = {"Architecture": "it is ARCH", "Release": "it is made of the commit and the other parameters"}


def region(named: str | None) -> str:
    """The region, if one is named from which Binance may be called."""
    if not named:
        raise stack.Unusable("no region is given: say where, for example AWS_REGION=eu-central-1 make deploy")
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", named):
        raise stack.Unusable(f"{named} is no region: say where, for example AWS_REGION=eu-central-1 make deploy")
    if named.startswith("us-"):
        mend = "take another, for example AWS_REGION=eu-central-1 make deploy"
        raise stack.Unusable(f"{named} is in the United States, whose calls Binance refuses (HTTP 451): {mend}")
    return named


def given(path: Path) -> dict[str, str]:
    """The parameters of that file, which may be a table, a list or a text, as for SAM."""
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mend = "copy samconfig.example.toml to it, and say in it which hosts may be called"
        raise stack.Unusable(f"there is no {path.name}: {mend}") from None
    except (OSError, ValueError) as error:
        raise stack.Unusable(f"{path.name} cannot be read: {error}") from None
    values = settings.get("default", {}).get("deploy", {}).get("parameters", {}).get("parameter_overrides", {})
    if isinstance(values, dict):
        return {name: text(value) for name, value in values.items()}
    words = shlex.split(values) if isinstance(values, str) else values
    return dict(word.split("=", 1) for word in words if "=" in word)


def text(value: object) -> str:
    """A value of TOML as CloudFormation takes it."""
    if isinstance(value, list):
        return ",".join(map(text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def declared() -> dict[str, dict[str, str]]:
    """The parameters of the template with what it says about each, line by line."""
    section = re.search(r"^Parameters:\n(.*?)^[A-Z]", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    parts = re.split(r"^  (\w+):\n", section[1], flags=re.MULTILINE)[1:]
    blocks = zip(parts[::2], parts[1::2], strict=True)
    return {name: dict(re.findall(r"^    (\w+): (.+)$", block, re.MULTILINE)) for name, block in blocks}


def checked(values: dict[str, str], file: str) -> dict[str, str]:
    """The parameters, if the template knows and allows them; CloudFormation would say so only after the build."""
    known = declared()
    for name, value in values.items():
        if name in OWN:
            raise stack.Unusable(f"{file} must not say {name}: {OWN[name]}")
        if name not in known:
            raise stack.Unusable(f"{file} says {name}, which is no parameter: they are {', '.join(known)}")
        rules = known[name]
        each = re.split(", *", value) if rules["Type"] == "CommaDelimitedList" else [value]
        pattern = rules.get("AllowedPattern", ".*")
        if not all(re.fullmatch(pattern, one) for one in each):
            raise stack.Unusable(f"{name} in {file} {rules['ConstraintDescription'].rstrip('.')}")
    for name, rules in known.items():
        if "Default" not in rules and name not in values:
            raise stack.Unusable(f"{file} does not say {name}, which has no default")
    return values


def git(*words: str, index: str | None = None) -> str:
    """What git says."""
    env = os.environ | ({"GIT_INDEX_FILE": index} if index else {})
    why = "a release is named after its commit, and git does not know it"
    try:
        said = subprocess.run(["git", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    except OSError as error:
        raise stack.Unusable(f"{why}: {error}") from None
    if said.returncode:
        raise stack.Unusable(f"{why}: {' '.join(said.stderr.split())}")
    return said.stdout.strip()


def release(values: dict[str, str]) -> str:
    """What is deployed, in a word: another commit, uncommitted change or parameter is another release.

    SAM names a function's version after the first ten characters.
    """
    commit = git("rev-parse", "HEAD")
    with tempfile.TemporaryDirectory() as directory:
        index = f"{directory}/index"
        git("read-tree", "HEAD", index=index)
        git("add", "--all", index=index)
        files = git("write-tree", index=index)
    is_changed = files != git("rev-parse", "HEAD^{tree}")
    said = "\n".join([commit, files, *(f"{name}={value}" for name, value in sorted(values.items()))])
    words = [hashlib.sha256(said.encode()).hexdigest()[:10], commit[:7], *(["changed"] if is_changed else [])]
    return "-".join(words)


def build(architecture: str) -> None:
    """Builds each function for that processor, and looks whether it was."""
    run("make", "build", f"ARCH={architecture}")
    for program in sorted(BUILT.glob("*/bootstrap")):
        with program.open("rb") as file:
            machine = int.from_bytes(file.read(20)[18:], "little")
        if machine != MACHINES[architecture]:
            raise stack.Unusable(f"{program.relative_to(ROOT)} was not built for {architecture}, and could not run there")


def run(*command: str) -> None:
    """Runs a command as if it had been typed; its failure is this program's."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def main() -> int:
    """Looks, builds, deploys."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stack.add_options(parser)
    option = parser.add_argument
    option("--arch", choices=MACHINES, default=os.environ.get("ARCH") or "arm64", help="default: ARCH, else arm64")
    file = os.environ.get("SAMCONFIG") or "samconfig.toml"
    option("--config", type=Path, default=ROOT / file, help="default: SAMCONFIG, else samconfig.toml")
    option("--look", action="store_true", help="look at region, processor and parameters, and do nothing")
    option("--built", type=Path, metavar="TEMPLATE", help="deploy what was built as this template says; nothing is built")
    options = parser.parse_args()
    where = region(options.region)
    if options.arch not in MACHINES:
        raise stack.Unusable(f"ARCH is {options.arch}, and must be one of {', '.join(MACHINES)}")
    values = checked(given(options.config), options.config.name) | {"Architecture": options.arch}
    values["Release"] = release(values)
    if options.look:
        return 0

    if not options.built:
        build(options.arch)
    print(f"Deploying release {values['Release']} as {options.stack} to {where} ...", flush=True)
    command = ["sam", "deploy", "--config-file", str(options.config.resolve()), "--stack-name", options.stack, "--region", where]
    command += ["--template-file", str(options.built.resolve())] if options.built else []
    command += ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--on-failure", "DELETE", "--no-fail-on-empty-changeset"]
    command += ["--parameter-overrides", *(f'{name}="{value}"' for name, value in values.items())]
    run(*command)
    return 0


if __name__ == "__main__":
    stack.run(main)
