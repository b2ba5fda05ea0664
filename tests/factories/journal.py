"""Tariffs, facts, records and keys for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
    Record,
    Side,
    TariffAdopted,
)
from station_journal.seal import Certificate
from station_journal.tariff import CommissionBasis, CommissionRate, OfflineAllowance, Product, Service, Tariff

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
STATION = "JY0427"


def key(number: int) -> Ed25519PrivateKey:
    """A fixed key: number 1 is the station's, 2 is HQ's, others are strangers'."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def public(number: int) -> bytes:
    """The public half of ``key(number)``."""
    return key(number).public_key().public_bytes_raw()


def certificate(side: Side = Side.STATION, **changes: object) -> Certificate:
    """A certificate of the first epoch."""
    values: dict[str, object] = {
        "side": side,
        "station_code": STATION,
        "epoch": 1,
        "public_key": public(1 if side is Side.STATION else 2),
    }
    return Certificate(**{**values, **changes})  # type: ignore[arg-type]


def product(code: int = 101, **changes: object) -> Product:
    """An electricity product, sold online or offline, without a fee."""
    values: dict[str, object] = {
        "code": code,
        "biller_code": "SCDL",
        "biller_name": "四川电力",
        "biller_name_en": "Sichuan Power",
        "service": Service.ELECTRICITY,
        "name": "电费",
        "name_en": "Electricity",
        "initials": ("df", "scdl"),
        "account_pattern": r"[0-9]{10}",
        "query_first": True,
        "fee_fen": 0,
        "amount_min_fen": 1,
        "amount_max_fen": 500_000,
        "part_payment": False,
        "reversal_minutes": 30,
        "offline": OfflineAllowance(count=9, value_fen=60_000, hours=6),
        "commission": CommissionRate(CommissionBasis.RATIO, 5_000, "2026-1"),
    }
    return Product(**{**values, **changes})  # type: ignore[arg-type]


def tariff(*products: Product, version: str = "v1", effective_on: date = TODAY) -> Tariff:
    """A tariff of the given products, or of one."""
    return Tariff(version, effective_on, products or (product(),))


def record(fact: Fact, *, seen_seq: int = 0, minute: int = 0, operator_no: int = 1) -> Record:
    """A record of a fact; ``operator_no`` 0 makes the system its author."""
    return Record(
        recorded_at=NOON + timedelta(minutes=minute),
        business_date=TODAY,
        actor=Actor(ActorKind.PERSON, operator_no) if operator_no else SYSTEM,
        seen_seq=seen_seq,
        rules_version=RULES_VERSION,
        fact=fact,
    )


def taken(operation_no: int = 1, **changes: object) -> BillPaymentTaken:
    """A payment of 72.60 with 100.00 tendered."""
    values: dict[str, object] = {
        "operation_no": operation_no,
        "product_code": 101,
        "account_no": "0081234567",
        "bill_no": f"B{operation_no}",
        "bill_period": "2026-10",
        "payer_name": "*三01",
        "amount_fen": 7_260,
        "tendered_fen": 10_000,
        "offline": False,
    }
    return BillPaymentTaken(**{**values, **changes})  # type: ignore[arg-type]


def granted(amount_fen: int = 50_000, purchase_no: int = 1) -> CreditGranted:
    """A credit purchase of 500.00."""
    return CreditGranted(amount_fen, purchase_no, maker_no=11, approver_no=12)


def answered(payment_seq: int, outcome: Outcome = Outcome.CONFIRMED, reason: str = "") -> BillerAnswered:
    """A biller's answer in the reply to the payment itself."""
    return BillerAnswered(payment_seq, outcome, AnswerSource.REPLY, f"N{payment_seq}", reason)


def adopted(of: Tariff) -> TariffAdopted:
    """The adoption of a tariff."""
    return TariffAdopted(of.hash)
