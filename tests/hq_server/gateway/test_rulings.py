from __future__ import annotations

import threading

import pytest

from hq_server.gateway import rulings
from hq_server.gateway.dispatch import Dispatcher
from hq_server.wording import RefusedError
from station_journal.records import AnswerSource, BillerAnswered, Outcome
from tests.hq_server.counter_side import CLERK, FINANCE, Counter
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
