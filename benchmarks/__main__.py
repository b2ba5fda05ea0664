"""Run the measurements: ``python -m benchmarks [--soak] [NAME ...]``; one JSON line a figure."""

from __future__ import annotations

import argparse
import importlib
import sys

MODULES = (
    "wire",
    "verify",
    "commit",
    "rebuild",
    "cold_start",
    "ingest",
    "cash_causes",
    "credit",
    "guard",
    "key_press",
    "loaded_counter",
)
SOAK: tuple[str, ...] = ()


def main() -> int:
    """Run the modules named, or all; a figure that cannot be taken ends the run with its error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"some of: {', '.join(MODULES + SOAK)}")
    parser.add_argument("--soak", action="store_true", help="the long runs")
    options = parser.parse_args()
    unknown = set(options.modules) - set(MODULES + SOAK)
    if unknown:
        parser.error(f"there is no measurement named {', '.join(sorted(unknown))}")
    for name in options.modules or (SOAK if options.soak else MODULES):
        for figure in importlib.import_module(f"benchmarks.{name}").figures():
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
