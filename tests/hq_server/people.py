"""Sample staff, stations and tariffs that tests of HQ share, made by the same doors that people use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert

from hq_server.db.reference_tables import staff
from hq_server.reference import enrolment
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.stations import StationProfile
from hq_server.reference.tariffs import tariff_of_json
from station_journal.seal import Certificate
from station_journal.tariff import Tariff

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PASSWORD = "correct horse"
ADMIN = StaffMember(1, "王五", Role.SYS_ADMIN)
MAKER = StaffMember(11, "张三", Role.ECOM)
SECOND = StaffMember(12, "李四", Role.ECOM)
MARKETING = StaffMember(13, "赵六", Role.MARKETING)


@dataclass
class SteppingClock:
    """A clock that a test moves."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def step(self, **amount: int) -> None:
        self.now += timedelta(**amount)


_QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def add_people(engine: Engine) -> None:
    """The sample staff, with a password that is quick to check."""
    with engine.begin() as connection:
        for member in (ADMIN, MAKER, SECOND, MARKETING):
            row = {"staff_no": member.staff_no, "name": member.name, "role": member.role.value}
            connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH, created_at=NOON))


def profile(code: str = "ST-0417") -> StationProfile:
    return StationProfile(code, "太平镇便民服务站", "江油支局", "太平镇正街 1 号", "11185")


@dataclass
class EnrolledStation:
    """A station as its own machine knows it after approval."""

    code: str
    key: Ed25519PrivateKey
    certificate: Certificate


def enrol_station(
    engine: Engine, hq_key: Ed25519PrivateKey, code: str = "ST-0417", now: datetime = NOON
) -> EnrolledStation:
    with engine.begin() as connection:
        secret = enrolment.add_station(connection, hq_key, MAKER, profile(code), now)
    return finish_enrolment(engine, hq_key, code, secret, now)


def finish_enrolment(
    engine: Engine, hq_key: Ed25519PrivateKey, code: str, secret: str, now: datetime = NOON
) -> EnrolledStation:
    key = Ed25519PrivateKey.generate()
    public_key = key.public_key().public_bytes_raw()
    proof = enrolment.code_proof(secret, code, public_key)
    with engine.begin() as connection:
        enrolment.request_enrolment(connection, hq_key, code, proof, public_key, now)
    with engine.begin() as connection:
        certificate = enrolment.approve(connection, hq_key, SECOND, code, now)
    return EnrolledStation(code, key, certificate)


def product_row(code: int = 101, **changes: object) -> dict[str, object]:
    return {
        "code": code,
        "biller_code": "SCDL",
        "biller_name": "四川电力",
        "biller_name_en": "Sichuan Power",
        "service": "electricity",
        "name": "电费",
        "name_en": "Electricity bill",
        "account_pattern": r"\d{10}",
        "query_first": True,
        "fee_fen": 0,
        "amount_min_fen": 1,
        "amount_max_fen": 500_000,
        "part_payment": False,
        "reversal_minutes": 30,
        "offline": {"count": 5, "value_fen": 50_000, "hours": 24},
        "commission": {"basis": "per_item", "value": 36, "version": "2026-1"},
    } | changes


def tariff_text(version: str = "2026-11", effective_on: date = date(2026, 11, 23), *rows: dict[str, object]) -> str:
    products = list(rows) or [
        product_row(),
        product_row(102, biller_code="JYSW", biller_name="江油水务", name="水费", fee_fen=50),
    ]
    return json.dumps({"version": version, "effective_on": effective_on.isoformat(), "products": products})


def tariff(version: str = "2026-11", effective_on: date = date(2026, 11, 23), *rows: dict[str, object]) -> Tariff:
    return tariff_of_json(tariff_text(version, effective_on, *rows))
