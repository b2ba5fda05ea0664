"""A country of stations for measuring the console: millions of rows made by the database itself.

Books and journals are of the shape that real ones have (three records and three entries a bill), so that indexes and
plans are those of service; the bytes of records repeat, since no page reads more than a few of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from sqlalchemy import text

from benchmarks.trade import BILLERS, tariff
from hq_server.files.profiles import store_shipped
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.tariffs import publish
from hq_server.reference.working_days import business_date_of
from station_journal.codec import encode
from station_journal.facts.cash import CloseVerdict
from station_journal.facts.disputes import DisputeAbout, DisputeGround
from station_journal.facts.parcels import Place
from station_journal.facts.withdrawals import PersonalId
from station_journal.parcel import Parcel
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    BillPaymentTaken,
    Equipment,
    Outcome,
    ReceiptIssued,
    Record,
)
from station_journal.rules.case import DisputeCase
from station_journal.rules.cash import ZStatement
from station_journal.rules.devices import DeviceHealth
from station_journal.rules.notices import TariffNotice
from station_journal.rules.withdrawal import Withdrawal
from station_journal.subject import to_row_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from station_journal.records import Fact
    from station_journal.subject import Subject

PASSWORD = "correct horse"  # noqa: S105 - of people who do not exist
RECORDS_PER_BILL = 3
BILLS_PER_DAY = 3
STAFF = (
    StaffMember(1, "王五", Role.SYS_ADMIN),
    StaffMember(11, "张三", Role.ECOM),
    StaffMember(12, "李四", Role.ECOM),
    StaffMember(21, "赵六", Role.BRANCH_COUNTER),
    StaffMember(31, "钱七", Role.FINANCE),
    StaffMember(41, "孙八", Role.AUDITOR),
)
_FAST = ("fsync", "synchronous_commit", "full_page_writes")


def fill(engine: Engine, now: datetime, stations: int, records: int, breaks: int, *, hurry: bool = True) -> None:
    """Fill an empty database: so many stations, records of both journals together, and open breaks.

    In a ``hurry`` the whole server is set to forgo what would keep the data through a power cut.
    """
    bills = records // RECORDS_PER_BILL // stations
    values = {
        "stations": stations,
        "bills": bills,
        "breaks": breaks,
        "now": now,
        "today": business_date_of(now),
        "per_day": BILLS_PER_DAY,
        "billers": [row[0] for row in BILLERS],
    }
    if hurry:
        _hurry(engine)
    with engine.begin() as connection:
        _people(connection, now)
        published = publish(connection, STAFF[1], tariff(), now)
        store_shipped(connection, now)
        _samples(connection, now)
        _things(connection, now, published)
    for statement in [*_statements("console_data.sql"), *_statements("console_desks.sql")]:
        with engine.begin() as connection:
            _run(connection, statement, values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _statements(name: str) -> list[str]:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    script = "\n".join(line for line in lines if not line.startswith("--"))
    return [statement for statement in script.split(";\n") if statement.strip(" ;\n")]


def _hurry(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in _FAST:
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("ALTER SYSTEM SET max_wal_size = '16GB'"))
        connection.execute(text("SELECT pg_reload_conf()"))


def _people(connection: Connection, now: datetime) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    for member in STAFF:
        connection.execute(
            text(
                "INSERT INTO staff (staff_no, name, role, password_hash, created_at) "
                "VALUES (:staff_no, :name, :role, :password_hash, :now)"
            ),
            {"staff_no": member.staff_no, "name": member.name, "role": member.role, "password_hash": quick, "now": now},
        )


def _samples(connection: Connection, now: datetime) -> None:
    """Encode one record of each kind; every row of the journals is one of these."""
    at, day = now.replace(microsecond=0), business_date_of(now)
    person = Actor(ActorKind.PERSON, 1)
    bill = BillPaymentTaken(1, 101, "0081234567", "B1", "2026-10", "*三", 7_260, 10_000, offline=False)
    facts: tuple[tuple[int, Fact, Actor], ...] = (
        (1, bill, person),
        (0, ReceiptIssued(1), SYSTEM),
        (2, BillerAnswered(1, Outcome.CONFIRMED, AnswerSource.REPLY, "N1", ""), SYSTEM),
    )
    connection.execute(text("CREATE TABLE bench_samples (no int PRIMARY KEY, data bytea NOT NULL)"))
    for number, fact, actor in facts:
        data = encode(Record(at, day, actor, 1, RULES_VERSION, fact))
        connection.execute(text("INSERT INTO bench_samples VALUES (:no, :data)"), {"no": number, "data": data})


def _things(connection: Connection, now: datetime, tariff_hash: bytes) -> None:
    """Encode one of each kind of thing that lists show; ``each`` station has so many, or every so manieth has."""
    at, day = now.replace(microsecond=0), business_date_of(now)
    parcel = Parcel("1234567890128", "M1", "JD", custody=Place.SHELF, custody_seq=1, received_on=day, since=day)
    close = ZStatement(1, 1, at, day, 1, CloseVerdict.AGREED, 0, 1, 10_000, 10_000)
    case = DisputeCase(1, DisputeAbout.CLOSE, 1, 0, -500, "", 1, day, DisputeGround.NOT_GIVEN, "")
    withdrawal = Withdrawal(
        1, 1, at, day, 1, 50_000, "", "", by_agent=False, person_name="", id_kind=PersonalId.NOT_NOTED, id_masked=""
    )
    things: tuple[tuple[Subject, str, int, int, int], ...] = (
        (parcel, "90", 11, 40, 1),
        (close, "", 8, 100, 1),
        (case, "", 6, 1, 5),
        (DeviceHealth(Equipment.PRINTER, 0, at, 1), "PRINTER", 0, 1, 3),
        (withdrawal, "", 8, 20, 1),
    )
    columns = "kind smallint, state smallint, data bytea, key_before text, digits int, each int, every int"
    connection.execute(text(f"CREATE TABLE bench_things ({columns})"))
    for thing, *key in things:
        row = (thing.SUBJECT, thing.state_no, to_row_bytes(thing), *key)
        names = dict(zip(("kind", "state", "data", "before", "digits", "each", "every"), row, strict=True))
        connection.execute(text(_THING), names)
    notice = to_row_bytes(TariffNotice(tariff_hash, 1, 1))
    connection.execute(text("CREATE TABLE bench_notice (kind smallint, state smallint, data bytea)"))
    made = {"kind": TariffNotice.SUBJECT, "data": notice}
    connection.execute(text("INSERT INTO bench_notice VALUES (:kind, 0, :data)"), made)


_THING = "INSERT INTO bench_things VALUES (:kind, :state, :data, :before, :digits, :each, :every)"


def _run(connection: Connection, statement: str, values: Mapping[str, object]) -> None:
    connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
