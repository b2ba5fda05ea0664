from __future__ import annotations

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from hq_server.hq_journal import HeldJournal, HqJournal, alarms_of, announce_tariffs, held_head
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.reference import enrolment
from hq_server.reference.hq_key import public_bytes
from hq_server.reference.tariffs import publish
from hq_server.wording import RefusedError
from station_journal.codec import readable_kinds
from station_journal.exchange import ExchangeRefusedError, Verdict
from station_journal.frame import read_frame, verify_frame
from station_journal.records import (
    SYSTEM,
    AlarmCode,
    AlarmRaised,
    Equipment,
    OutageOpened,
    ReceiptIssued,
    Side,
    TariffPublished,
)
from station_journal.seal import verify_countersignature
from tests.hq_server.counterpart import Station
from tests.hq_server.people import (
    MAKER,
    NOON,
    SteppingClock,
    add_people,
    enrol_station,
    finish_enrolment,
    tariff,
)

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
HQ_PUBLIC = public_bytes(HQ)
OUTAGE = OutageOpened(Equipment.PRINTER)


@pytest.fixture
def desk(engine: Engine) -> ExchangeDesk:
    add_people(engine)
    return ExchangeDesk(engine, HqJournal(HQ), SteppingClock())


@pytest.fixture
def station(engine: Engine, desk: ExchangeDesk) -> Station:  # noqa: ARG001 - which adds the people first
    return Station.of(enrol_station(engine, HQ), HQ_PUBLIC)


def held_bytes(engine: Engine, code: str = "ST-0417") -> list[bytes]:
    query = text("SELECT data FROM journal_records WHERE station_code = :code AND side = 'S' ORDER BY seq")
    with engine.connect() as connection:
        return list(connection.scalars(query, {"code": code}))


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


class TestAnExchange:
    def test_what_is_sent_is_held_byte_for_byte_and_countersigned(self, engine: Engine, desk, station: Station) -> None:
        station.write(*[OUTAGE] * 5)
        reply = station.exchange(desk)
        assert (reply.verdict, reply.held, reply.refused) == (Verdict.IN_STEP, station.head, "")
        verify_countersignature(HQ_PUBLIC, reply.held_signature, station.code, station.head)
        assert held_bytes(engine) == station.run

    def test_the_same_frames_again_late_or_in_other_cuts_change_nothing(self, engine: Engine, desk, station) -> None:
        station.write(*[OUTAGE] * 9)
        whole, first, second, across = (station.frame(*cut) for cut in ((1,), (1, 4), (5, 9), (3, 7)))
        for frames in ((second,), (first,), (first, first), (across,), (whole,), (second, first), (whole,)):
            assert station.exchange(desk, *frames).verdict is Verdict.IN_STEP
        assert station.exchange(desk).held == station.head
        assert held_bytes(engine) == station.run
        assert count(engine, "branch_cases") == count(engine, "refused_frames") == 0

    def test_an_early_frame_is_asked_for_again_with_a_sentence(self, desk, station) -> None:
        station.write(*[OUTAGE] * 4)
        reply = station.exchange(desk, station.frame(3, 4))
        assert reply.refused == "the frame starts at record 3, held is up to record 0"
        assert reply.held.seq == 0

    def test_a_cut_after_the_first_frame_keeps_that_frame(self, desk, station) -> None:
        station.write(*[OUTAGE] * 4)
        reply = station.exchange(desk, station.frame(1, 2), station.frame(3, 4)[:-9])
        assert reply.held == station.position(2)
        assert "cut or damaged" in reply.refused
        assert station.exchange(desk, station.frame(3, 4)).held == station.head

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    @given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
    def test_a_flipped_bit_anywhere_never_changes_what_is_held(
        self, engine, desk, station, place: int, bit: int
    ) -> None:
        if not station.run:
            station.write(*[ReceiptIssued(n) for n in range(1, 6)])
            station.exchange(desk, station.frame(1, 3))
        frame = bytearray(station.frame(1))
        frame[place % len(frame)] ^= 1 << bit
        station.exchange(desk, bytes(frame))
        assert held_bytes(engine) in (station.run[:3], station.run)
        assert count(engine, "branch_cases") == 0

    def test_a_refused_frame_is_kept_once_with_its_reason(self, engine: Engine, desk, station) -> None:
        station.write(OUTAGE)
        stranger = Ed25519PrivateKey.generate()
        forged = station.image()
        forged.key = stranger
        frame = forged.frame(1)
        for _ in range(2):
            assert "not signed by the key" in station.exchange(desk, frame).refused
        with engine.connect() as connection:
            kept = connection.execute(text("SELECT frame, reason FROM refused_frames")).one()
        assert kept.frame == frame
        assert "records 1 to 1" in kept.reason

    def test_another_stations_frame_is_refused(self, engine: Engine, desk, station: Station) -> None:
        other = Station.of(enrol_station(engine, HQ, "ST-0002"), HQ_PUBLIC)
        other.write(OUTAGE)
        assert station.exchange(desk, other.frame(1)).refused
        assert held_bytes(engine) == held_bytes(engine, "ST-0002") == []


