"""A station's life from one seed: the records of many days in the shape of a village station's trade."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    BillPaymentTaken,
    CreditGranted,
    Fact,
    Outcome,
    ReceiptIssued,
    Record,
    Side,
    TariffAdopted,
    TariffPublished,
)
from station_journal.tariff import CommissionBasis, CommissionRate, OfflineAllowance, Product, Service, Tariff

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENED = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
BILLERS = (
    ("SCDL", "四川电力", Service.ELECTRICITY, "电费", r"[0-9]{10}", 10),
    ("JYSW", "江油水务", Service.WATER, "水费", r"[0-9]{8}", 8),
    ("ZYRQ", "中源燃气", Service.GAS, "气费", r"[0-9]{9}", 9),
    ("YDCZ", "移动充值", Service.MOBILE, "话费", r"1[3-9][0-9]{9}", 11),
)
ACCOUNTS_PER_BILLER = 700
BILLS_PER_DAY = 100


def tariff() -> Tariff:
    """The tariff of four billers that the trade is made under."""
    return Tariff("bench", date(2026, 1, 1), tuple(_product(101 + i, *biller[:5]) for i, biller in enumerate(BILLERS)))


def _product(code: int, biller: str, biller_name: str, service: Service, name: str, pattern: str) -> Product:
    return Product(
        code=code,
        biller_code=biller,
        biller_name=biller_name,
        biller_name_en=biller,
        service=service,
        name=name,
        name_en=service.name.title(),
        initials=(),
        account_pattern=pattern,
        query_first=False,
        fee_fen=0,
        amount_min_fen=1,
        amount_max_fen=500_000,
        part_payment=True,
        reversal_minutes=30,
        offline=OfflineAllowance(10**6, 10**11, 10**4),
        commission=CommissionRate(CommissionBasis.RATIO, 5_000, "bench-1"),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One record with its place in the station's two journals."""

    side: Side
    seq: int
    record: Record


class Trade:
    """Makes entries in their one order: a grant, the tariff, then bills each confirmed and receipted."""

    def __init__(self, seed: int = 1) -> None:
        """Draw everything from one seed."""
        self._rng = random.Random(seed)
        self._seqs = {Side.STATION: 0, Side.HQ: 0}
        self._now = OPENED
        rank = [1 / (i + 1) ** 0.7 for i in range(ACCOUNTS_PER_BILLER)]
        self._accounts = [[self._account(biller[5], i) for i in range(ACCOUNTS_PER_BILLER)] for biller in BILLERS]
        self._rank = rank

    def _account(self, digits: int, number: int) -> str:
        return ("13" if digits == 11 else "50") + f"{number * 7919 % 10 ** (digits - 2):0{digits - 2}d}"  # noqa: PLR2004 - a mobile number

    def entries(self, station_records: int) -> Iterator[Entry]:
        """Make entries until the station has written so many records."""
        document = tariff()
        yield self._hq(CreditGranted(10**11, 1, 11, 12))
        yield self._hq(TariffPublished(document.hash, document.effective_on))
        yield self._station(TariffAdopted(document.hash), by_system=True)
        while self._seqs[Side.STATION] < station_records:
            yield from self._bill()

    def _bill(self) -> Iterator[Entry]:
        rng = self._rng
        self._now += timedelta(seconds=rng.randint(60, 600))
        which = rng.choices(range(len(BILLERS)), weights=(5, 2, 1, 2))[0]
        account = rng.choices(self._accounts[which], weights=self._rank)[0]
        amount = rng.choice((2_000, 3_000, 5_000, 10_000)) if which == len(BILLERS) - 1 else rng.randint(800, 25_000)
        taken = BillPaymentTaken(
            operation_no=self._seqs[Side.STATION] + 1,
            product_code=101 + which,
            account_no=account,
            bill_no="" if which == len(BILLERS) - 1 else f"{self._seqs[Side.STATION]:08d}",
            bill_period="" if which == len(BILLERS) - 1 else f"{self._now:%Y-%m}",
            payer_name=f"*三{account[-2:]}",
            amount_fen=amount,
            tendered_fen=-(-amount // 1_000) * 1_000,
            offline=False,
        )
        yield self._station(taken)
        seq = self._seqs[Side.STATION]
        biller_no = f"{self._now:%m%d}{rng.randrange(10**8):08d}"
        yield self._hq(BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, biller_no, ""))
        if self._seqs[Side.STATION] < seq + 1:
            yield self._station(ReceiptIssued(seq), by_system=True)

    def _station(self, fact: Fact, *, by_system: bool = False) -> Entry:
        actor = SYSTEM if by_system else Actor(ActorKind.PERSON, 1)
        return self._entry(Side.STATION, Side.HQ, actor, fact)

    def _hq(self, fact: Fact) -> Entry:
        return self._entry(Side.HQ, Side.STATION, SYSTEM, fact)

    def _entry(self, side: Side, other: Side, actor: Actor, fact: Fact) -> Entry:
        self._seqs[side] += 1
        day = (self._now + timedelta(hours=8)).date()
        return Entry(side, self._seqs[side], Record(self._now, day, actor, self._seqs[other], RULES_VERSION, fact))
