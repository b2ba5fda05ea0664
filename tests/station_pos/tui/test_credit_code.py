"""额度: a code of twenty digits takes 23 keys; a slip of the finger costs nothing, a wrong guess is on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from station_journal.accounts import Account
from station_journal.facts.branch_days import BranchDaysStated, ClosedDay, DueDay
from station_journal.facts.grants import (
    CodeRefusal,
    CreditSealed,
    GrantCodeRefused,
    SealedGrant,
    SealedGrantReleased,
    SealedGrantRevoked,
)
from station_journal.records import BillPaymentTaken, Side
from station_journal.sealed_code import commitment_of, key_of, make_code
from station_pos.commands.grants import TRIES_A_DAY
from station_pos.text import Language
from tests.station_pos.tui.at_counter import NARROW, WIDE, serving
from tests.station_pos.tui.books_counter import TODAY, BooksCounter
from tests.station_pos.tui.test_over_the_register import real, world  # noqa: F401 - a fixture
from tests.station_pos.world import World

SALT = b"0123456789abcdef"
CODE = make_code(1, 4417093255281907)
OTHER = make_code(1, 1111111111111111)
UNTIL = date(2026, 10, 31)


def sealed(amount_fen: int = 200_000, until: date = UNTIL) -> CreditSealed:
    commitment = commitment_of(key_of(CODE, SALT, 8, 1))
    return CreditSealed((SealedGrant(1, amount_fen, SALT, commitment),), until, 8, 1, 7, 8)


def with_seal(**changes) -> BooksCounter:
    counter = BooksCounter(**changes)
    counter.hq(sealed())
    return counter


def facts(counter, kind):
    return [record.fact for record in counter.records[Side.STATION] if isinstance(record.fact, kind)]


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_a_top_up_by_code_takes_twenty_three_keys(size, language):
    counter = with_seal()
    async with serving(counter, size=size, language=language) as till:
        await till.keys("f8")
        await till.type(CODE)
        assert f"{CODE[:4]} {CODE[4:8]}" in till.shown
        await till.keys("enter")
        assert "2,000.00" in till.shown
        assert "4,000.00" in till.shown
        assert facts(counter, SealedGrantReleased) == [], "a look records nothing"
        await till.keys("enter")

        assert till.keys_pressed == 23
        (fact,) = facts(counter, SealedGrantReleased)
        assert fact.grant_no == 1
        assert counter.books.balance_fen(Account.CREDIT_FREE) == 400_000
        assert counter.records[Side.STATION][-1].actor.number == 1
        assert "4,000.00" in till.row(1)
        await till.until(lambda: len(till.bells) == 1)


async def test_a_top_up_over_the_register_is_on_the_disk_with_its_slip_after_the_last_key(world: World):  # noqa: F811
    world.from_hq(sealed(until=date(2026, 12, 1)))
    world.link_down()
    async with real(world) as till:
        till.counter.played.up = False
        await till.keys("f8")
        await till.type(CODE)
        await till.keys("enter")
        await till.until(lambda: "核对" in till.shown)
        await till.keys("enter")
        await till.until(lambda: "充好了" in till.shown)
        assert till.keys_pressed == 23
        assert "近 2 次" in till.shown
        assert "2,000.00 凭证码" in till.shown
    kinds = [row.kind for row in till.counter.journal(3)]
    assert kinds[0] == "SealedGrantReleased"
    assert world.rows("SELECT title, amount_fen FROM print_jobs ORDER BY job_no DESC LIMIT 1") == [
        ("额度充值凭条", 200_000)
    ]


async def test_a_cut_between_the_look_and_the_last_enter_leaves_the_code_good(world: World):  # noqa: F811
    world.from_hq(sealed(until=date(2026, 12, 1)))
    before = world.rows("SELECT count(*) FROM journal")
    async with real(world) as till:
        await till.keys("f8")
        await till.type(CODE)
        await till.keys("enter")
        await till.until(lambda: "核对" in till.shown)
    world.reopen()
    assert world.rows("SELECT count(*) FROM journal") == before
    async with real(world) as till:
        await till.keys("f8")
        await till.type(CODE)
        await till.keys("enter")
        await till.until(lambda: "核对" in till.shown)
        await till.keys("enter")
        await till.until(lambda: "充好了" in till.shown)
    assert world.rows("SELECT count(*) FROM subjects WHERE kind=30 AND state=4") == [(1,)]


async def test_the_numpad_alone_is_enough_and_esc_adds_nothing():
    counter = with_seal()
    async with serving(counter) as till:
        await till.type("/8")
        await till.keys(*CODE, "enter", "escape")
        assert facts(counter, SealedGrantReleased) == []
        await till.keys(*CODE, "enter", "enter")
        assert len(facts(counter, SealedGrantReleased)) == 1


async def test_a_slip_of_the_finger_is_seen_at_the_last_digit_and_is_no_try():
    counter = with_seal()
    async with serving(counter) as till:
        await till.keys("f8")
        await till.type(CODE[:19])
        assert "还差 1 位" in till.shown
        await till.type(str((int(CODE[19]) + 1) % 10))
        assert "校验不对" in till.shown
        records = len(counter.records[Side.STATION])
        await till.keys("enter")
        assert "没有算一次试错" in till.shown
        assert len(counter.records[Side.STATION]) == records
        await till.keys("backspace")
        await till.type(CODE[19])
        assert "校验正确" in till.shown


async def test_a_guess_is_on_record_and_ten_of_them_end_the_day():
    counter = with_seal()
    async with serving(counter) as till:
        await till.keys("f8")
        for number in range(TRIES_A_DAY):
            await till.type(OTHER if number else make_code(77, 1))
            await till.keys("enter")
            assert "没有充值, 已记下一次" in till.shown
        refused = facts(counter, GrantCodeRefused)
        assert [one.reason for one in refused[:2]] == [CodeRefusal.NO_SUCH_GRANT, CodeRefusal.WRONG_CODE]
        await till.type(CODE)
        await till.keys("enter", "enter")
        assert "明天再试" in till.shown
        assert len(facts(counter, GrantCodeRefused)) == TRIES_A_DAY
        assert facts(counter, SealedGrantReleased) == []


async def test_a_used_a_revoked_and_an_outdated_code_each_say_so():
    counter = with_seal()
    async with serving(counter) as till:
        await till.keys("f8", *CODE, "enter", "enter")
        await till.keys(*CODE, "enter")
        assert "已经充过值" in till.shown
    counter = with_seal()
    counter.hq(SealedGrantRevoked(1))
    async with serving(counter) as till:
        await till.keys("f8", *CODE, "enter")
        assert "已被总部作废" in till.shown
    counter = BooksCounter()
    counter.hq(sealed(until=TODAY - timedelta(days=1)))
    async with serving(counter) as till:
        await till.keys("f8", *CODE, "enter")
        assert "过期" in till.shown
        assert facts(counter, GrantCodeRefused) == []


async def test_what_is_too_dear_to_check_is_one_sentence_and_no_record():
    counter = BooksCounter()
    counter.hq(CreditSealed((SealedGrant(1, 50_000, SALT, bytes(32)),), UNTIL, 2**31, 1, 7, 8))
    async with serving(counter) as till:
        records = len(counter.records[Side.STATION])
        await till.keys("f8", *CODE, "enter")
        assert "没有做成" in till.shown
        assert len(counter.records[Side.STATION]) == records
        assert till.screen == "CreditScreen"


def busy_station(credit_fen: int) -> BooksCounter:
    """A station with eight bills on each of the last seventy days."""
    counter = BooksCounter(credit_fen=credit_fen + 70 * 58_080)
    for day in range(70, 0, -1):
        counter.time = counter.time.replace(month=10, day=23) - timedelta(days=day)
        fact = BillPaymentTaken(1000 + day, 1, "0081234567", "", "", "*三", 58_080, 58_080, offline=False)
        actor = counter.records[Side.STATION][-2].actor
        seq = counter._append(fact, actor)  # noqa: SLF001 - the day before today, as a past that was lived
        counter.answer(seq, counter.biller_says)
    counter.time = counter.time.replace(month=10, day=23)
    return counter


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_forecast_names_clock_time_closed_days_and_what_to_buy(size):
    counter = busy_station(90_000)
    counter.hq(
        BranchDaysStated(
            2026,
            (ClosedDay(date(2026, 10, 24)), ClosedDay(date(2026, 10, 25))),
            (DueDay(date(2026, 10, 28), 1),),
        )
    )
    async with serving(counter, size=size) as till:
        assert "约用到 10-24" in till.shown
        assert "趁网点今天开门充" in till.row(2)
        await till.keys("f8")
        assert "10-24, 10-25 网点不办" in till.shown
        assert "10-28 账单大户日, 约要 1,7" in till.shown
        assert "今天到网点充" in till.shown
        if size == WIDE:
            assert "##" in till.shown


async def test_a_sale_that_does_not_fit_is_named_before_the_cash_is_typed():
    counter = BooksCounter(credit_fen=5_000)
    async with serving(counter) as till:
        await till.scan("0081234567")
        assert "还差 22.60, 收不了这一笔。先按 F8 充" in till.shown
