"""What waits for a second person, whichever desk it is at; two deciders at once, of whom one wins."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import Engine

from hq_server import credit, pouches, sealed_credit
from hq_server.four_eyes import Waiting, refusal_reason, waiting
from hq_server.gateway import rulings
from hq_server.reference.staff import StaffMember
from hq_server.withdrawals import rulings as withdrawal_rulings
from hq_server.withdrawals import terms
from hq_server.wording import RefusedError
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, Counter
from tests.hq_server.people import NOON, SteppingClock

HEADS = [BRANCH_HEAD, FINANCE]
DESKS = (
    credit.FOUR_EYES,
    pouches.FOUR_EYES,
    sealed_credit.FOUR_EYES,
    rulings.FOUR_EYES,
    withdrawal_rulings.FOUR_EYES,
    terms.FOUR_EYES,
)


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock())


@pytest.mark.usefixtures("counter")
def test_all_desks_tell_in_one_list_what_waits_for_a_second_person(engine: Engine) -> None:
    with engine.begin() as connection:
        first = credit.enter(connection, CLERK, CODE, 80_000, "slip 1", NOON)
        credit.enter(connection, CLERK, CODE, 90_000, "slip 2", NOON)
    with engine.connect() as connection:
        page, count = waiting(connection, DESKS, limit=1)
    assert count == 2
    assert page == [Waiting("credit", CODE, str(first.purchase_no), 80_000, CLERK.staff_no, NOON)]


def test_of_two_who_approve_at_once_one_wins_and_the_station_gets_the_money_once(
    engine: Engine, counter: Counter
) -> None:
    with engine.begin() as connection:
        number = credit.enter(connection, CLERK, CODE, 80_000, "slip", NOON).purchase_no
    outcomes: list[str] = []

    def approve(head: StaffMember) -> None:
        try:
            with engine.begin() as connection:
                credit.approve(connection, counter.journal, head, CODE, number, NOON)
            outcomes.append("approved")
        except RefusedError as refused:
            outcomes.append(refused.code)

    deciders = [Thread(target=approve, args=(head,)) for head in HEADS]
    for one in deciders:
        one.start()
    for one in deciders:
        one.join()
    assert sorted(outcomes) == ["approved", "decided"]
    with engine.connect() as connection:
        assert waiting(connection, DESKS) == ([], 0)


def test_only_the_maker_takes_a_proposal_back_and_nobody_once_it_is_decided(engine: Engine, counter: Counter) -> None:
    table = credit.FOUR_EYES.table.c
    with engine.begin() as connection:
        number = credit.enter(connection, CLERK, CODE, 80_000, "slip", NOON).purchase_no
        this = (table.station_code == CODE) & (table.purchase_no == number)
        with pytest.raises(RefusedError) as refused:
            credit.FOUR_EYES.withdraw(connection, HEADS[0], this, NOON)
        assert refused.value.code == "not_maker"
        credit.approve(connection, counter.journal, HEADS[0], CODE, number, NOON)
        with pytest.raises(RefusedError) as refused:
            credit.FOUR_EYES.withdraw(connection, CLERK, this, NOON)
        assert refused.value.code == "decided"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 201])
def test_a_refusal_gives_its_reason(text: str) -> None:
    with pytest.raises(RefusedError):
        refusal_reason(text)
