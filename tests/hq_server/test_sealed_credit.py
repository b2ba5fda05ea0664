"""Sealed grants at HQ: four eyes, codes that nobody sees before they are paid for, and what is at stake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from hq_server import audit, credit, sealed_credit, sealed_grants
from hq_server.db.desk_tables import credit_purchases, seal_batches
from hq_server.ledger.queries import station_position
from hq_server.reference.staff import StaffMember
from hq_server.sealed_credit import Cost
from hq_server.wording import RefusedError
from station_journal.facts.grants import (
    CodeRefusal,
    CreditSealed,
    GrantCodeRefused,
    SealedGrantReleased,
    SealedGrantReturned,
    SealedGrantRevoked,
    SealedGrantSold,
)
from station_journal.records import CreditGranted
from station_journal.rules.grants import GrantState
from station_journal.sealed_code import is_code, key_of
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, HQ_KEY, Counter
from tests.hq_server.people import MAKER, NOON, SECOND, SteppingClock

QUICK = Cost(8, 1)
UNTIL = NOON.date() + timedelta(days=30)


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock(), credit_fen=0)


def seal(counter: Counter, *amounts_fen: int, until=UNTIL) -> None:
    with counter.engine.begin() as connection:
        number = sealed_credit.propose(connection, MAKER, CODE, amounts_fen, until, counter.clock()).batch_no
    with counter.engine.begin() as connection:
        now = counter.clock()
        sealed_credit.approve_batch(connection, counter.journal, SECOND, CODE, number, now, cost=QUICK)
    # The station has seen the batch once it wrote something after it.
    counter.send(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT))


def buy(counter: Counter, amount_fen: int) -> int:
    with counter.engine.begin() as connection:
        number = credit.enter(connection, CLERK, CODE, amount_fen, "0001", counter.clock(), by_code=True).purchase_no
    with counter.engine.begin() as connection:
        credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, number, counter.clock())
    counter.post()
    return number


def read_code(counter: Counter, purchase_no: int, by: StaffMember = CLERK) -> str:
    with counter.engine.begin() as connection:
        return sealed_credit.read_code(connection, HQ_KEY, by, CODE, purchase_no, counter.clock())


def grants(counter: Counter):
    with counter.engine.connect() as connection:
        return sealed_grants.grants_of(connection, CODE)


def release(counter: Counter, code: str, **send) -> None:
    grant = next(one for one in grants(counter) if one.grant_no % 100 == int(code[:2]))
    counter.send(SealedGrantReleased(grant.grant_no, key_of(code, grant.salt, grant.memory_kib, grant.passes)), **send)


class TestABatch:
    def test_takes_two_people_and_reaches_the_station_as_one_record_without_a_code(self, counter: Counter) -> None:
        seal(counter, 50_000, 200_000)
        (fact,) = counter.told(CreditSealed)
        assert [(one.grant_no, one.amount_fen) for one in fact.grants] == [(1, 50_000), (2, 200_000)]
        assert (fact.maker_no, fact.approver_no) == (MAKER.staff_no, SECOND.staff_no)
        with counter.engine.connect() as connection:
            assert station_position(connection, CODE).credit_free_fen == 0
            at_stake = sealed_grants.exposure(sealed_grants.grants_of(connection, CODE), NOON.date())
        assert at_stake == (250_000, 0, 0)

    def test_cannot_be_approved_by_who_proposed_it_nor_twice(self, counter: Counter) -> None:
        with counter.engine.begin() as connection:
            number = sealed_credit.propose(connection, MAKER, CODE, [50_000], UNTIL, NOON).batch_no
        for by, sentence in ((MAKER, "second person"), (CLERK, "may not do this")):
            with counter.engine.begin() as connection, pytest.raises(RefusedError, match=sentence):
                sealed_credit.approve_batch(connection, counter.journal, by, CODE, number, NOON, cost=QUICK)
        for expected in (None, "approved already"):
            with counter.engine.begin() as connection:
                if expected:
                    with pytest.raises(RefusedError, match=expected):
                        sealed_credit.approve_batch(
                            connection, counter.journal, FINANCE, CODE, number, NOON, cost=QUICK
                        )
                else:
                    sealed_credit.approve_batch(connection, counter.journal, FINANCE, CODE, number, NOON, cost=QUICK)
        assert len(counter.told(CreditSealed)) == 1

    @pytest.mark.parametrize(
        ("amounts_fen", "until", "sentence"),
        [
            ([49_999], UNTIL, r"at least 500\.00"),
            ([], UNTIL, "holds 1 to 100"),
            ([50_000] * 101, UNTIL, "holds 1 to 100"),
            ([50_000], NOON.date(), "valid until"),
            ([50_000], NOON.date() + timedelta(days=999), "valid until"),
        ],
    )
    def test_that_makes_no_sense_is_refused_whole(self, counter: Counter, amounts_fen, until, sentence) -> None:
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match=sentence):
            sealed_credit.propose(connection, MAKER, CODE, amounts_fen, until, NOON)
        with counter.engine.connect() as connection:
            assert connection.execute(select(seal_batches)).all() == []

    def test_never_makes_two_open_grants_that_a_code_cannot_tell_apart(self, counter: Counter) -> None:
        seal(counter, *[50_000] * 60)
        with pytest.raises(RefusedError, match="too many sealed grants open"):
            seal(counter, *[50_000] * 41)


class TestACode:
    def test_is_given_out_only_once_two_people_have_sold_it_and_opens_exactly_what_was_paid(
        self, counter: Counter
    ) -> None:
        seal(counter, 50_000, 200_000)
        with counter.engine.begin() as connection:
            number = credit.enter(connection, CLERK, CODE, 200_000, "0001", NOON, by_code=True).purchase_no
        with pytest.raises(RefusedError, match="not approved yet"):
            read_code(counter, number)
        with counter.engine.begin() as connection:
            credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, number, NOON)
        counter.post()
        assert counter.told(CreditGranted) == []
        assert counter.told(SealedGrantSold) == [SealedGrantSold(2, number, CLERK.staff_no, BRANCH_HEAD.staff_no)]
        code = read_code(counter, number)
        assert is_code(code)
        # The station is offline: it had seen the batch and nothing since.
        release(counter, code, seen_seq=counter.hq_seq() - 1)
        with counter.engine.connect() as connection:
            assert station_position(connection, CODE).credit_free_fen == 200_000
        assert [one.state for one in grants(counter)] == [GrantState.OPEN, GrantState.RELEASED]
        with pytest.raises(RefusedError, match="opens nothing"):
            read_code(counter, number)

    def test_is_stored_nowhere_and_every_look_is_noted_without_it(self, counter: Counter) -> None:
        seal(counter, 50_000)
        number = buy(counter, 50_000)
        code = read_code(counter, number)
        with counter.engine.connect() as connection:
            notes = [one for one in audit.entries(connection, CODE) if one.tag == "credit.code_read"]
            purchase = str(connection.execute(select(credit_purchases)).all())
        assert [note.actor for note in notes] == [f"staff:{CLERK.staff_no}"]
        assert code not in str(notes) + purchase
        assert code[2:18] not in str(notes) + purchase

    @pytest.mark.parametrize("by", [MAKER, SECOND, FINANCE])
    def test_is_for_the_branch_alone(self, counter: Counter, by: StaffMember) -> None:
        seal(counter, 50_000)
        number = buy(counter, 50_000)
        with pytest.raises(RefusedError, match="may not do this"):
            read_code(counter, number, by)

    def test_cannot_be_bought_where_no_such_grant_lies_at_the_station(self, counter: Counter) -> None:
        seal(counter, 50_000)
        for amount_fen in (200_000, 50_001):
            with pytest.raises(RefusedError, match="no sealed grant"):
                buy(counter, amount_fen)

    def test_cannot_be_bought_before_the_station_has_its_batch(self, counter: Counter) -> None:
        with counter.engine.begin() as connection:
            number = sealed_credit.propose(connection, MAKER, CODE, [50_000], UNTIL, NOON).batch_no
        with counter.engine.begin() as connection:
            sealed_credit.approve_batch(connection, counter.journal, SECOND, CODE, number, NOON, cost=QUICK)
        counter.post()
        with pytest.raises(RefusedError, match="no sealed grant"):
            buy(counter, 50_000)

    def test_of_one_grant_is_sold_once_however_quick_the_clerks_are(self, counter: Counter) -> None:
        seal(counter, 50_000)
        with counter.engine.begin() as connection:
            both = [credit.enter(connection, CLERK, CODE, 50_000, "1", NOON, by_code=True).purchase_no for _ in "12"]
        with counter.engine.begin() as connection:  # not posted in between
            credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, both[0], NOON)
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="no sealed grant"):
            credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, both[1], NOON)


class TestARevocation:
    def test_gives_the_money_back_as_open_credit_only_once_the_station_has_seen_it(self, counter: Counter) -> None:
        seal(counter, 50_000)
        number = buy(counter, 50_000)
        counter.send(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT))
        with counter.engine.begin() as connection:
            sealed_credit.revoke(connection, counter.journal, SECOND, CODE, 1, NOON)
        counter.post()
        assert counter.told(SealedGrantRevoked) == [SealedGrantRevoked(1)]
        with pytest.raises(RefusedError, match="opens nothing"):
            read_code(counter, number)
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="has not seen the revocation"):
            sealed_credit.give_back(connection, counter.journal, FINANCE, CODE, 1, NOON)
        counter.send(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT))
        with counter.engine.begin() as connection:
            sealed_credit.give_back(connection, counter.journal, FINANCE, CODE, 1, NOON)
        counter.post()
        with counter.engine.connect() as connection:
            assert station_position(connection, CODE).credit_free_fen == 50_000
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="only a grant"):
            sealed_credit.give_back(connection, counter.journal, FINANCE, CODE, 1, NOON)

    def test_binds_whoever_decides_before_it_is_posted(self, counter: Counter) -> None:
        seal(counter, 50_000, 50_000)
        sold = buy(counter, 50_000)
        with counter.engine.begin() as connection:
            number = credit.enter(connection, CLERK, CODE, 50_000, "2", NOON, by_code=True).purchase_no
        for grant_no in (1, 2):  # nothing is posted from here on
            with counter.engine.begin() as connection:
                sealed_credit.revoke(connection, counter.journal, SECOND, CODE, grant_no, NOON)
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="no sealed grant"):
            credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, number, NOON)
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="revoked already"):
            sealed_credit.revoke(connection, counter.journal, SECOND, CODE, 2, NOON)
        with pytest.raises(RefusedError, match="opens nothing"):
            read_code(counter, sold)
        assert len(counter.told(SealedGrantSold)) == 1
        assert len(counter.told(SealedGrantRevoked)) == 2

    def test_is_given_back_once_however_quick_the_clerks_are(self, counter: Counter) -> None:
        seal(counter, 50_000)
        buy(counter, 50_000)
        with counter.engine.begin() as connection:
            sealed_credit.revoke(connection, counter.journal, SECOND, CODE, 1, NOON)
        counter.post()
        counter.send(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT))
        with counter.engine.begin() as connection:
            sealed_credit.give_back(connection, counter.journal, FINANCE, CODE, 1, NOON)
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="only a grant"):
            sealed_credit.give_back(connection, counter.journal, FINANCE, CODE, 1, NOON)
        assert len(counter.told(SealedGrantReturned)) == 1


def test_wrong_codes_at_the_counter_are_seen_at_hq(counter: Counter) -> None:
    counter.send(*[GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT)] * 3)
    with counter.engine.connect() as connection:
        assert [one.refused for one in sealed_grants.codes_refused(connection, CODE)] == [3]
