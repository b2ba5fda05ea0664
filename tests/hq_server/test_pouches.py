"""Pouches of cash at the branch: two people, one label, and what station and branch owe each other afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit, pouches
from hq_server.db.cash_tables import cash_pouches
from hq_server.db.ledger_tables import subjects
from hq_server.hq_journal import alarms_of
from hq_server.ledger.checking import check_station
from hq_server.ledger.queries import station_balances, trial_balance
from hq_server.pouches import EntryState
from hq_server.statements.closes import close_lines, overdue_closes
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger
from station_journal.facts.cash import (
    CloseVerdict,
    DayClosed,
    DayCounted,
    FloatCounted,
    NoteLine,
    PouchAccepted,
    PouchCancelled,
    PouchReceived,
    PouchSealed,
    PouchSent,
)
from station_journal.records import SYSTEM, AlarmCode, AlarmRaised, BusinessDayEnded
from station_journal.rules.known_faults import StationAlarm
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, Counter
from tests.hq_server.people import MAKER, NOON, SteppingClock

EIGHTY = (NoteLine(10_000, 80),)
LINES = (NoteLine(10_000, 5), NoteLine(10_000, 5), NoteLine(10_000, 5))


@pytest.fixture
def counter(engine: Engine) -> Counter:
    made = Counter(engine, SteppingClock())
    made.send(FloatCounted((), 200_000))
    return made


def fen(counter: Counter, account: Account, party: str = "") -> int:
    with counter.engine.connect() as connection:
        assert trial_balance(connection, CODE).agrees
        return station_balances(connection, CODE).get(Ledger(account, party), 0)


def receive(counter: Counter, counted_fen: int = 150_000, label: str = "FD-1") -> int:
    with counter.engine.begin() as connection:
        return pouches.enter_received(connection, CLERK, CODE, label, counted_fen, NOON).entry_no


def approve(counter: Counter, entry_no: int, by=BRANCH_HEAD) -> None:
    with counter.engine.begin() as connection:
        pouches.approve(connection, counter.journal, by, CODE, entry_no, NOON)
    counter.post()


class TestAPouchFromAStation:
    def test_counted_by_one_and_approved_by_another_is_owed_to_the_station(self, counter: Counter) -> None:
        counter.send(PouchSealed("FD-1", LINES, 0))
        number = receive(counter)
        assert counter.told(PouchReceived) == []
        approve(counter, number)
        assert counter.told(PouchReceived) == [PouchReceived("FD-1", 150_000, CLERK.staff_no, BRANCH_HEAD.staff_no)]
        assert fen(counter, Account.STATION_CURRENT) == fen(counter, Account.BRANCH_CASH) == 150_000
        assert fen(counter, Account.CASH_IN_TRANSIT, "FD-1") == 0
        with counter.engine.connect() as connection:
            tags = [entry.tag for entry in audit.entries(connection, CODE)][-2:]
        assert tags == ["cash.pouch_entered", "cash.pouch_approved"]

    def test_cannot_be_decided_by_who_counted_it_not_even_past_the_program(self, counter: Counter) -> None:
        counter.send(PouchSealed("FD-1", LINES, 0))
        with counter.engine.begin() as connection:
            number = pouches.enter_received(connection, BRANCH_HEAD, CODE, "FD-1", 150_000, NOON).entry_no
        with pytest.raises(RefusedError, match="second person"):
            approve(counter, number)
        forced = update(cash_pouches).values(state="APPROVED", hq_seq=1, approver_no=BRANCH_HEAD.staff_no)
        with pytest.raises(IntegrityError, match="four_eyes"), counter.engine.begin() as connection:
            connection.execute(forced)

    def test_is_entered_once_and_again_only_after_a_refusal(self, counter: Counter) -> None:
        counter.send(PouchSealed("FD-1", LINES, 0))
        number = receive(counter, 140_000)
        with pytest.raises(RefusedError, match="entered before"):
            receive(counter)
        with counter.engine.begin() as connection:
            done = pouches.refuse(connection, FINANCE, CODE, number, "点数有误", NOON)
        assert done.state is EntryState.REFUSED
        approve(counter, receive(counter))
        with pytest.raises(RefusedError, match="no pouch FD-1 under way"):
            receive(counter)
        assert len(counter.told(PouchReceived)) == 1

    def test_that_the_station_took_back_is_not_received(self, counter: Counter) -> None:
        counter.send(PouchSealed("FD-1", LINES, 0))
        number = receive(counter)
        counter.send(PouchCancelled("FD-1"))
        with pytest.raises(RefusedError, match="no longer under way"):
            approve(counter, number)
        assert fen(counter, Account.CASH_IN_TRANSIT, "FD-1") == 0
        assert fen(counter, Account.DRAWER) == 200_000

    def test_that_nobody_sealed_is_an_alarm_of_its_own_each(self, counter: Counter) -> None:
        said = [PouchReceived(label, 150_000, CLERK.staff_no, BRANCH_HEAD.staff_no) for label in ("FD-8", "FD-9")]
        for one in said:
            with counter.engine.begin() as connection:
                counter.journal.append(connection, CODE, [one], SYSTEM, NOON)
            counter.post()
        counter.post()  # the alarms' own records
        with counter.engine.connect() as connection:
            raised = alarms_of(connection, CODE)
        assert [(one.code, one.station_seq, one.amount_fen) for one in raised] == [
            (AlarmCode.RULE_BROKEN, 0, 150_000)
        ] * 2
        told = counter.told(AlarmRaised)
        assert len(told) == 2, "and the station hears of both"
        assert None not in {one.hq_seq for one in raised}
        with counter.engine.connect() as connection:
            known = connection.scalars(select(subjects.c.key).where(subjects.c.kind == StationAlarm.SUBJECT)).all()
        assert len(set(known)) == 2, "and both stand on its board"

    def test_short_rests_in_suspense_charged_to_nobody(self, counter: Counter) -> None:
        counter.send(PouchSealed("FD-1", LINES, 0))
        approve(counter, receive(counter, 140_000))
        assert fen(counter, Account.SUSPENSE, "POUCH_DIFFERS") == -10_000
        assert fen(counter, Account.STATION_CURRENT) == 140_000

    @pytest.mark.parametrize("label", ["FD-2", "", "\x00"[:0]])
    def test_that_no_station_sealed_is_refused(self, counter: Counter, label: str) -> None:
        with pytest.raises(RefusedError):
            receive(counter, label=label)

    def test_is_entered_by_branch_staff_only(self, counter: Counter) -> None:
        counter.send(PouchSealed("FD-1", LINES, 0))
        with pytest.raises(RefusedError), counter.engine.begin() as connection:
            pouches.enter_received(connection, MAKER, CODE, "FD-1", 1, NOON)


class TestAPouchForAStation:
    def send(self, counter: Counter, label: str = "PK-1", notes=EIGHTY) -> int:
        with counter.engine.begin() as connection:
            return pouches.enter_sent(connection, CLERK, CODE, label, (notes, 0), NOON).entry_no

    def test_is_announced_whole_and_brings_its_cash_once(self, counter: Counter) -> None:
        approve(counter, self.send(counter))
        assert counter.told(PouchSent) == [
            PouchSent("PK-1", (NoteLine(10_000, 80),), 0, CLERK.staff_no, BRANCH_HEAD.staff_no)
        ]
        assert fen(counter, Account.CASH_SENT, "PK-1") == 800_000
        counter.send(PouchAccepted("PK-1", 800_000))
        counter.send(PouchAccepted("PK-1", 800_000))
        assert fen(counter, Account.DRAWER) == 1_000_000
        assert fen(counter, Account.CASH_SENT, "PK-1") == 0
        assert fen(counter, Account.STATION_CURRENT) == -800_000

    @pytest.mark.parametrize("notes", [(), (NoteLine(300, 1),), (NoteLine(10_000, 0),), (NoteLine(10_000, 100_000),)])
    def test_with_cash_that_no_pouch_holds_is_refused(self, counter: Counter, notes) -> None:
        with pytest.raises(RefusedError):
            self.send(counter, notes=notes)

    def test_never_takes_a_label_twice(self, counter: Counter) -> None:
        counter.send(PouchSealed("PK-1", LINES, 0))
        with pytest.raises(RefusedError, match="used already"):
            self.send(counter)
        self.send(counter, "PK-2")
        with pytest.raises(RefusedError, match="entered before"):
            self.send(counter, "PK-2")


class TestCloses:
    def close(self, counter: Counter, counted_fen: int, expected_fen: int, z_no: int, verdict: CloseVerdict) -> None:
        (count,) = counter.send(DayCounted(z_no, (), counted_fen))
        opening = 0 if z_no == 1 else 199_000
        counter.send(DayClosed(z_no, count, verdict, opening, expected_fen, 0, (), ()))

    def test_are_listed_with_their_difference_unexplained_and_never_blamed(self, counter: Counter) -> None:
        self.close(counter, 199_000, 200_000, 1, CloseVerdict.DISPUTED)
        self.close(counter, 199_000, 199_000, 2, CloseVerdict.AGREED)
        with counter.engine.connect() as connection:
            lines = close_lines(connection, CODE)
            assert [(one.z_no, one.difference_fen, one.disputed, one.unexplained) for one in lines] == [
                (2, 0, False, False),
                (1, -1_000, True, True),
            ]
            assert [one.z_no for one in close_lines(connection, disputed=True)] == [1]
            assert check_station(connection, CODE, counter.journal.public_key).faults == ()
        assert fen(counter, Account.SUSPENSE, "CASH_DISPUTED") == -1_000

    def test_that_are_missing_are_told_from_days_that_ended(self, counter: Counter) -> None:
        day = NOON.date()
        counter.send(BusinessDayEnded(day, (), bytes(32)), operator_no=0)
        with counter.engine.connect() as connection:
            assert [(one.last_close, one.days) for one in overdue_closes(connection, CODE)] == [(None, 1)]
        counter.clock.step(days=1)
        self.close(counter, 200_000, 200_000, 1, CloseVerdict.AGREED)
        with counter.engine.connect() as connection:
            assert overdue_closes(connection) == []
