"""Rehearses deploying and operating: the real template in an AWS emulator, from an empty account to the first paid order and on.

Usage: python tests/rehearsal [--keep] [--readme FILE]

It needs what `make rehearse` makes beforehand: .venv, .venv-rehearse and target/debug/sandbox. Every step is a
line with its seconds; a failed one says what was expected and what came, and ends the rehearsal.
  --keep       leaves the folder of logs where it is, which a failure does anyway
  --readme     takes the section "Deploy" from that file
"""

import argparse
import os
import platform
import shutil
import signal
import sys
import tempfile
import textwrap
import time
import traceback

import again
import first_order
import operating
import patches
import stack as stacks
from mended import MENDED
from world import World

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def say(line):
    """Prints at once, where the output is a file, too."""
    print(line, flush=True)


def play(world, steps):
    """Plays the steps until one fails; how many passed, and whether one failed."""
    for number, step in enumerate(steps):
        began = time.monotonic()
        try:
            step(world)
        except Exception as error:  # Whatever it is, what was started has to end.
            say(f"FAILED {time.monotonic() - began:6.1f} s  {step.__doc__}")
            if not isinstance(error, AssertionError):
                traceback.print_exc()
            say(textwrap.indent(str(error), "       "))
            return number, True
        say(f"ok     {time.monotonic() - began:6.1f} s  {step.__doc__}")
    return len(steps), False


def main():
    """The whole rehearsal; the code to leave with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--readme")
    options = parser.parse_args()
    if platform.system() != "Linux" or stacks.ARCHITECTURE is None:
        say("skipped: the emulator runs the functions on this machine, which must be a Linux of x86_64 or arm64")
        return 0
    # So that what was started ends, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    steps = first_order.STEPS + operating.STEPS + again.STEPS
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="rehearsal-")
    world, failed = World(ROOT, os.path.join(ROOT, "target", "rehearsal"), folder, options.readme), True
    try:
        world.start()
        passed, failed = play(world, steps)
    finally:
        world.end()
        if not (failed or options.keep):
            shutil.rmtree(folder)
    say("patched in the build: the functions are compiled for this machine.")
    for name, reason in MENDED:
        say(f"patched in the emulator: {name}. {reason}")
    for name, reason, where in world.stack.patched:
        say(f"patched in the template: {name}. {reason} ({', '.join(where)})")
    for limit in patches.LIMITS:
        say(f"not rehearsed: {limit}")
    took = f"{time.monotonic() - began - world.built_secs:.0f} s, beside {world.built_secs:.0f} s of build"
    say(took + (f"; the logs are in {folder}" if failed or options.keep else ""))
    skipped = len(steps) - passed - failed
    say(f"{passed} passed, {int(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