class TestWhoSpeaks:
    def test_a_hello_signed_by_another_key_is_refused_and_stores_nothing(self, engine, desk, station: Station) -> None:
        station.write(OUTAGE)
        with pytest.raises(ExchangeRefusedError, match="not signed by the key"):
            desk.take(station.hello(station.frame(1), key=Ed25519PrivateKey.generate()))
        assert held_bytes(engine) == []
        assert count(engine, "refused_frames") == 0

    @pytest.mark.parametrize("changes", [{"station_code": "ST-9999"}, {"epoch": 7}, {"epoch": 0}])
    def test_a_station_or_epoch_without_certificate_is_refused(self, desk, station: Station, changes) -> None:
        if "epoch" in changes:
            changes = {"station": station.head._replace(epoch=changes["epoch"])}
        with pytest.raises(RefusedError, match="HQ has certified no epoch"):
            desk.take(station.hello(**changes))

    @pytest.mark.parametrize("body", [b"", b"\x80", b"\xff" * 50, b"\x83\x40\x40\x80"])
    def test_garbage_gets_one_sentence(self, desk, body: bytes) -> None:
        with pytest.raises(ExchangeRefusedError, match="cut or damaged"):
            desk.take(body)


class TestHqsJournalComesDown:
    def test_records_and_wanted_documents_arrive_verified(self, engine: Engine, desk, station: Station) -> None:
        with engine.begin() as connection:
            name = publish(connection, MAKER, tariff(), NOON)
        announce_tariffs(engine, HqJournal(HQ), NOON)
        reply = station.exchange(desk, wants=(name, b"?" * 32))
        assert station.hq_facts == [TariffPublished(name, tariff().effective_on)]
        assert reply.documents == (tariff().to_bytes(),)
        assert station.exchange(desk).hq_frames == ()

    def test_a_byte_budget_is_kept_and_everything_still_arrives(self, engine: Engine, desk, station: Station) -> None:
        with engine.begin() as connection:
            name = publish(connection, MAKER, tariff(), NOON)
        announce_tariffs(engine, HqJournal(HQ), NOON)
        first = station.exchange(desk, wants=(name,), down_bytes=200)
        assert len(first.hq_frames) == 1
        assert first.documents == ()
        assert station.exchange(desk, wants=(name,), down_bytes=200).documents == (tariff().to_bytes(),)

    def test_a_station_that_holds_another_hq_journal_is_told_so(self, engine: Engine, desk, station: Station) -> None:
        with engine.begin() as connection:
            alarm = AlarmRaised(AlarmCode.RULE_BROKEN, 1, 0)
            HqJournal(HQ).append(connection, station.code, [alarm], SYSTEM, NOON)
        reply = station.exchange(desk, hq=station.hq._replace(seq=1, digest=b"x" * 32))
        assert "is not the one HQ holds" in reply.refused
        assert reply.hq_frames == ()

    def test_kinds_the_station_reads_are_remembered(self, engine: Engine, desk, station: Station) -> None:
        station.exchange(desk)
        with engine.connect() as connection:
            assert tuple(connection.scalar(text("SELECT hq_kinds FROM stations"))) == readable_kinds(Side.HQ)


