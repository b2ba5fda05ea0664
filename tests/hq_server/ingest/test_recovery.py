"""What a restored HQ takes back of its own journal: only what it had signed, whole, once, and with what it noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, delete, select, text, update

from hq_server.__main__ import cli
from hq_server.db.journal_tables import alarms, journal_heads, journal_records, journal_seals, journal_staff
from hq_server.hq_journal import HeldJournal, HqJournal, RecoveringError, held_head, mark_ahead, recovery_of
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ingest.recovery import end_if_whole, is_hqs, take_back
from hq_server.reference.hq_key import public_bytes
from station_journal.exchange import Hello, Verdict
from station_journal.frame import pack_frame, read_frame
from station_journal.records import (
    Actor,
    ActorKind,
    AlarmCode,
    AlarmRaised,
    CreditGranted,
    Equipment,
    HqFact,
    OutageOpened,
)
from station_journal.seal import Position
from station_journal.side import Side
from tests.hq_server.counterpart import Station
from tests.hq_server.people import MAKER, NOON, SECOND, add_people, enrol_station

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
KEPT = 1


class Restored:
    """HQ after a restore: it had signed some records that now only the station holds, in one frame."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        add_people(engine)
        self.station = Station.of(enrol_station(engine, HQ), public_bytes(HQ))
        self.code = self.station.code
        journal = HqJournal(HQ)
        with engine.begin() as connection:
            alarm = AlarmRaised(AlarmCode.RULE_BROKEN, 1, 0)
            journal.append(connection, self.code, [alarm], Actor(ActorKind.SYSTEM, 0), NOON)
            grant = CreditGranted(100_000, 1, MAKER.staff_no, SECOND.staff_no)
            told: list[HqFact] = [grant, AlarmRaised(AlarmCode.RULE_BROKEN, 7, 500)]
            journal.append(connection, self.code, told, Actor(ActorKind.PERSON, MAKER.staff_no), NOON)
            head = held_head(connection, self.code, Side.HQ)
            assert head is not None
            self.head = head
            held = HeldJournal.open(connection, self.code, Side.HQ)
            (self.frame,) = held.frames(connection, KEPT, 1_000_000)
            kept = held.position_before(connection, KEPT + 1)
            assert kept is not None
            for table in (journal_records, journal_seals):
                mine = (table.c.station_code == self.code) & (table.c.side == "H")
                connection.execute(delete(table).where(mine, table.c.seq > KEPT))
            connection.execute(delete(journal_staff).where(journal_staff.c.station_code == self.code))
            mine = (journal_heads.c.station_code == self.code) & (journal_heads.c.side == "H")
            connection.execute(update(journal_heads).where(mine).values(seq=KEPT, digest=kept.digest))
            assert mark_ahead(connection, self.code, NOON) is not None

    def position(self) -> Position:
        with self.engine.connect() as connection:
            head = held_head(connection, self.code, Side.HQ)
        assert head is not None
        return head

    def ends(self, hqs: Position) -> bool:
        hello = Hello(self.code, self.station.head, hqs, 0, 0, (), ())
        return end_if_whole(self.engine, hello, NOON)


@pytest.fixture
def hq(engine: Engine) -> Restored:
    return Restored(engine)


def test_its_records_come_back_once_with_who_and_what_was_noted_beside_them(hq: Restored) -> None:
    assert is_hqs(hq.frame)
    assert not hq.ends(hq.head)
    assert take_back(hq.engine, hq.code, hq.frame, NOON) == ""
    assert take_back(hq.engine, hq.code, hq.frame, NOON) == ""
    assert hq.position() == hq.head
    with hq.engine.connect() as connection:
        known = set(connection.scalars(select(journal_staff.c.staff_no)))
        told = connection.execute(select(alarms.c.station_seq, alarms.c.amount_fen, alarms.c.hq_seq)).all()
    assert known == {MAKER.staff_no, SECOND.staff_no}
    assert [tuple(one) for one in told] == [(7, 500, hq.head.seq)]  # found again, it is not told again
    assert hq.ends(hq.head)
    assert hq.ends(hq.head)
    with hq.engine.connect() as connection:
        assert recovery_of(connection, hq.code) is None
    assert "not taking back" in take_back(hq.engine, hq.code, hq.frame, NOON)


