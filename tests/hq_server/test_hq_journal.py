from __future__ import annotations

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from hq_server.hq_journal import HeldJournal, HqJournal, KindNotReadError, held_head
from hq_server.reference.stations import remember_hello
from hq_server.wording import RefusedError
from station_journal.codec import decode
from station_journal.frame import read_frame, verify_frame
from station_journal.records import SYSTEM, Actor, ActorKind, CreditGranted, InvoiceIssued, Side, StaffNamed
from tests.hq_server.people import MAKER, NOON, SECOND, add_people, enrol_station

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
PERSON = Actor(ActorKind.PERSON, MAKER.staff_no)
GRANT = CreditGranted(50_000, 1, MAKER.staff_no, SECOND.staff_no)


def _facts(engine: Engine, code: str = "ST-0417") -> list[object]:
    with engine.connect() as connection:
        held = HeldJournal.open(connection, code, Side.HQ)
        at = held.epochs[0].start()
        facts: list[object] = []
        for data in held.frames(connection, 0, 1_000_000):
            frame = read_frame(data)
            digests = verify_frame(frame, held.epochs[0], at)
            at = at._replace(seq=frame.to_seq, digest=digests[-1])
            facts += [decode(item, Side.HQ).fact for item in frame.run]
        assert at == held_head(connection, code, Side.HQ)
    return facts


class TestAppending:
    def test_staff_are_introduced_by_name_before_their_first_record_and_once(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ)
        journal = HqJournal(HQ)
        seqs = []
        for _ in range(2):
            with engine.begin() as connection:
                seqs += journal.append(connection, "ST-0417", [GRANT], PERSON, NOON)
        assert seqs == [3, 4]
        assert _facts(engine) == [StaffNamed(11, "张三"), StaffNamed(12, "李四"), GRANT, GRANT]

    def test_appends_at_once_make_one_chain_without_a_gap(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ)
        journal = HqJournal(HQ)
        numbers: list[int] = []

        def append(which: int) -> None:
            for i in range(5):
                with engine.begin() as connection:
                    numbers.extend(
                        journal.append(connection, "ST-0417", [InvoiceIssued(1, f"{which}-{i}")], SYSTEM, NOON)
                    )

        threads = [threading.Thread(target=append, args=(which,)) for which in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == list(range(1, 21))
        assert len(_facts(engine)) == 20

    def test_a_rolled_back_append_leaves_nothing(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ)
        with pytest.raises(ZeroDivisionError), engine.begin() as connection:  # noqa: PT012
            HqJournal(HQ).append(connection, "ST-0417", [GRANT], PERSON, NOON)
            raise ZeroDivisionError
        assert _facts(engine) == []

    def test_a_kind_that_the_station_does_not_read_is_never_appended(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ)
        with engine.begin() as connection:
            remember_hello(connection, "ST-0417", [64, 65, 66], NOON)
            with pytest.raises(KindNotReadError, match="too old to read records of kind 70"):
                HqJournal(HQ).append(connection, "ST-0417", [GRANT], PERSON, NOON)
        assert _facts(engine) == []

    def test_an_unapproved_station_has_no_journal(self, engine: Engine) -> None:
        with engine.begin() as connection, pytest.raises(RefusedError, match="not approved"):
            HqJournal(HQ).append(connection, "ST-9999", [GRANT], PERSON, NOON)

    def test_a_small_budget_still_brings_one_frame(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ)
        for i in range(3):
            with engine.begin() as connection:
                HqJournal(HQ).append(connection, "ST-0417", [InvoiceIssued(1, str(i))], SYSTEM, NOON)
        with engine.connect() as connection:
            held = HeldJournal.open(connection, "ST-0417", Side.HQ)
            assert len(held.frames(connection, 0, 1)) == 1
            assert held.frames(connection, 3, 10_000) == ()