class TestTheForkRule:
    def test_a_restored_image_gets_its_own_tail_back(self, desk, station: Station) -> None:
        station.write(*[OUTAGE] * 2)
        station.exchange(desk)
        image = station.image()
        station.write(*[ReceiptIssued(n) for n in range(1, 5)])
        station.exchange(desk, station.frame(3, 4), station.frame(5, 6))
        reply = image.exchange(desk)
        assert reply.verdict is Verdict.HQ_AHEAD
        at = image.head
        tail: list[bytes] = []
        for data in reply.recovered_frames:
            frame = read_frame(data)
            digests = verify_frame(frame, image.certificate, at)
            at = at._replace(seq=frame.to_seq, digest=digests[-1])
            tail += frame.run
        assert (at, tail) == (station.head, station.run[2:])

    def test_two_histories_of_one_number_freeze_the_branch_and_raise_one_alarm(self, engine, desk, station) -> None:
        station.write(*[OUTAGE] * 2)
        station.exchange(desk)
        image = station.image()
        station.write(ReceiptIssued(1), ReceiptIssued(2))
        station.exchange(desk)
        image.write(ReceiptIssued(7), ReceiptIssued(8), ReceiptIssued(9))
        for _ in range(2):
            reply = image.exchange(desk, image.frame(3, 4), image.frame(5, 5))
            assert reply.verdict is Verdict.DIVERGED
        assert held_bytes(engine) == station.run
        assert count(engine, "branch_cases") == 2
        with engine.connect() as connection:
            assert [row[:3] for row in alarms_of(connection, station.code)] == [(AlarmCode.STATION_FORKED, 3, 0)]
        station.exchange(desk)
        assert station.hq_facts == [AlarmRaised(AlarmCode.STATION_FORKED, 3, 0)]

    def test_a_stated_head_that_hq_never_saw_is_a_fork_without_any_frame(self, desk, station: Station) -> None:
        station.write(*[OUTAGE] * 2)
        station.exchange(desk)
        reply = station.exchange(desk, station=station.head._replace(seq=1, digest=b"x" * 32))
        assert reply.verdict is Verdict.DIVERGED

    def test_a_new_machine_recovers_everything_and_continues_in_the_next_epoch(self, engine, desk, station) -> None:
        station.write(*[OUTAGE] * 3)
        station.exchange(desk)
        with engine.begin() as connection:
            secret = enrolment.issue_code(connection, HQ, MAKER, station.code, NOON)
        fresh = Station.of(finish_enrolment(engine, HQ, station.code, secret), HQ_PUBLIC)
        reply = fresh.exchange(desk, station=fresh.head._replace(seq=0, digest=b""))
        assert reply.verdict is Verdict.HQ_AHEAD
        assert [read_frame(data).run for data in reply.recovered_frames] == [tuple(station.run)]
        fresh.books = station.books  # rebuilt from what was recovered
        fresh.write(ReceiptIssued(1))
        reply = fresh.exchange(desk, fresh.frame(4))
        assert (reply.verdict, reply.held) == (Verdict.IN_STEP, fresh.head)
        assert held_bytes(engine) == station.run + fresh.run

    def test_the_replaced_machine_learns_that_its_epoch_is_closed_and_its_late_sales_are_kept(
        self, engine, desk, station
    ) -> None:
        station.write(*[OUTAGE] * 3)
        station.exchange(desk)
        with engine.begin() as connection:
            secret = enrolment.issue_code(connection, HQ, MAKER, station.code, NOON)
        finish_enrolment(engine, HQ, station.code, secret)
        station.write(ReceiptIssued(1))
        late = station.frame(4)
        reply = station.exchange(desk, late)
        assert reply.verdict is Verdict.EPOCH_CLOSED
        assert (reply.hq_frames, reply.documents) == ((), ())
        assert len(held_bytes(engine)) == 3
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT frame FROM branch_cases")) == late
            assert [row[:2] for row in alarms_of(connection, station.code)] == [(AlarmCode.STATION_FORKED, 4)]


class TestManyAtOnce:
    def test_the_same_journal_pushed_by_many_connections_is_held_once(self, engine: Engine, desk, station) -> None:
        station.write(*[ReceiptIssued(n) for n in range(1, 31)])
        bodies = [station.hello(*(station.frame(n, min(n + 4, 30)) for n in range(1, 31, 5))) for _ in range(4)]
        threads = [threading.Thread(target=desk.take, args=(body,)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert held_bytes(engine) == station.run
        with engine.connect() as connection:
            assert held_head(connection, station.code, Side.STATION) == station.head
            frames = HeldJournal.open(connection, station.code, Side.STATION).frames(connection, 0, 10**6)
        assert [item for data in frames for item in read_frame(data).run] == station.run
