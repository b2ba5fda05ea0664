"""A swindler on the phone has prepaid numbers loaded one after the other: the second load waits, customers do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.records import Outcome
from station_pos.commands.load_lock import BURST, BURST_FEN, LARGE_FEN, waits_until
from station_pos.commands.outcome import Refusal
from station_pos.config import ZONE
from station_pos.tui.presenters.sentences import refused
from tests.station_pos.tui.at_counter import serving
from tests.station_pos.tui.books_counter import BooksCounter
from tests.station_pos.world import ELECTRICITY, MOBILE, World

NOON = datetime(2026, 10, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def load(world, phone, amount_fen=20_000):
    order = world.pay(
        product_code=MOBILE, account_no=phone, bill_no="", amount_fen=amount_fen, tendered_fen=amount_fen, offline=False
    )
    return world.register.execute(order)


def taken(world):
    return world.rows("SELECT seq FROM payments")


def phone(number):
    return f"1390816{number:04d}"


class TestSevenTimesTwoHundred:
    def test_stops_at_the_second_and_nothing_of_it_is_on_record(self, world):
        first = load(world, phone(1))
        assert first.seq
        for number in range(2, 8):
            outcome = load(world, phone(number))
            assert outcome.reason is Refusal.LOADS_WAIT
            assert dict(outcome.detail)["sum_fen"] == 40_000
            world.clock.forward(minutes=1)
        assert len(taken(world)) == 1

    def test_waits_half_an_hour_from_the_load_before_however_often_it_is_tried(self, world):
        load(world, phone(1))
        begun = world.clock.now
        outcome = load(world, phone(2))
        assert dict(outcome.detail)["until"] == f"{(begun + BURST).astimezone(ZONE):%H:%M}"
        world.clock.now = begun + BURST - timedelta(seconds=1)
        assert load(world, phone(2)).reason is Refusal.LOADS_WAIT
        world.clock.now = begun + BURST
        assert load(world, phone(2)).seq

    def test_to_one_number_waits_too(self, world):
        assert load(world, phone(1)).seq
        assert load(world, phone(1), 20_001).reason is Refusal.LOADS_WAIT

    @pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=1), timedelta(days=400)])
    def test_made_while_the_clock_was_ahead_stops_nobody_once_it_is_right(self, world, ahead):
        world.clock.now += ahead
        assert load(world, phone(1)).seq
        world.clock.now -= ahead
        assert load(world, phone(2)).seq
        assert load(world, phone(3)).reason is Refusal.LOADS_WAIT, "the lock itself holds"

    def test_is_counted_across_a_clock_that_went_back_a_little(self, world):
        assert load(world, phone(1)).seq
        begun = world.clock.now
        world.clock.forward(minutes=-10)
        outcome = load(world, phone(2))
        assert dict(outcome.detail)["until"] == f"{(begun + BURST).astimezone(ZONE):%H:%M}"

    def test_a_load_that_the_biller_declined_does_not_count(self, world):
        world.answer(load(world, phone(1)).seq, Outcome.DECLINED)
        assert load(world, phone(2)).seq


class TestACustomer:
    def test_whose_number_paid_here_on_an_earlier_date_is_never_stopped(self, world):
        world.answer(load(world, phone(1), 5_000).seq)
        world.clock.forward(days=1)
        assert load(world, phone(2)).seq
        assert load(world, phone(1), 50_000).seq
        assert load(world, phone(3)).reason is Refusal.LOADS_WAIT

    def test_with_an_ordinary_sum_is_served_after_another(self, world):
        assert all(load(world, phone(number), 9_900).seq for number in range(1, 9))
        assert load(world, phone(9)).seq, "what others had small does not count"

    def test_with_a_bill_is_served_whatever_was_loaded(self, world):
        load(world, phone(1))
        assert world.accepted(world.pay(product_code=ELECTRICITY, bill_no="", amount_fen=40_000, tendered_fen=40_000))


class TestAtNight:
    @pytest.mark.parametrize(("hour_utc", "until"), [(14, "06:00"), (21, "06:00")])  # 22:00 and 05:00 in Beijing
    def test_a_large_load_of_an_unknown_number_waits_for_the_morning(self, world, hour_utc, until):
        world.clock.now = world.clock.now.replace(hour=hour_utc, minute=0)
        outcome = load(world, phone(1), LARGE_FEN)
        assert (outcome.reason, dict(outcome.detail)["until"]) == (Refusal.LOADS_WAIT, until)
        assert load(world, phone(1), LARGE_FEN - 1).seq

    def test_ends_at_six(self):
        six = datetime(2026, 10, 22, 22, 0, tzinfo=UTC)
        assert waits_until(LARGE_FEN, (), six) is None
        assert waits_until(LARGE_FEN, (), six - timedelta(seconds=1)) == six
        assert waits_until(LARGE_FEN, (), six - timedelta(hours=7)) == six


@given(
    st.integers(1, 60_000),
    st.lists(
        st.tuples(st.integers(0, 3_000).map(lambda s: NOON - timedelta(seconds=s)), st.integers(1, 50_000)), max_size=8
    ),
)
def test_what_waits_may_go_at_the_time_it_is_told_and_not_a_second_earlier(amount_fen, earlier):
    until = waits_until(amount_fen, earlier, NOON)
    recent_fen = sum(fen for at, fen in earlier if at > NOON - BURST and fen >= LARGE_FEN)
    waits = amount_fen >= LARGE_FEN and recent_fen and amount_fen + recent_fen >= BURST_FEN
    assert (until is not None) == bool(waits)
    if until is not None:
        assert NOON < until <= NOON + BURST
        assert waits_until(amount_fen, earlier, until) is None
        assert waits_until(amount_fen, earlier, until - timedelta(seconds=1)) is not None


async def test_the_counter_says_until_when_and_who_it_is_that_phones():
    async with serving(BooksCounter()) as till:
        for number, seen in ((1, False), (2, True)):
            await till.keys(*phone(number), "enter", *"200", "enter", *"200", "enter")
            await till.seen()
            assert ("骗子 (F1 9)" in till.shown, "400.00" in till.shown) == (seen, seen)
            await till.keys("escape", "escape")
        loads = [row for row in till.counter.recent(9) if row.account_no == phone(2)]
        assert loads == []


def test_its_sentence_fits_one_row_with_its_figures(world):
    load(world, phone(1), 50_000)
    assert 0 < len(refused(load(world, phone(2), 50_000)).encode("gb18030")) <= 78
