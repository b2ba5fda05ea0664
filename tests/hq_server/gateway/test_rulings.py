from __future__ import annotations

import threading

import pytest

from hq_server.gateway import rulings
from hq_server.gateway.dispatch import Dispatcher
from hq_server.gateway.requests import Kind
from hq_server.gateway.rulings import ReversalOutcome
from hq_server.hq_journal import HeldJournal
from hq_server.ledger.queries import station_balances
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger
from station_journal.codec import decode
from station_journal.frame import read_frame
from station_journal.records import (
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    Outcome,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
)
from station_journal.side import Side
from tests.hq_server.counter_side import CLERK, CODE, FINANCE, Counter
from tests.hq_server.gateway.conftest import BillerSide
from tests.hq_server.people import ADMIN, MAKER, NOON, SECOND

pytestmark = pytest.mark.enable_socket
FINDING = "电力公司营业厅电话确认已入账"


@pytest.fixture
def unknown(counter: Counter, biller: BillerSide, dispatcher: Dispatcher) -> str:
    """Our number of a payment whose result the biller will not tell."""
    biller.fault("lose_reply")
    biller.fault("forget", times=-1)
    seq = counter.pay(*biller.bill())
    dispatcher.run_and_wait()
    return counter.our_no(seq)


def _propose(counter: Counter, our_no: str, member=MAKER, finding: str = FINDING) -> None:
    with counter.engine.begin() as connection:
        rulings.propose(connection, member, our_no, Outcome.CONFIRMED, finding, NOON, "N5")


