"""The drills: what each asks for, when it is passed and what spoils it, judged from the practice books alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.facts.parcels import Place
from station_journal.facts.withdrawals import FailureKind
from station_journal.payment import CashStatus, PaymentStatus
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.drill_passes import Drill
from station_pos.practice.courier import COD, COD_FEN, COURIER_PIN, FIRST, TAIL, THIRD
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.parcel import Parcel
    from station_journal.payment import Payment
    from station_journal.rules.withdrawal import Withdrawal

DRAWER_RESTS = frozenset({Drill.WITHDRAWAL_DECLINED, Drill.WITHDRAWAL_UNKNOWN})
"""Drills in which the drawer stays shut until the terminal says pay."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened since a drill began.

    ``payments`` and ``withdrawals`` are those made since, oldest first, as they now stand. ``parcels`` are the items
    that the courier announced for this drill, in his order; ``receiving`` tells that a batch is not signed. ``copies``
    counts marked copies, ``opened`` how often the drawer was opened without a sale, ``waiting`` the papers not printed
    yet. ``repaired`` tells that the fault was put right.
    """

    payments: tuple[Payment, ...] = ()
    copies: int = 0
    waiting: int = 0
    repaired: bool = False
    withdrawals: tuple[Withdrawal, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    receiving: bool = False
    opened: int = 0


TEXT = Catalogue(
    {
        "items": ("甲 乙 丙", "A B C"),
        "passed_now": ("练习: {name} 练过了", "Practice: {name} is passed"),
        "spoilt": ("练习: 这次不算, {why}。// lx 选它重来", "Practice: not counted, {why}. // lx begins again"),
        "copied": ("不该补打", "no copy was wanted"),
        "twice": ("同一笔收了两次", "the same bill was taken twice"),
        "opened": ("结果没出来就开了钱箱", "the drawer was opened before it said pay"),
        "not_found_taken_in": ("没来的那件也收了", "the item that never came was taken in"),
        "not_found_handed_off": ("找不到的那件也交了", "the item not found was handed off"),
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
        "withdrawal_declined_hint": (
            "练习被拒: F3 取 100 Enter; 拒了不付钱, 再取一次, 绿屏才付, 付清按 Enter",
            "Practice: F3 100 Enter; declined pays nothing; again, pay on green, Enter",
        ),
        "withdrawal_declined_mended": (
            "练习被拒: 拒了的没扣钱, 可以再取: F3 100 Enter, 绿屏付清按 Enter",
            "Practice: nothing was debited, so again: F3 100 Enter, pay on green, Enter",
        ),
        "withdrawal_unknown_hint": (
            "练习未知: F3 取 200 Enter; 没有结果就不付钱不重做, 不开钱箱, 等凭条",
            "Practice: F3 200 Enter; no result: do not pay, do not repeat, wait for the slip",
        ),
        "withdrawal_unknown_mended": (
            "练习未知: 待定凭条给顾客; 等结果响铃, F5 打开, 绿屏才付, 付清按 Enter",
            "Practice: give the slip; when it rings open F5, pay on green only, Enter",
        ),
        "parcel_missing_hint": (
            "练习少件: F6 输 {first} 和 {second}, {third} 没来; + Enter, 投递员密码 {pin}, 再您的",
            "Practice: F6 {first} {second}, {third} is missing; + Enter, courier {pin}, you",
        ),
        "parcel_cod_hint": (
            "练习代收: 先收件, F6 输 {first} 和 {second}, {third} 没来; + Enter, 投递员密码 {pin}",
            "Practice, COD: first F6 {first} {second}, {third} is missing; + Enter, courier {pin}",
        ),
        "parcel_cod_mended": (
            "练习代收: F4 {tail} Enter; {first} 找不到, 只输 {second} 交付: Enter, 收 {sum} 按 +",
            "Practice, COD: F4 {tail} Enter; {first} is lost: only {second}, Enter, + takes {sum}",
        ),
    }
)


def hint(drill: Drill, seen: Seen) -> str:
    """Say what a running drill asks for now."""
    key = f"{drill}_mended"
    waybills = [one.waybill for one in seen.parcels] or TEXT("items").split()
    return TEXT(
        key if _second_half(drill, seen) and key in TEXT else f"{drill}_hint",
        first=waybills[FIRST],
        second=waybills[COD],
        third=waybills[THIRD],
        pin=COURIER_PIN,
        tail=TAIL,
        sum=f"{COD_FEN // 100}.00",
    )


def _second_half(drill: Drill, seen: Seen) -> bool:
    """Tell whether a drill asks for its second half: the fault was met, or put right."""
    if drill is Drill.WITHDRAWAL_DECLINED:
        return any(_was_declined(one) for one in seen.withdrawals)
    if drill is Drill.WITHDRAWAL_UNKNOWN:
        return any(one.pending_seq for one in seen.withdrawals)
    if drill is Drill.PARCEL_COD:
        return (
            not seen.receiving and bool(seen.parcels) and all(one.where is not Place.EXPECTED for one in seen.parcels)
        )
    return seen.repaired


def passed(drill: Drill, seen: Seen) -> bool:
    """Tell whether a drill is passed: what was wanted happened, and what must not happen did not."""
    return not mistake(drill, seen) and _JUDGES[drill](seen)


def mistake(drill: Drill, seen: Seen) -> str:
    """Name what spoilt a drill, as a key of ``TEXT``; empty while nothing did."""
    if drill is Drill.PAPER_OUT and seen.copies:
        return "copied"
    if drill is Drill.UNKNOWN and _taken_twice(seen.payments):
        return "twice"
    if drill in DRAWER_RESTS and seen.opened:
        return "opened"
    places = [one.where for one in seen.parcels]
    if drill is Drill.PARCEL_MISSING and places[THIRD:] not in ([], [Place.EXPECTED], [Place.MISSING]):
        return "not_found_taken_in"
    if drill is Drill.PARCEL_COD and places[FIRST : FIRST + 1] == [Place.CUSTOMER]:
        return "not_found_handed_off"
    return ""


def _booked(seen: Seen) -> list[Payment]:
    return [one for one in seen.payments if one.status is PaymentStatus.CONFIRMED and one.receipt_seq]


def _paper_out(seen: Seen) -> bool:
    return bool(_booked(seen)) and seen.repaired and seen.waiting == 0


def _undone(seen: Seen) -> bool:
    undone = [one for one in seen.payments if one.status is PaymentStatus.REVERSED]
    return any(one.cash is CashStatus.RETURNED for one in undone)


def _was_declined(one: Withdrawal) -> bool:
    return one.state is WithdrawalState.FAILED and one.failure == FailureKind.DECLINED


def _declined(seen: Seen) -> bool:
    declined = [one.seq for one in seen.withdrawals if _was_declined(one)]
    paid = [one.seq for one in seen.withdrawals if one.state is WithdrawalState.PAID]
    return bool(declined and paid) and declined[0] < paid[-1]


def _unknown(seen: Seen) -> bool:
    ended = {WithdrawalState.PAID, WithdrawalState.FAILED}
    return any(one.pending_seq and one.state in ended for one in seen.withdrawals)


def _missing(seen: Seen) -> bool:
    return [one.where for one in seen.parcels] == [Place.SHELF, Place.SHELF, Place.MISSING]


def _collected(seen: Seen) -> bool:
    # What cannot be found stays on its shelf by record, or is put under dispute: both are right.
    places = [one.where for one in seen.parcels][:THIRD]
    return places in ([Place.SHELF, Place.CUSTOMER], [Place.CASE, Place.CUSTOMER])


def _taken_twice(payments: Sequence[Payment]) -> bool:
    accounts = [(one.product_code, one.account_no) for one in payments]
    return len(accounts) != len(set(accounts))


_JUDGES = {
    Drill.BILL: lambda seen: bool(_booked(seen)),
    Drill.PAPER_OUT: _paper_out,
    Drill.LINK_DROP: lambda seen: seen.repaired and any(one.offline for one in _booked(seen)),
    Drill.UNKNOWN: lambda seen: any(one.pending_seq for one in _booked(seen)),
    Drill.UNDO: _undone,
    Drill.WITHDRAWAL_DECLINED: _declined,
    Drill.WITHDRAWAL_UNKNOWN: _unknown,
    Drill.PARCEL_MISSING: _missing,
    Drill.PARCEL_COD: _collected,
}
