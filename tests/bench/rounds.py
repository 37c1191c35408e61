"""Takes all measurements in turn, round after round, so that whatever else the machine does meets all alike."""

import subprocess
import sys
import time


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure(measurements, rounds, began):
    """The figures by row and side, one of each round, and what failed."""
    figures, problems = {}, {}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}, {time.monotonic() - began:.0f} s since the start")
        for one in measurements:
            if one.once and number > 0:
                continue
            runs = figures.setdefault(one.row, {}).setdefault(one.side, [])
            try:
                runs.append(one.run())
            except (RuntimeError, subprocess.CalledProcessError, OSError, KeyError) as error:
                runs.append(None)
                problems[f"{one.row}, {one.side}"] = str(error)[:300]
                say(f"{one.row}, {one.side}: {error}")
    return figures, problems
