"""The station's clock is set back while it serves: order, dates, days, caps and balances are as if it had not been."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from station_journal.records import BusinessDayEnded
from station_pos.commands.cash_orders import CountFloat
from station_pos.commands.orders import EndBusinessDay
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.withdrawal_orders import RecordApproval
from station_pos.register.inspection import compare, verify
from tests.station_pos.register.test_register import facts
from tests.station_pos.register.test_withdrawals import drawer_fen, intent, paid, told
from tests.station_pos.world import OWNER, START, World

TODAY = date(2026, 10, 23)
OTHER = "0081234568"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def balances(world):
    return world.rows("SELECT account, party, balance_fen FROM balances WHERE balance_fen<>0 ORDER BY account, party")


def ended(world):
    return [fact.ended_date for fact in facts(world) if isinstance(fact, BusinessDayEnded)]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)])
def test_records_keep_their_order_and_date_and_the_books_are_the_same_when_derived_again(world, back):
    first = world.accepted(world.pay())
    world.clock.now -= back
    second = world.accepted(world.pay(account_no=OTHER))
    assert second.seq > first.seq
    assert second.payment.business_date == first.payment.business_date == TODAY
    assert second.payment.recorded_at < first.payment.recorded_at, "the clock is told as it was"
    world.answer(second.seq)
    world.answer(first.seq)
    before = balances(world)
    assert drawer_fen(world) == first.payment.total_fen + second.payment.total_fen
    world.reopen()
    assert compare(world.database).differing == ()
    assert verify(world.database).faults == ()
    assert balances(world) == before


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)])
def test_a_day_that_was_ended_stays_ended_and_the_next_one_ends_once(world, back):
    world.accepted(world.pay())
    world.clock.now = datetime(2026, 10, 23, 15, 30, tzinfo=UTC)  # 23:30 in Beijing, past the cut-off
    world.accepted(EndBusinessDay(TODAY))
    world.clock.now -= back
    sold = world.accepted(world.pay(account_no=OTHER))
    assert sold.payment.business_date == TODAY + timedelta(days=1)
    outcome = world.register.execute(EndBusinessDay(TODAY))
    assert isinstance(outcome, Refused)
    assert ended(world) == [TODAY]
    world.clock.now = START + timedelta(days=2)
    world.accepted(world.pay(account_no="0081234569"))
    assert ended(world) == [TODAY, TODAY + timedelta(days=1)]


def test_a_cards_cap_of_the_day_holds_when_the_hour_comes_again(world):
    world.accepted(CountFloat(OWNER, (), 300_000))
    paid(world, 150_000)
    world.clock.forward(hours=-1)
    seq = world.accepted(intent(world, 60_000)).seq
    over = world.register.execute(RecordApproval(seq, told(seq)))
    assert over == Refused(Refusal.CARD_DAY_CAP, (("cap_fen", 200_000), ("left_fen", 50_000)))
