"""Lives of a station in which anything is recorded: every kind of fact there is, made from its own layout.

Nothing here knows a service: a kind that is added later is lived through from its first day. Rules are broken, views
are stale, numbers name what is not there. Each life takes a few services, so that their records meet again and again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any, get_args, get_origin, get_type_hints

from station_journal.accounts import Account
from station_journal.balances import Books, accounts_digest
from station_journal.facts.cash import DayClosed, DayCounted
from station_journal.facts.distribution import GoodsOrdered, LeadNoted, LeadTaken, OrderPlaced
from station_journal.facts.withdrawals import WithdrawalIntended
from station_journal.records import (
    SYSTEM,
    BillPaymentTaken,
    BusinessDayEnded,
    CreditGranted,
    Fact,
    HqFact,
    OutageOpened,
    PaymentResubmitted,
    Record,
    Side,
    StationFact,
    TariffAdopted,
)
from station_journal.rules.cash import CASH_BOOK_KEY, CashBook, CashCount
from station_journal.sealed_code import commitment_of
from tests.factories import journal

TARIFFS = {
    one.hash: one
    for one in (
        journal.tariff(),
        journal.tariff(journal.product(fee_fen=30), journal.product(102, biller_code="JYSW"), version="v2"),
    )
}
KINDS = {Side.STATION: get_args(StationFact), Side.HQ: get_args(HqFact)}
SERVICES = sorted({fact_class.__module__ for side in Side for fact_class in KINDS[side]})
"""Each service's facts stand in a module of their own."""
_KEYS = [bytes([number]) * 32 for number in range(3)]
_TEXTS = {
    "waybill": ("W1", "W2", "W3"),
    "label": ("P1", "P2"),
    "code": ("A-01-001", "A-01-002", ""),
    "manifest_no": ("M1", "M2", ""),
    "account_no": ("0081234567", "0081234568"),
    "bill_no": ("", "B1", "B2"),
    "recipient": ("*三", "*四"),
    "phone": ("1386621", ""),
    "sender": ("JLG", "HB", ""),
    "carrier": ("POST", "SF"),
    "registration_no": ("R1", "R2"),
    "acquirer_code": ("100", "403"),
}
_NAMED: dict[str, type | tuple[type, ...]] = {
    "payment_seq": (BillPaymentTaken, PaymentResubmitted),
    "withdrawal_seq": WithdrawalIntended,
    "count_seq": DayCounted,
    "order_seq": (GoodsOrdered, OrderPlaced),
    "lead_seq": (LeadTaken, LeadNoted),
    "opened_seq": OutageOpened,
}
Own = list[tuple[int, Fact]]


def random_fact(rng: random.Random, fact_class: type, own: Own) -> Fact:
    """Make a fact of any kind; ``own`` are the station's records so far, which a field ending in ``_seq`` names."""
    made: Fact = fact_class(**_values(rng, fact_class, [item.name for item in fields(fact_class)], own))
    return made


def _values(rng: random.Random, row_class: Any, names: Any, own: Own) -> dict[str, Any]:
    hints = get_type_hints(row_class)
    return {name: _value(rng, name, hints[name], own) for name in names}


def _value(rng: random.Random, name: str, hint: Any, own: Own) -> Any:
    if get_origin(hint) is tuple:
        row = get_args(hint)[0]
        return tuple(row(**_values(rng, row, row._fields, own)) for _ in range(rng.choice((0, 1, 1, 2, 3))))
    if hint is bool:
        return rng.random() < 0.5
    if issubclass(hint, IntEnum):
        return rng.choice(list(hint))
    if hint is date:
        return journal.TODAY + timedelta(days=rng.choice((-1, 0, 0, 1)))
    if hint is str:
        return rng.choice(_TEXTS.get(name, ("", "x", "李四")))
    if hint is bytes:
        return _bytes(rng, name)
    return _number(rng, name, own)


def _bytes(rng: random.Random, name: str) -> bytes:
    if name == "tariff_hash":
        return rng.choice(sorted(TARIFFS))
    return commitment_of(rng.choice(_KEYS)) if name == "commitment" else rng.choice(_KEYS)


def _number(rng: random.Random, name: str, own: Own) -> int:
    if name.endswith("_seq"):
        of_kind = [seq for seq, fact in own if isinstance(fact, _NAMED.get(name, ()))]
        right = of_kind and rng.random() < 0.85
        return rng.choice(of_kind[-3:]) if right else rng.randint(max(0, len(own) - 12), len(own) + 1)
    if name.endswith("_fen"):
        return rng.choice((0, 1, 100, 7_260, 7_260, 20_000, 60_000))
    if name == "product_code":
        return rng.choice((101, 101, 102, 999))
    if name in {"correction_no", "case_no", "fault_no"}:
        return rng.choice((1, 1, 2, 3))
    return rng.randint(1, 5)


