"""The drills: what each is about, and when it is passed, judged from the practice books alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from station_journal.payment import CashStatus, PaymentStatus
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.payment import Payment


class Drill(StrEnum):
    """What can be drilled, in the order in which it is best done."""

    BILL = "bill"
    PAPER_OUT = "paper_out"
    LINK_DROP = "link_drop"
    UNKNOWN = "unknown"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened since a drill began.

    ``payments`` are those taken since, oldest first, as they now stand. ``copies`` counts marked copies, ``waiting``
    the papers not printed yet. ``repaired`` tells that the fault was put right, ``slips`` that a pending slip was
    issued.
    """

    payments: tuple[Payment, ...]
    copies: int
    waiting: int
    repaired: bool


TEXT = Catalogue(
    {
        Drill.BILL: ("收一笔电费", "Take one electricity bill"),
        Drill.PAPER_OUT: ("打印机缺纸", "The printer is out of paper"),
        Drill.LINK_DROP: ("断网", "The link drops"),
        Drill.UNKNOWN: ("结果未知", "An unknown result"),
        Drill.UNDO: ("撤销一笔", "Undo a payment"),
        "passed_now": ("练习: {name} 练过了", "Practice: {name} is passed"),
        "bill_hint": (
            "练习: 输户号 0081234567, 看清户主, 收钱, 等到 缴成了",
            "Practice: type account 0081234567, check the payer, take the cash, wait for PAID",
        ),
        "paper_out_hint": (
            "练习缺纸: 照常收一笔, 不要补打; 装好纸后按 // lx Enter",
            "Practice, no paper: sell on, print no copy; then load paper: // lx Enter",
        ),
        "paper_out_mended": (
            "练习缺纸: 纸装好了, 凭条自己会出来, 不用补打",
            "Practice: paper is in; slips come by themselves",
        ),
        "link_drop_hint": (
            "练习断网: 收一笔电费 0081234567, 照纸账单输 50.00; 再按 // lx Enter",
            "Practice, no link: take 50.00 for 0081234567 off the paper bill; then // lx",
        ),
        "link_drop_mended": (
            "练习断网: 网通了, 自己会传, 看最近一笔变 已入账",
            "Practice: the link is back; watch it become booked",
        ),
        "unknown_hint": (
            "练习未知: 收一笔 0081234567; 没有答复就不要重做, 等 F5 有结果",
            "Practice, unknown: take 0081234567; without an answer do not repeat, watch F5",
        ),
        "unknown_mended": ("练习未知: 等系统自己问到结果", "Practice: wait until the machine has the result"),
        "undo_hint": (
            "练习撤销: 收一笔, 再 F7 Enter - 1 密码 Enter; 有答复后 F5 退现金",
            "Practice, undo: take one, F7 Enter - 1 PIN Enter; then F5 gives the cash back",
        ),
        "undo_mended": ("练习撤销: 有答复后按 F5 退现金", "Practice: after the answer F5 gives the cash back"),
    }
)


def hint(drill: Drill, *, repaired: bool) -> str:
    """Say what a running drill asks for now."""
    key = f"{drill}_mended"
    return TEXT(key if repaired and key in TEXT else f"{drill}_hint")


def passed(drill: Drill, seen: Seen) -> bool:
    """Tell whether a drill is passed: what was wanted happened, and what must not happen did not."""
    booked = [one for one in seen.payments if one.status is PaymentStatus.CONFIRMED and one.receipt_seq]
    if drill is Drill.BILL:
        return bool(booked)
    if drill is Drill.PAPER_OUT:
        return bool(booked) and seen.repaired and seen.waiting == 0 and seen.copies == 0
    if drill is Drill.LINK_DROP:
        return seen.repaired and any(one.offline for one in booked)
    if drill is Drill.UNKNOWN:
        return any(one.pending_seq for one in booked) and not _taken_twice(seen.payments)
    undone = [one for one in seen.payments if one.status is PaymentStatus.REVERSED]
    return any(one.cash is CashStatus.RETURNED for one in undone)


def _taken_twice(payments: Sequence[Payment]) -> bool:
    accounts = [(one.product_code, one.account_no) for one in payments]
    return len(accounts) != len(set(accounts))
