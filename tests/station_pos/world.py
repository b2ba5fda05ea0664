"""A station with a real database, and an HQ of the tests that writes real records, certificates and signatures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station_journal.codec import encode
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    CreditGranted,
    HqFact,
    OperatorRole,
    Outcome,
    Record,
    Side,
    TariffPublished,
)
from station_journal.seal import Certificate, Position, extend, seal, sign_certificate
from station_journal.tariff import CommissionBasis, CommissionRate, OfflineAllowance, Product, Service, Tariff
from station_pos.commands.orders import AdoptTariff, EnrolOperator, OpenOutage, TakeBillPayment
from station_pos.commands.outcome import Accepted
from station_pos.register import Register
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.store.database import Database
from station_pos.store.reference import Profile

STATION = "5107-0427"
START = datetime(2026, 10, 23, 1, 0, tzinfo=UTC)
OWNER, CLERK = 1, 2
ELECTRICITY, WATER, MOBILE = 101, 201, 401


def product(code: int, **changes) -> Product:
    """A product with ordinary terms; ``changes`` name what is different."""
    base = Product(
        code=code,
        biller_code=f"B{code}",
        biller_name="四川电力",
        biller_name_en="Sichuan Power",
        service=Service.ELECTRICITY,
        name="电费",
        name_en="Electricity",
        initials=("df",),
        account_pattern=r"[0-9]{10}",
        query_first=True,
        fee_fen=0,
        amount_min_fen=1,
        amount_max_fen=500_000,
        part_payment=True,
        reversal_minutes=30,
        offline=OfflineAllowance(count=3, value_fen=60_000, hours=24),
        commission=CommissionRate(CommissionBasis.RATIO, 5_000, "2024-08"),
    )
    return replace(base, **changes)


def tariff(version: str = "2024-08", effective_on: date = date(2024, 8, 1), **changes) -> Tariff:
    """Three products: electricity with an offline allowance, water with a fee, mobile without reversal."""
    return Tariff(
        version,
        effective_on,
        (
            product(ELECTRICITY, **changes),
            product(
                WATER,
                biller_name="江油水务",
                biller_name_en="Jiangyou Water",
                service=Service.WATER,
                name="水费",
                name_en="Water",
                initials=("sf",),
                fee_fen=50,
                offline=None,
                commission=CommissionRate(CommissionBasis.PER_ITEM, 30, "2024-08"),
            ),
            product(
                MOBILE,
                biller_name="移动",
                biller_name_en="Mobile",
                service=Service.MOBILE,
                name="话费",
                name_en="Mobile top-up",
                initials=("hf",),
                account_pattern=r"1[0-9]{10}",
                reversal_minutes=0,
                query_first=False,
            ),
        ),
    )


@dataclass
class Clock:
    """A clock that moves only when told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount) -> None:
        self.now += timedelta(**amount)


@dataclass
class World:
    """One station in a folder, and what HQ writes for it."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    hq_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    station_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    database: Database = field(init=False)
    register: Register = field(init=False)
    hq_position: Position = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database(self.folder, create=True)
        begin_epoch(self.database, self.epoch())
        self.hq_position = self.hq_certificate().start()
        self.open()

    def hq_certificate(self) -> Certificate:
        return Certificate(Side.HQ, STATION, 1, self.hq_key.public_key().public_bytes_raw())

    def epoch(self, number: int = 1, prior: Position | None = None) -> Epoch:
        public = self.station_key.public_key().public_bytes_raw()
        own = Certificate(Side.STATION, STATION, number, public, *((prior.seq, prior.digest) if prior else ()))
        hq = self.hq_certificate()
        return Epoch(
            own,
            sign_certificate(self.hq_key, own),
            hq,
            sign_certificate(self.hq_key, hq),
            self.hq_key.public_key().public_bytes_raw(),
            Profile("张家坝便民服务站", "江油支局", "张家坝村 3 组", "11183"),
        )

    def open(self) -> None:
        self.register = Register(self.database, self.clock)

    def reopen(self) -> None:
        self.close()
        self.database = Database(self.folder)
        self.open()

    def close(self) -> None:
        self.database.close()

    def from_hq(self, *facts: HqFact) -> None:
        """Let records of HQ reach the station in one run."""
        before = self.hq_position
        run = [
            encode(
                Record(
                    self.clock.now,
                    self.clock.now.date(),
                    SYSTEM if isinstance(fact, BillerAnswered) else Actor(ActorKind.PERSON, 7),
                    self.register.head(Side.STATION).seq,
                    RULES_VERSION,
                    fact,
                )
            )
            for fact in facts
        ]
        self.raw_from_hq(run, before)

    def raw_from_hq(self, run: list[bytes], before: Position | None = None) -> None:
        before = before or self.hq_position
        after = before._replace(seq=before.seq + len(run), digest=extend(before, run)[-1])
        self.register.receive_hq(run, before, seal(self.hq_key, Side.HQ, STATION, after))
        self.hq_position = after

    def ready(self, credit_fen: int = 100_000, sold: Tariff | None = None) -> World:
        """Give the station operators, a tariff and credit."""
        sold = sold or tariff()
        self.accepted(EnrolOperator(0, OWNER, "张三", OperatorRole.OWNER))
        self.accepted(EnrolOperator(OWNER, CLERK, "李四", OperatorRole.CLERK))
        self.register.keep_document(sold.to_bytes())
        self.from_hq(TariffPublished(sold.hash, sold.effective_on))
        self.accepted(AdoptTariff(sold.hash))
        if credit_fen:
            self.from_hq(CreditGranted(credit_fen, 1, 7, 8))
        return self

    def accepted(self, command) -> Accepted:
        outcome = self.register.execute(command)
        assert isinstance(outcome, Accepted), outcome
        return outcome

    def pay(self, **changes) -> TakeBillPayment:
        """An electricity bill of 72.60 with 100.00 handed over; ``changes`` name what is different."""
        command = TakeBillPayment(
            operator_no=CLERK,
            operation_no=self.register.open_operation(),
            product_code=ELECTRICITY,
            account_no="0081234567",
            bill_no="2026-10",
            bill_period="2026-10",
            payer_name="*三",
            amount_fen=7_260,
            tendered_fen=10_000,
        )
        return replace(command, **changes)

    def link_down(self) -> None:
        from station_journal.records import Equipment

        self.accepted(OpenOutage(Equipment.LINK))

    def answer(self, seq: int, outcome: Outcome = Outcome.CONFIRMED, reason: str = "") -> None:
        self.from_hq(BillerAnswered(seq, outcome, AnswerSource.REPLY, f"SC{seq:08d}", reason))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            return [tuple(found) for found in connection.exec_driver_sql(sql).fetchall()]
