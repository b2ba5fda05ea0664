"""The example driver, installed as another package would be: a folder on the path with its entry point beside it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from station_pos.devices.card_drivers import DriverSetup, make_driver
from tests.station_pos.devices.card_benches import Bench, bench_of, now

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parent / "mispos_example"
ENTRY_POINTS = "[station_pos.card_terminals]\nmispos = mispos_example:make\n"


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Make the example a distribution that this interpreter finds."""
    site = folder / "site"
    metadata = site / "mispos_example-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mispos-example\nVersion: 1.0\n", "utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    sys.path[:0] = [str(site), str(EXAMPLE)]
    try:
        yield
    finally:
        sys.path.remove(str(site))
        sys.path.remove(str(EXAMPLE))
        sys.modules.pop("mispos_example", None)


@contextmanager
def nonce_bench(folder: Path) -> Iterator[Bench]:
    def make(line, _told):
        return make_driver("mispos", DriverSetup(line=line, now=now))

    bench = bench_of("record_terminal", folder, make, in_told_time=False, auto_card=0, card_s=0.3)
    with installed(folder), bench as opened:
        yield opened
