"""Who passed which drill of practice, and when: a file in the station's folder, outside both journals.

Training is the station's own affair (product anchors, feature 94): the record shows the owner who has practised what.
It gates nothing at the counter. A shop that is open goes on selling, whoever has practised.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from station_pos.durable_file import write_durably
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from pathlib import Path

PASSES_NAME = "practice.json"
_SET_ASIDE = ".unreadable"


class Drill(StrEnum):
    """What can be drilled, in the order in which it is best done."""

    BILL = "bill"
    PAPER_OUT = "paper_out"
    LINK_DROP = "link_drop"
    UNKNOWN = "unknown"
    UNDO = "undo"
    WITHDRAWAL_DECLINED = "withdrawal_declined"
    WITHDRAWAL_UNKNOWN = "withdrawal_unknown"
    PARCEL_MISSING = "parcel_missing"
    PARCEL_COD = "parcel_cod"


NAMES = Catalogue(
    {
        Drill.BILL: ("收一笔电费", "Take one electricity bill"),
        Drill.PAPER_OUT: ("打印机缺纸", "The printer is out of paper"),
        Drill.LINK_DROP: ("断网", "The link drops"),
        Drill.UNKNOWN: ("缴费结果未知", "An unknown result of a bill"),
        Drill.UNDO: ("撤销一笔", "Undo a payment"),
        Drill.WITHDRAWAL_DECLINED: ("取款被拒", "A withdrawal is declined"),
        Drill.WITHDRAWAL_UNKNOWN: ("取款结果未知", "An unknown result of a withdrawal"),
        Drill.PARCEL_MISSING: ("收件少一件", "An item is missing at receiving"),
        Drill.PARCEL_COD: ("代收货款, 一件找不到", "Cash on delivery, one item not found"),
    }
)


class DrillPass(NamedTuple):
    """One drill that an operator passed, the last time; ``operator_no`` is 0 where an early file did not say."""

    operator_no: int
    operator_name: str
    drill: Drill
    passed_at: datetime


class PassesUnreadableError(Exception):
    """The file is there and cannot be read: that is no empty record. The message is one sentence."""


def read_passes(file: Path) -> tuple[DrillPass, ...]:
    """Read who passed what, oldest first; nobody where there is no file yet.

    Raises:
        PassesUnreadableError: the file cannot be read.
    """
    try:
        kept = json.loads(file.read_text("utf-8"))
        if isinstance(kept, dict):
            # As the first form of this file had it: each drill with the last who passed it.
            kept = [[0, by, drill, at] for drill, (by, at) in kept.items()]
        found = [
            DrillPass(int(number), str(name), Drill(drill), datetime.fromisoformat(at))
            for number, name, drill, at in kept
        ]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise PassesUnreadableError(f"{file.name}: {error}") from error
    return tuple(sorted(found, key=lambda one: one.passed_at))


def keep_pass(file: Path, passed: DrillPass) -> None:
    """Add a pass; an earlier one of the same operator and drill gives way. An unreadable file is set aside first.

    Raises:
        OSError: the disk refused; the record is as it was.
    """
    try:
        earlier = read_passes(file)
    except PassesUnreadableError:
        file.replace(file.with_name(file.name + _SET_ASIDE))
        earlier = ()
    same = passed.operator_no, passed.operator_name, passed.drill
    kept = [one for one in earlier if (one.operator_no, one.operator_name, one.drill) != same]
    lines = [[*one[:3], one.passed_at.isoformat(timespec="seconds")] for one in (*kept, passed)]
    write_durably(file, json.dumps(lines, ensure_ascii=False).encode())
