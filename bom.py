"""Prints the bill of materials of a function: every crate in its bootstrap, as CycloneDX. `make build` puts it beside that.

Usage: python3 bom.py FUNCTION [TARGET]
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).parent
# What it is built for: the second argument, or what cargo-lambda builds with --arm64.
TARGET = sys.argv[2] if len(sys.argv) > 2 else "aarch64-unknown-linux-gnu"


def tree(function):
    """The crates that are linked, with what each depends on: {(name, version): (licence, {(name, version), …})}.

    `cargo tree` chooses features for this function alone, as its build does; `cargo metadata` would for the whole workspace.
    """
    command = ["cargo", "tree", "--locked", "--package", function, "--target", TARGET]
    command += ["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "{p}\t{l}"]
    printed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    crates, above = {}, []
    for line in printed.splitlines():
        depth, name, version, licence = re.fullmatch(r"(\d+)(\S+) v(\S+)[^\t]*\t(.*?)(?: \(\*\))?", line).groups()
        crate = (name, version)
        crates.setdefault(crate, (licence, set()))
        del above[int(depth):]
        if above:
            crates[above[-1]][1].add(crate)
        above.append(crate)
    return crates


def component(crate, licence, hashes):
    """One crate; those of the workspace have no hash, and come from no registry."""
    name, version = crate
    made = {"type": "library", "bom-ref": reference(crate, hashes), "name": name, "version": version}
    if crate in hashes:
        made["hashes"] = [{"alg": "SHA-256", "content": hashes[crate]}]
        made["purl"] = made["bom-ref"]
    if licence:
        # A slash is how older crates write it.
        made["licenses"] = [{"expression": re.sub(r" ?/ ?", " OR ", licence)}]
    return made


def reference(crate, hashes):
    """What a crate is called within the bill."""
    return f"{'pkg:cargo/' if crate in hashes else ''}{crate[0]}@{crate[1]}"


def bill(function):
    """The same bytes each time: no date and no serial number."""
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    hashes = {(it["name"], it["version"]): it["checksum"] for it in locked if "checksum" in it}
    crates = tree(function)
    components = {crate: component(crate, licence, hashes) for crate, (licence, _) in sorted(crates.items())}
    own = next(crate for crate in crates if crate[0] == function)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**components.pop(own), "type": "application"}},
        "components": list(components.values()),
        "dependencies": [
            {"ref": reference(crate, hashes), "dependsOn": sorted(reference(it, hashes) for it in depends_on)}
            for crate, (_, depends_on) in sorted(crates.items())
        ],
    }


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    json.dump(bill(sys.argv[1]), sys.stdout, indent=1)
    print()
