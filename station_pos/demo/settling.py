"""The day after: settlement files with planted breaks, reconciliation, and the month's commission."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station_pos.demo.headquarters import ECOM, FINANCE
from station_pos.demo.processes import WorldError, at_once
from station_pos.demo.wording import TEXT, say, yuan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from station_pos.demo.counter_day import CounterDay
    from station_pos.demo.world import World

PLANS: dict[str, dict[str, Any]] = {
    "SCDL": {"plant": {"theirs_only": 1, "amount_mismatch": 1}},
    "JYSW": {"plant": {"ours_only": 1, "status_mismatch": 1}, "encoding": "gb18030", "newline": "crlf"},
    "ZYRQ": {"plant": {"duplicate_theirs": 1, "account_mismatch": 1}},
    "YDCZ": {"plant": {"cutoff_shift": 1}},
}
"""What each biller's file gets wrong; one biller writes GB18030 with CRLF, as some do."""
_LEAVES_UNMATCHED = frozenset({"OURS_ONLY", "AMOUNT_MISMATCH", "STATUS_MISMATCH", "ACCOUNT_MISMATCH"})
_SPOILT = "SCDL"
_CARRIES = "YDCZ"


@dataclass(frozen=True, slots=True)
class Settled:
    """What was planted, what HQ found, and which of our numbers stand in a break; ``month`` is YYYYMM."""

    business_date: date
    month: int
    planted: Mapping[str, int]
    breaks: Mapping[str, int]
    unmatched: frozenset[str]


def settle(world: World, business_date: date, day: CounterDay) -> Settled:
    """Have the files sent, taken in and reconciled, and the month's commission listed, approved, paid and stated.

    Raises:
        WorldError: HQ took a bad file, or refused a good one.
    """
    planted: Counter[str] = Counter({"DUPLICATE_OURS": len(day.merged)})
    unmatched: set[str] = set()
    files: list[Path] = [_spoilt_file(world, business_date, planted)]
    for biller, plan in PLANS.items():
        written = world.biller.settlement(biller, business_date, world.files, **plan)
        files.append(Path(written["file"]))
        planted.update(written["planted"])
        unmatched |= {row["our_no"] for row in written["planted_rows"] if row["kind"] in _LEAVES_UNMATCHED}
    next_date = business_date + timedelta(days=1)
    carried = world.biller.settlement(_CARRIES, next_date, world.files)
    say(TEXT("files", count=planted.total()))
    _refused(world, files.pop(0))
    world.hq.run(ECOM, "import-file", *files, carried["file"])
    say(TEXT("file_refused", biller=_SPOILT))
    _reconcile(world, _CARRIES, business_date)  # before the next date's file is looked at: one row seems lost
    breaks = _all_breaks(world, [(_CARRIES, next_date), *((biller, business_date) for biller in PLANS)])
    say(TEXT("breaks_found", found=", ".join(f"{name} {count}" for name, count in sorted(breaks.items()))))
    month = business_date.year * 100 + business_date.month
    _commission(world, day.shop.code, month)
    return Settled(business_date, month, dict(planted), dict(breaks), frozenset(unmatched))


def _spoilt_file(world: World, business_date: date, planted: Counter[str]) -> Path:
    written = world.biller.settlement(_SPOILT, business_date, world.files, plant={"total_mismatch": 1})
    planted["FILE_TOTAL_MISMATCH"] += 1
    return Path(written["file"])


def _refused(world: World, file: Path) -> None:
    """Offer a file that disagrees with its own total; HQ must refuse it whole."""
    try:
        world.hq.run(ECOM, "import-file", file)
    except WorldError:
        return
    raise WorldError(f"HQ took {file.name} although it disagrees with its own total")


def _all_breaks(world: World, biller_days: list[tuple[str, date]]) -> Counter[str]:
    """Reconcile biller-days, the next date's first, and add up their breaks."""
    found: Counter[str] = Counter(_reconcile(world, *biller_days[0]))
    for classes in at_once([partial(_reconcile, world, *biller_day) for biller_day in biller_days[1:]]):
        found.update(classes)
    return found


def _reconcile(world: World, biller: str, business_date: date) -> dict[str, int]:
    """Reconcile one biller-day and give its breaks by class."""
    found: dict[str, int] = world.hq.ask(ECOM, "reconcile", "--biller", biller, "--date", business_date)["breaks"]
    return found


def _commission(world: World, code: str, month: int) -> None:
    """List the month as one person, approve and pay it as another; the statement reaches the station by itself."""
    world.hq.enter_agreement(code)
    # The day is played in a month that goes on.
    world.hq.run(ECOM, "commission", "list", "--month", month, "--early")
    made = world.hq.ask(FINANCE, "commission", "approve", "--month", month)
    world.hq.run(FINANCE, "commission", "pay-file", "--month", month, "--out", world.folder)
    gross, tax, net = (yuan(made[f"{name}_fen"]) for name in ("gross", "tax", "net"))
    say(TEXT("commission", month=month, gross=gross, tax=tax, net=net))