class TestARuling:
    def test_by_two_people_ends_the_wait_with_its_finding(self, counter: Counter, unknown: str) -> None:
        _propose(counter, unknown)
        with counter.engine.begin() as connection:
            rulings.approve(connection, counter.journal, FINANCE, unknown, NOON)
        last = counter.told(BillerAnswered)[-1]
        assert last == BillerAnswered(last.payment_seq, Outcome.CONFIRMED, AnswerSource.RULING, "N5", FINDING)
        with counter.engine.connect() as connection:
            assert rulings.unknown_payments(connection) == []

    def test_by_one_person_does_nothing(self, counter: Counter, unknown: str) -> None:
        _propose(counter, unknown)
        for decide in (
            lambda c: rulings.approve(c, counter.journal, MAKER, unknown, NOON),
            lambda c: rulings.refuse(c, MAKER, unknown, NOON),
        ):
            with counter.engine.begin() as connection, pytest.raises(RefusedError, match="second person"):
                decide(connection)
        assert [fact.outcome for fact in counter.told(BillerAnswered)] == [Outcome.UNKNOWN]

    @pytest.mark.parametrize("member", [ADMIN, CLERK])
    def test_takes_the_right_people(self, counter: Counter, unknown: str, member) -> None:
        with pytest.raises(RefusedError):
            _propose(counter, unknown, member)
        _propose(counter, unknown)
        with counter.engine.begin() as connection, pytest.raises(RefusedError):
            rulings.approve(connection, counter.journal, member, unknown, NOON)

    @pytest.mark.parametrize("finding", ["", "  \n ", "ok"])
    def test_without_a_finding_is_refused(self, counter: Counter, unknown: str, finding: str) -> None:
        with pytest.raises(RefusedError, match="what was found"):
            _propose(counter, unknown, finding=finding)

    def test_twice_on_one_payment_is_refused_until_the_first_is_decided(self, counter: Counter, unknown: str) -> None:
        _propose(counter, unknown)
        with pytest.raises(RefusedError, match="waits for approval already"):
            _propose(counter, unknown, SECOND)
        with counter.engine.begin() as connection:
            rulings.refuse(connection, FINANCE, unknown, NOON)
        _propose(counter, unknown, SECOND)

    def test_that_the_biller_overtook_is_refused_and_the_biller_stands(
        self, counter: Counter, unknown: str, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        _propose(counter, unknown)
        biller.fault("none")
        counter.minutes_later(5)
        dispatcher.run_and_wait()
        with pytest.raises(RefusedError, match="its result already"), counter.engine.begin() as connection:
            rulings.approve(connection, counter.journal, FINANCE, unknown, NOON)
        assert counter.told(BillerAnswered)[-1].source is AnswerSource.STATUS

    def test_approved_by_two_at_once_is_made_once(self, counter: Counter, unknown: str) -> None:
        _propose(counter, unknown)
        results: list[str] = []
        start = threading.Barrier(2)

        def approve(member) -> None:
            start.wait()
            try:
                with counter.engine.begin() as connection:
                    rulings.approve(connection, counter.journal, member, unknown, NOON)
                results.append("done")
            except RefusedError as error:
                results.append(error.code)

        threads = [threading.Thread(target=approve, args=(member,)) for member in (FINANCE, SECOND)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["done", "nothing_proposed"]
        assert len(counter.told(BillerAnswered)) == 2

    @pytest.mark.parametrize("our_no", ["", "x", "ST-0417-000009-deadbeef", "ST-0417-99999999999999999999-aa", "-²-"])
    def test_on_a_number_that_is_none_is_refused(self, counter: Counter, our_no: str) -> None:
        with pytest.raises(RefusedError, match="no payment with our number"):
            _propose(counter, our_no)


@pytest.fixture
def undecided(counter: Counter, biller: BillerSide, dispatcher: Dispatcher) -> str:
    """Our number of a payment whose reversal had its reply lost, and which the biller no longer finds."""
    seq = counter.pay(*biller.bill())
    dispatcher.run_and_wait()
    counter.post()
    biller.fault("lose_reply", operation="reverse", booked=False)
    biller.fault("forget", times=-1)
    counter.send(ReversalRequested(seq, ReversalReason.WRONG_AMOUNT))
    for _ in range(3):
        dispatcher.run_and_wait()
        counter.minutes_later(5)
    return counter.our_no(seq)


def _last_hq_actor(counter: Counter) -> Actor:
    with counter.engine.connect() as connection:
        frames = HeldJournal.open(connection, CODE, Side.HQ).frames(connection, 0, 8_000_000)
    return decode(read_frame(frames[-1]).run[-1], Side.HQ).actor


def _due_to_customers(counter: Counter) -> int:
    counter.post()
    with counter.engine.connect() as connection:
        return station_balances(connection, CODE).get(Ledger(Account.CUSTOMER_CASH), 0)


class TestARulingOnAReversal:
    def _propose(self, counter: Counter, our_no: str, outcome: ReversalOutcome, member=MAKER) -> None:
        with counter.engine.begin() as connection:
            rulings.propose(connection, member, our_no, outcome, FINDING, NOON)

    def _approve(self, counter: Counter, our_no: str, member=FINANCE) -> None:
        with counter.engine.begin() as connection:
            rulings.approve(connection, counter.journal, member, our_no, NOON, Kind.REVERSE)

    def _waiting(self, counter: Counter) -> list[tuple[Kind, str]]:
        with counter.engine.connect() as connection:
            return [(one.kind, one.trouble) for one in rulings.unknown_payments(connection)]

    @pytest.mark.parametrize("outcome", ReversalOutcome)
    def test_by_two_people_ends_it_in_the_approvers_name(
        self, counter: Counter, undecided: str, outcome: ReversalOutcome
    ) -> None:
        assert counter.told(ReversalAnswered) == []
        assert self._waiting(counter) == [(Kind.REVERSE, "not_found")]
        self._propose(counter, undecided, outcome)
        with counter.engine.connect() as connection:
            assert [ruling.kind for ruling in rulings.open_rulings(connection).values()] == [Kind.REVERSE]
        self._approve(counter, undecided)
        (answer,) = counter.told(ReversalAnswered)
        accepted = outcome is ReversalOutcome.ACCEPTED
        assert answer == ReversalAnswered(answer.payment_seq, accepted, FINDING)
        assert _last_hq_actor(counter) == Actor(ActorKind.PERSON, FINANCE.staff_no)
        assert self._waiting(counter) == []
        assert (_due_to_customers(counter) > 0) is accepted

    def test_by_one_person_does_nothing(self, counter: Counter, undecided: str) -> None:
        self._propose(counter, undecided, ReversalOutcome.ACCEPTED)
        with pytest.raises(RefusedError, match="second person"):
            self._approve(counter, undecided, MAKER)
        assert counter.told(ReversalAnswered) == []

    def test_that_was_refused_leaves_it_open_for_another(self, counter: Counter, undecided: str) -> None:
        self._propose(counter, undecided, ReversalOutcome.ACCEPTED)
        with counter.engine.begin() as connection:
            rulings.refuse(connection, FINANCE, undecided, NOON, Kind.REVERSE)
        assert self._waiting(counter) == [(Kind.REVERSE, "not_found")]
        self._propose(counter, undecided, ReversalOutcome.REFUSED, SECOND)

    def test_that_the_biller_overtook_does_not_reach_the_next_reversal(
        self, counter: Counter, undecided: str, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        self._propose(counter, undecided, ReversalOutcome.ACCEPTED)
        biller.ask("POST", "/control/clock", offset_s=86_400 * 2)
        biller.fault("none")
        counter.minutes_later(60)
        dispatcher.run_and_wait()
        (answer,) = counter.told(ReversalAnswered)
        assert not answer.accepted
        with pytest.raises(RefusedError, match="has its result already"):
            self._approve(counter, undecided)
        biller.fault("forget", times=-1)
        biller.fault("lose_reply", operation="reverse", booked=False)
        counter.send(ReversalRequested(answer.payment_seq, ReversalReason.WRONG_AMOUNT))
        dispatcher.run_and_wait()
        with pytest.raises(RefusedError, match=r"no ruling on .* waits"):
            self._approve(counter, undecided)

    def test_where_none_was_asked_for_is_refused(self, counter: Counter, unknown: str) -> None:
        with pytest.raises(RefusedError, match="no reversal was asked"):
            self._propose(counter, unknown, ReversalOutcome.ACCEPTED)
