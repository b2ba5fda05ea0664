"""Run the measurements: ``python -m benchmarks [--soak] [NAME ...]``; one JSON line a figure.

The long runs take ``--runs`` (fewer of them), ``--seed`` and ``--step``, with which a run that found something is done
again: ``python -m benchmarks --soak --seed 7 --step withdrawal:37 --runs 5``.
"""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks.figure import FoundError

MODULES = (
    "wire",
    "verify",
    "commit",
    "rebuild",
    "cold_start",
    "ingest",
    "reconciliation",
    "commission",
    "cash_causes",
    "credit",
    "guard",
    "key_press",
    "loaded_counter",
)
SOAK: tuple[str, ...] = ("kill9", "console")


def main() -> int:
    """Run the modules named, or all; a figure that cannot be taken ends the run with its error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", help=f"some of: {', '.join(MODULES + SOAK)}")
    parser.add_argument("--soak", action="store_true", help="the long runs")
    parser.add_argument("--runs", type=int, help="how many of the long runs (default: all of them)")
    parser.add_argument("--seed", type=int, help="seed of the long runs")
    parser.add_argument("--step", help="one step to meet in every run, as a finding names it (withdrawal:37)")
    options = parser.parse_args()
    unknown = set(options.modules) - set(MODULES + SOAK)
    if unknown:
        parser.error(f"there is no measurement named {', '.join(sorted(unknown))}")
    asked = {"runs": options.runs, "seed": options.seed, "step": options.step}
    given = {name: value for name, value in asked.items() if value is not None}
    for name in options.modules or (SOAK if options.soak else MODULES):
        taken = importlib.import_module(f"benchmarks.{name}").figures(**(given if name in SOAK else {}))
        try:
            for figure in taken:
                print(figure.line(), flush=True)
        except FoundError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
