from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit, credit
from hq_server.credit import PurchaseState
from hq_server.db.desk_tables import credit_purchases
from hq_server.wording import RefusedError
from station_journal.records import CreditGranted
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, Counter
from tests.hq_server.people import ADMIN, MAKER, NOON, SECOND, SteppingClock


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock(), credit_fen=0)


def _enter(counter: Counter, amount_fen: int = 50_000) -> int:
    with counter.engine.begin() as connection:
        return credit.enter(connection, CLERK, CODE, amount_fen, "存款单 0001", NOON).purchase_no


class TestACreditPurchase:
    def test_entered_by_a_clerk_and_approved_by_a_second_person_grants_the_credit(self, counter: Counter) -> None:
        number = _enter(counter, 80_000)
        assert counter.told(CreditGranted) == []
        with counter.engine.begin() as connection:
            done = credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, number, NOON)
        assert done.state is PurchaseState.APPROVED
        assert counter.told(CreditGranted) == [CreditGranted(80_000, 1, CLERK.staff_no, BRANCH_HEAD.staff_no)]
        with counter.engine.connect() as connection:
            tags = [entry.tag for entry in audit.entries(connection, CODE)][-2:]
        assert tags == ["credit.entered", "credit.approved"]

    def test_may_be_bought_as_often_as_wanted(self, counter: Counter) -> None:
        assert [_enter(counter) for _ in range(3)] == [1, 2, 3]

    @pytest.mark.parametrize("amount_fen", [0, -50_000, 49_999, 10**13])
    def test_below_500_or_beyond_reason_is_refused(self, counter: Counter, amount_fen: int) -> None:
        with pytest.raises(RefusedError, match=r"between 500\.00 and"):
            _enter(counter, amount_fen)
        with counter.engine.connect() as connection:
            assert credit.purchases(connection) == []

    def test_is_refused_for_a_station_that_is_not_open(self, counter: Counter) -> None:
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="not known or not open"):
            credit.enter(connection, CLERK, "NOSUCH", 50_000, "1", NOON)

    def test_cannot_be_decided_by_who_entered_it_not_even_past_the_program(self, counter: Counter) -> None:
        with counter.engine.begin() as connection:
            number = credit.enter(connection, BRANCH_HEAD, CODE, 50_000, "1", NOON).purchase_no
        for decide in (
            lambda c: credit.approve(c, counter.journal, BRANCH_HEAD, CODE, number, NOON),
            lambda c: credit.refuse(c, BRANCH_HEAD, CODE, number, "no", NOON),
        ):
            with counter.engine.begin() as connection, pytest.raises(RefusedError, match="second person"):
                decide(connection)
        forced = update(credit_purchases).values(state="APPROVED", hq_seq=1, approver_no=BRANCH_HEAD.staff_no)
        with pytest.raises(IntegrityError, match="four_eyes"), counter.engine.begin() as connection:
            connection.execute(forced)
        assert counter.told(CreditGranted) == []

    def test_below_the_minimum_is_kept_out_by_the_table_itself(self, counter: Counter) -> None:
        row = {"station_code": CODE, "purchase_no": 9, "amount_fen": 49_999, "evidence": "1", "state": "ENTERED"}
        with pytest.raises(IntegrityError, match="amount"), counter.engine.begin() as connection:
            connection.execute(insert(credit_purchases).values(**row, maker_no=1, entered_at=NOON))

    @pytest.mark.parametrize("member", [ADMIN, MAKER])
    def test_is_entered_by_branch_staff_only(self, counter: Counter, member: object) -> None:
        with counter.engine.begin() as connection, pytest.raises(RefusedError):
            credit.enter(connection, member, CODE, 50_000, "1", NOON)  # type: ignore[arg-type]

    def test_is_never_approved_by_the_administrator_or_a_counter_clerk(self, counter: Counter) -> None:
        number = _enter(counter)
        for member in (ADMIN, CLERK):
            with counter.engine.begin() as connection, pytest.raises(RefusedError):
                credit.approve(connection, counter.journal, member, CODE, number, NOON)

    def test_of_two_decisions_at_once_one_wins_and_one_grant_exists(self, counter: Counter) -> None:
        number = _enter(counter)
        results: list[str] = []
        start = threading.Barrier(4)

        def decide(which: int) -> None:
            member = (BRANCH_HEAD, SECOND)[which % 2]
            start.wait()
            try:
                with counter.engine.begin() as connection:
                    if which == 3:
                        credit.refuse(connection, member, CODE, number, "重复录入", NOON)
                    else:
                        credit.approve(connection, counter.journal, member, CODE, number, NOON)
                results.append("done")
            except RefusedError as error:
                results.append(error.code)

        threads = [threading.Thread(target=decide, args=(which,)) for which in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["decided", "decided", "decided", "done"]
        with counter.engine.connect() as connection:
            state = connection.scalar(select(credit_purchases.c.state))
        assert len(counter.told(CreditGranted)) == (state == "APPROVED")

    def test_refused_with_a_reason_grants_nothing_and_stays_refused(self, counter: Counter) -> None:
        number = _enter(counter)
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="reason"):
            credit.refuse(connection, BRANCH_HEAD, CODE, number, "  ", NOON)
        with counter.engine.begin() as connection:
            assert credit.refuse(connection, BRANCH_HEAD, CODE, number, "款未到账", NOON).refusal == "款未到账"
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="decided before"):
            credit.approve(connection, counter.journal, SECOND, CODE, number, NOON)
        assert counter.told(CreditGranted) == []