def _altered(frame: bytes, **changes: Any) -> bytes:
    read = read_frame(frame)
    before = Position(read.epoch, read.from_seq - 1, read.prior + bytes(28))
    run, signature = changes.get("run", read.run), changes.get("signature", read.signature)
    return pack_frame(Side.HQ, before._replace(seq=before.seq + changes.get("later", 0)), run, signature)


def test_nothing_is_taken_that_hq_had_not_signed_or_that_leaves_something_out(hq: Restored) -> None:
    run = read_frame(hq.frame).run
    before = hq.position()
    for frame in (
        _altered(hq.frame, run=(*run[:-1], run[-1][:-1] + b"\x00")),
        _altered(hq.frame, run=run[:-1]),
        _altered(hq.frame, signature=bytes(64)),
        _altered(hq.frame, later=1),
        hq.frame[:-1],
    ):
        assert take_back(hq.engine, hq.code, frame, NOON) != ""
    assert hq.position() == before
    assert not hq.ends(hq.head)


def test_it_does_not_end_before_the_stations_own_journal_is_there_too(hq: Restored) -> None:
    take_back(hq.engine, hq.code, hq.frame, NOON)
    hq.station.write(OutageOpened(Equipment.LINK))
    assert not hq.ends(hq.head)
    with hq.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM hq_recoveries WHERE ended_at IS NULL")) == 1


def test_a_station_that_has_more_of_hqs_journal_than_hq_is_written_nothing_until_it_brought_it(hq: Restored) -> None:
    with hq.engine.begin() as connection:
        connection.execute(text("DELETE FROM hq_recoveries"))  # restored by means that told nobody
    journal = HqJournal(HQ)
    desk = ExchangeDesk(hq.engine, journal, lambda: NOON)
    reply = hq.station.exchange(desk, hq=hq.head)
    assert (reply.verdict, reply.hq_head, reply.refused) == (Verdict.HQ_BEHIND, hq.position(), "")
    grant = CreditGranted(100_000, 2, MAKER.staff_no, SECOND.staff_no)
    with hq.engine.begin() as connection, pytest.raises(RecoveringError, match="nothing is written to it"):
        journal.append(connection, hq.code, [grant], Actor(ActorKind.PERSON, MAKER.staff_no), NOON)
    assert hq.station.exchange(desk, hq.frame, hq=hq.head).verdict is Verdict.IN_STEP
    with hq.engine.begin() as connection:
        journal.append(connection, hq.code, [grant], Actor(ActorKind.PERSON, MAKER.staff_no), NOON)
    assert hq.position().seq == hq.head.seq + 1


def test_a_restore_by_other_means_is_announced_by_a_command_that_lists_who_has_still_to_call(
    hq: Restored, database_url: str, data_folder: Path
) -> None:
    env = {"HQ_DATABASE_URL": database_url, "HQ_DATA": str(data_folder), "LANG": "en"}

    def listed(*words: str) -> list[tuple[int, str, bool]]:
        result = CliRunner().invoke(cli, ["recovery", *words, "--json"], env=env)
        assert result.exit_code == 0, result.output
        rows = json.loads(result.output)
        return [(row["recovery_no"], row["cause"], row["ended_at"] is not None) for row in rows]

    assert listed("--begin") == [(1, "STATION_AHEAD", False)]  # one that is marked stays as it is
    take_back(hq.engine, hq.code, hq.frame, NOON)
    assert hq.ends(hq.head)
    assert listed("--begin") == [(2, "RESTORED", False), (1, "STATION_AHEAD", True)]
    assert hq.ends(hq.head)
    assert listed() == [(2, "RESTORED", True), (1, "STATION_AHEAD", True)]
