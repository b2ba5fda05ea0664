"""HQ's posting in bulk, in whatever pieces the records come, against a fold record by record: every service at once."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from sqlalchemy import Connection, Engine, delete, insert, update

from hq_server.db.journal_tables import journal_heads, journal_records
from hq_server.db.ledger_tables import subjects
from hq_server.hq_journal import HqJournal, KindNotReadError, alarms_of
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger import queries
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.checking import _check_books, check_station
from hq_server.ledger.recompute import recompute
from hq_server.reference.tariffs import publish
from station_journal.balances import Books, merge_order
from station_journal.codec import encode
from station_journal.facts.cash import PouchReceived
from station_journal.records import AlarmCode, Side
from tests.factories.lives import TARIFFS, Life
from tests.factories.parcels import announced, handed, line, scanned_in
from tests.hq_server.ledger.test_book import CLOCK, HQ, HQ_PUBLIC, JOURNAL, desk, hq_writes, opened, post
from tests.hq_server.people import MAKER, NOON, SECOND, add_people, enrol_station

__all__ = ["desk"]  # a fixture, found by its name


class SilentJournal(HqJournal):
    """Tells no station of alarms: the lives' HQ journals are written already."""

    def append(self, *_args, **_named):
        raise KindNotReadError("kind", "读不懂", "not read")


LIVES = 12
STEPS = 60


@pytest.fixture
def stations(engine: Engine) -> list[str]:
    add_people(engine)
    with engine.begin() as connection:
        for tariff in TARIFFS.values():
            publish(connection, MAKER, tariff, NOON)
    codes = [enrol_station(engine, HQ, f"ST-{number:04d}").code for number in range(1, LIVES + 1)]
    with engine.begin() as connection:
        connection.execute(delete(journal_records))
        connection.execute(update(journal_heads).values(epoch=1, seq=0))
    return codes


def store(connection: Connection, code: str, life: Life, side: Side, after: int, upto: int) -> None:
    """Keep records of a journal as intake does, without their chain, which posting does not read."""
    rows = [
        {
            "station_code": code,
            "side": side.value,
            "epoch": 1,
            "seq": seq,
            "data": encode(record),
            "digest": bytes(32),
            "stored_at": NOON,
        }
        for seq, record in life.numbered(side)[after:upto]
    ]
    if rows:
        connection.execute(insert(journal_records), rows)
        mine = (journal_heads.c.station_code == code) & (journal_heads.c.side == side.value)
        assert connection.execute(update(journal_heads).where(mine).values(seq=upto)).rowcount == 1


def pieces(rng: random.Random, life: Life) -> list[tuple[int, int]]:
    """Cut both journals where no record has seen more than was there: as one exchange after another brings them."""
    counts = dict.fromkeys(Side, 0)
    cuts = [(0, 0)]
    for side, seq, _ in life.early(rng):
        counts[side] = seq
        if rng.random() < 0.15:
            cuts.append((counts[Side.STATION], counts[Side.HQ]))
    return [*cuts, (len(life.journals[Side.STATION]), len(life.journals[Side.HQ]))]


def test_posting_in_bulk_is_the_fold_whatever_comes_when(engine: Engine, stations: list[str], seed: int) -> None:
    lives = {code: Life.lived(random.Random(f"{seed} {code}"), STEPS) for code in stations}
    steps = {code: list(pairwise(pieces(random.Random(code), life))) for code, life in lives.items()}
    for turn in range(max(map(len, steps.values()))):
        with engine.begin() as connection:
            for code, life in lives.items():
                for (own, hqs), (own_to, hqs_to) in steps[code][turn : turn + 1]:
                    store(connection, code, life, Side.STATION, own, own_to)
                    store(connection, code, life, Side.HQ, hqs, hqs_to)
        Bookkeeper(SilentJournal(HQ)).post_new(engine, CLOCK)
    with engine.connect() as connection:
        for code, life in lives.items():
            books = Books(TARIFFS)
            for side, seq, record in merge_order(life.numbered(Side.STATION), life.numbered(Side.HQ)):
                books.apply(side, seq, record)
            assert queries.station_balances(connection, code) == {k: v for k, v in books.balances.items() if v}
            assert list(_check_books(connection, code)) == []
            found = {alarm.code for alarm in alarms_of(connection, code)}
            assert AlarmCode.DAY_DIGEST_DIFFERS not in found
    result = recompute(engine, Bookkeeper(SilentJournal(HQ)), CLOCK, "staff:1")
    assert (result.stations, result.differences) == (LIVES, ())


def test_items_announced_to_a_station_that_had_them_already_are_no_fault(engine: Engine, desk: ExchangeDesk) -> None:
    station = opened(engine, desk)
    station.exchange(desk)
    hq_writes(engine, station.code, announced(line("W1")))
    post(engine)
    station.write(scanned_in("W1", "A-01-001"))
    station.exchange(desk)
    post(engine)
    with engine.connect() as connection:
        assert check_station(connection, station.code, HQ_PUBLIC).faults == ()
    assert recompute(engine, Bookkeeper(JOURNAL), CLOCK, "staff:1").differences == ()


def test_a_pouch_that_nobody_sealed_is_not_told_as_a_billers_late_word(engine: Engine, desk: ExchangeDesk) -> None:
    station = opened(engine, desk)
    station.exchange(desk)
    hq_writes(engine, station.code, PouchReceived("P9", 5_000, MAKER.staff_no, SECOND.staff_no))
    post(engine)
    with engine.connect() as connection:
        found = [(one.code, one.station_seq, one.amount_fen) for one in alarms_of(connection, station.code)]
    assert found == [(AlarmCode.RULE_BROKEN, 0, 5_000)]


def test_a_damaged_subject_stops_its_own_station_until_it_is_made_again(engine: Engine, desk: ExchangeDesk) -> None:
    bad, good = opened(engine, desk, "ST-0001"), opened(engine, desk, "ST-0002")
    for station in (bad, good):
        station.write(scanned_in("W1", "A-01-001"))
        station.exchange(desk)
    post(engine)
    with engine.begin() as connection:
        mine = (subjects.c.station_code == bad.code) & (subjects.c.key == "W1")
        connection.execute(update(subjects).where(mine).values(data=b"\x80"))
    for station in (bad, good):
        station.write(handed("W1"))
        station.exchange(desk)
    post(engine)
    with engine.connect() as connection:
        assert [(stop.station_code, stop.seq) for stop in queries.posting_stop_list(connection)] == [
            (bad.code, bad.head.seq)
        ]
    recompute(engine, Bookkeeper(JOURNAL), CLOCK, "staff:1")
    with engine.connect() as connection:
        assert queries.posting_stop_list(connection) == ()
        assert check_station(connection, bad.code, HQ_PUBLIC).faults == ()
