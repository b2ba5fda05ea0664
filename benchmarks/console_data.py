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
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.tariffs import publish
from hq_server.reference.working_days import business_date_of
from station_journal.codec import encode
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    BillPaymentTaken,
    Outcome,
    ReceiptIssued,
    Record,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from station_journal.records import Fact

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


def fill(engine: Engine, now: datetime, stations: int, records: int, breaks: int) -> None:
    """Fill an empty database: so many stations, records of both journals together, and open breaks."""
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
    _hurry(engine)
    with engine.begin() as connection:
        _people(connection, now)
        publish(connection, STAFF[1], tariff(), now)
        _samples(connection, now)
    for statement in _statements():
        with engine.begin() as connection:
            _run(connection, statement, values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _statements() -> list[str]:
    lines = Path(__file__).with_suffix(".sql").read_text("utf-8").splitlines()
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


def _run(connection: Connection, statement: str, values: Mapping[str, object]) -> None:
    connection.execute(text(statement), {name: value for name, value in values.items() if f":{name}" in statement})