@dataclass
class Life:
    """Both journals of a station; ``books`` are the station's own, which sees HQ's records when its own name them."""

    rng: random.Random
    journals: dict[Side, list[Record]] = field(default_factory=lambda: {side: [] for side in Side})
    books: Books = field(default_factory=lambda: Books(TARIFFS))
    today: date = journal.TODAY

    @classmethod
    def lived(cls, rng: random.Random, steps: int, but: tuple[type, ...] = ()) -> Life:
        """Live through some steps with the facts of some services, in no order that anybody would choose."""
        life = cls(rng)
        services = rng.sample(SERVICES, rng.choice((1, 2, 3)))
        basics = {Side.STATION: (BillPaymentTaken, BusinessDayEnded), Side.HQ: (CreditGranted,)}
        kinds = {
            side: (*basics[side], *(one for one in KINDS[side] if one.__module__ in services and one not in but))
            for side in Side
        }
        if rng.random() < 0.9:
            life.station(TariffAdopted(rng.choice(sorted(TARIFFS))))
        for _ in range(steps):
            side = Side.HQ if rng.random() < 0.4 else Side.STATION
            life.step(side, rng.choice(kinds[side]))
        return life

    def step(self, side: Side, fact_class: type) -> None:
        """Record a random fact of a class with a view that may be old, but never older than the one before."""
        other = Side.HQ if side is Side.STATION else Side.STATION
        last = self.journals[side][-1].seen_seq if self.journals[side] else 0
        seen = self.rng.choice((len(self.journals[other]), self.rng.randint(last, len(self.journals[other]))))
        own = [(seq, record.fact) for seq, record in self.numbered(Side.STATION)]
        fact = random_fact(self.rng, fact_class, own)
        if side is Side.STATION:
            self.today += timedelta(days=self.rng.choice((0, 0, 0, 0, 1, 20)))
            self.station(fact, seen)
        else:
            self._append(Side.HQ, fact, seen)

    def station(self, fact: Fact, seen_seq: int = 0) -> None:
        """Let the station record, after it took in what it now has seen of HQ's."""
        while self.books.seqs[Side.HQ] < seen_seq:
            seq = self.books.seqs[Side.HQ] + 1
            self.books.apply(Side.HQ, seq, self.journals[Side.HQ][seq - 1])
        record = self._append(Side.STATION, self._sometimes_right(fact), seen_seq)
        self.books.apply(Side.STATION, len(self.journals[Side.STATION]), record)

    def _append(self, side: Side, fact: Fact, seen_seq: int) -> Record:
        record = journal.record(fact, seen_seq=seen_seq, operator_no=0 if side is Side.HQ else 1)
        if isinstance(fact, BusinessDayEnded):
            record = replace(record, actor=SYSTEM)
        record = replace(record, business_date=self.today, recorded_at=_noon(self.today))
        self.journals[side].append(record)
        return record

    def _sometimes_right(self, fact: Fact) -> Fact:
        """Give figures that only the books know: always the digest of a day, often those of a count or close."""
        if isinstance(fact, BusinessDayEnded):
            return replace(fact, accounts_digest=accounts_digest(self.books.balances))
        book = self.books.subject(CashBook, CASH_BOOK_KEY) or CashBook()
        if isinstance(fact, DayCounted):
            return replace(fact, count_no=book.count_no + 1)
        count = self.books.subject(CashCount, str(book.count_seq))
        if isinstance(fact, DayClosed) and count is not None and self.rng.random() < 0.8:
            fact = replace(fact, z_no=book.z_no + 1, count_seq=count.seq)
            return replace(fact, opening_fen=book.opening_fen, expected_fen=count.expected_fen)
        return fact

    def numbered(self, side: Side) -> list[tuple[int, Record]]:
        """Give a journal with its numbers."""
        return list(enumerate(self.journals[side], 1))

    def early(self, rng: random.Random) -> Iterator[tuple[Side, int, Record]]:
        """Give both journals with each HQ record anywhere between what it had seen and who first had seen it."""
        at = dict.fromkeys(Side, 0)
        while any(at[side] < len(self.journals[side]) for side in Side):
            following = {side: next(iter(self.journals[side][at[side] :]), None) for side in Side}
            station, hq = following[Side.STATION], following[Side.HQ]
            must = hq is not None and station is not None and station.seen_seq > at[Side.HQ]
            may = hq is not None and hq.seen_seq <= at[Side.STATION]
            side = Side.HQ if must or (may and (station is None or rng.random() < 0.5)) else Side.STATION
            record = following[side]
            assert record is not None
            at[side] += 1
            yield side, at[side], record

    def drawer_fen(self) -> int:
        """What the station's own fold says is in the drawer."""
        return self.books.balance_fen(Account.DRAWER)


def _noon(day: date) -> datetime:
    return journal.NOON + (day - journal.TODAY)
