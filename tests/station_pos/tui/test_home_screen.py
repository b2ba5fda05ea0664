"""主页 over the real register: the newest entries of every service, what is to come, and where each line leads."""

from __future__ import annotations

from datetime import date

import pytest

from station_journal.facts.cash import CashReason
from station_journal.records import TariffPublished
from station_pos.commands.cash_orders import MoveCash
from station_pos.text import Language
from tests.factories.parcels import line
from tests.station_pos.register.test_withdrawals import paid
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns
from tests.station_pos.tui.parcel_till import announce, name_courier, shelve
from tests.station_pos.tui.test_commits_act_once import world as world  # noqa: PLC0414  the fixture of the real books
from tests.station_pos.tui.test_credit_code import CODE, sealed
from tests.station_pos.tui.test_over_the_register import real
from tests.station_pos.tui.test_parcel_screens import W
from tests.station_pos.world import OWNER

NAMES = {
    Language.ZH: ("取款", "凭证码充值", "取件", "现金进出"),
    Language.EN: ("Withdrawal", "Credit code", "Handed off", "Cash moved"),
}


async def a_busy_morning(till, world):
    """One entry of each service, newest last: cash taken out, a parcel handed off, a code, a withdrawal."""
    world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_OUT, 20_000))
    name_courier(world)
    announce(world, *((line(waybill), "张三", "13800006621") for waybill in W[:2]))
    for number in range(2):
        shelve(world, W[number], f"A-01-00{number + 1}")
    await till.type("101001")
    await till.keys("enter")
    await till.scan(W[0])
    await till.keys("plus", "escape")
    await till.until(lambda: till.screen == "HomeScreen")
    world.from_hq(sealed(until=date(2026, 12, 1)))
    await till.type(CODE)
    await till.keys("enter")
    assert till.screen == "CreditScreen"
    await till.keys("enter")
    await till.until(lambda: "2,000.00" in till.shown and not till.app.screen.busy)
    await till.keys("enter")
    await till.keys("escape", "escape")
    paid(world)
    till.app._tick()  # noqa: SLF001  # the second's look at the books
    await till.settle()


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_the_newest_entries_of_every_service_and_what_is_to_come(world, size, language):
    world.from_hq(TariffPublished(b"\x07" * 32, date(2026, 11, 1)))
    async with real(world, size=size, language=language) as till:
        await a_busy_morning(till, world)
        shown = till.shown
        chinese = language is Language.ZH
        assert ("新资费 11-01 起用" if chinese else "new tariff from 11-01") in shown
        assert ("在架 1" if chinese else "on hand 1") in shown
        listed = "\n".join(till.rows()[16:21])
        for name in NAMES[language]:
            assert name in listed
        assert "8841" in listed, "a card's digits are never cut"
        today = next(row for row in till.rows() if row.startswith(" 今天" if chinese else " Today"))
        assert ("取件 1 件" if chinese else "handed off 1") in today
        assert ("取款 1 笔" if chinese else "1 payouts") in today
        handed = next(row for row in till.rows()[16:21] if NAMES[language][2] in row)
        assert ("未传" if chinese else "not sent") in handed, "HQ does not hold it yet"
        assert all(columns(row) <= size[0] for row in till.rows())


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("qk", "WithdrawalScreen"),
        ("qj", "PickupScreen"),
        ("sj", "ReceivingScreen"),
        ("rz", "DayCloseScreen"),
        ("ed", "CreditScreen"),
        ("ls", "HistoryScreen"),
        ("6621", "PickupScreen"),
        (W[0][-5:], "PickupScreen"),
        ("101001", "PickupScreen"),
        (CODE, "CreditScreen"),
        ("0081234567", "PaymentScreen"),
    ],
)
async def test_what_is_typed_at_home_leads_to_its_screen(world, typed, screen):
    shelve(world, W[0], "A-01-001")
    async with real(world) as till:
        await till.type(typed)
        await till.keys("enter")
        assert till.screen == screen


async def test_a_credit_code_scanned_at_home_stands_on_the_line_and_adds_nothing_by_itself(world):
    world.from_hq(sealed(until=date(2026, 12, 1)))
    async with real(world) as till:
        before = till.counter.state().credit_free_fen
        await till.scan(CODE)
        assert till.screen == "CreditScreen"
        assert f"{CODE[:4]} {CODE[4:8]}" in till.shown
        assert till.counter.state().credit_free_fen == before
