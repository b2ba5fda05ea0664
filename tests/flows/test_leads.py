"""A lead's name and number: at HQ for the call, at the station until HQ has them, in neither journal ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from hq_server import distribution
from hq_server.db.reference_tables import staff
from hq_server.ledger.book import Bookkeeper
from hq_server.reference.lead_contacts import lead_contact
from hq_server.reference.staff import Role, StaffMember
from station_journal.facts.distribution import LeadKind, LeadOutcome
from station_journal.lead_contact import LeadContact
from station_pos.commands.distribution_orders import TakeLead
from station_pos.commands.outcome import Accepted
from station_pos.register.inspection import export
from tests.flows.sync_sides import OWNER, PHRASE, STATION, HqAtWork, StationAtWork, clock, hq_at_work
from tests.hq_server.conftest import database_url, engine, postgres_url

__all__ = ["database_url", "engine", "postgres_url"]
pytestmark = [pytest.mark.enable_socket]
INSURANCE = StaffMember(42, "李四", Role.INS_AGENCY)
NAME, PHONE = "王小明", "13812346621"


@pytest.fixture
def hq(engine) -> Iterator[HqAtWork]:
    with hq_at_work(engine) as at_work:
        yield at_work


@pytest.fixture
def station(hq, tmp_path) -> Iterator[StationAtWork]:
    machine = StationAtWork(tmp_path / "station", hq.url)
    machine.enrol(hq, hq.first_code())
    machine.open().open_shop()
    machine.syncer.sync_once()
    yield machine
    machine.close()
    machine.client.close()


def test_name_and_number_reach_hq_beside_the_journal_and_leave_the_station(hq, station):
    with hq.engine.begin() as connection:
        row = {"staff_no": INSURANCE.staff_no, "name": INSURANCE.name, "role": INSURANCE.role.value}
        connection.execute(insert(staff).values(**row, password_hash="", created_at=clock()))
        until = clock().date() + timedelta(days=30)
        distribution.file_registration(connection, hq.hq.journal, INSURANCE, STATION, ("R1", "张三"), until, clock())
    station.syncer.sync_once()
    number = station.register.open_operation()
    lead = TakeLead(OWNER, number, LeadKind.MOTOR, NAME, PHONE, consent=True, salt=b"s" * 16)
    outcome = station.register.execute(lead)
    assert isinstance(outcome, Accepted)
    held_here = b"".join(data for (data,) in documents(station))
    assert PHONE.encode() in held_here
    exported = b"".join(export(station.database, station.keystore.open(1, PHRASE)))
    station.syncer.sync_once()
    Bookkeeper(hq.hq.journal).run(hq.engine, clock)

    with hq.engine.connect() as connection:
        assert lead_contact(connection, STATION, outcome.seq) == LeadContact(NAME, PHONE)
        [(_, at_hq)] = distribution.leads(connection, STATION)
        stored = connection.exec_driver_sql("SELECT data FROM journal_records").scalars().all()
    assert (at_hq.customer_name, at_hq.phone) == ("*小明", "1386621")
    for place in (exported, b"".join(map(bytes, stored)), b"".join(data for (data,) in documents(station))):
        assert PHONE.encode() not in place
        assert NAME.encode() not in place

    with hq.engine.begin() as connection:
        journal = hq.hq.journal
        distribution.answer_lead(connection, journal, INSURANCE, STATION, outcome.seq, LeadOutcome.CONTRACT, clock())
    station.syncer.sync_once()
    with hq.engine.connect() as connection:
        assert lead_contact(connection, STATION, outcome.seq) is None


def documents(station: StationAtWork) -> list[tuple[bytes]]:
    with station.database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT data FROM documents").fetchall()]
