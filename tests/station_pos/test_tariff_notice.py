"""A tariff to come: what it changes, shown before it is in force, and the receipt that somebody has read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.records import TariffPublished
from station_journal.rules.notices import TariffNotice, notice_key
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.tariff_notice import Changed, differences
from station_pos.commands.tariff_orders import ReadTariffNotice
from station_pos.register.inspection import compare
from tests.factories.journal import TODAY, tariff
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns
from tests.station_pos.tui.test_over_the_register import real
from tests.station_pos.world import OWNER, World

BEFORE = tariff()
DEARER = replace(BEFORE.products[0], fee_fen=BEFORE.products[0].fee_fen + 50, reversal_minutes=10, offline=None)
LATER = replace(
    BEFORE, version="later", effective_on=TODAY + timedelta(days=9), products=(DEARER, *BEFORE.products[1:])
)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def test_each_thing_that_changes_is_named_with_what_it_was_and_will_be():
    found = {one.what: (one.before, one.after) for one in differences(BEFORE, LATER)}
    assert found[Changed.FEE][0] != found[Changed.FEE][1]
    assert found[Changed.UNDO] == (str(BEFORE.products[0].reversal_minutes), "10")
    assert found[Changed.OFFLINE][1] == "-"
    assert set(found) == {Changed.FEE, Changed.UNDO, Changed.OFFLINE}
    gone = replace(LATER, products=BEFORE.products[1:])
    assert [(one.product.code, one.what) for one in differences(BEFORE, gone)] == [
        (BEFORE.products[0].code, Changed.DROPPED)
    ]


@given(st.permutations(BEFORE.products))
def test_nothing_changes_where_nothing_is_another(products):
    assert differences(BEFORE, replace(BEFORE, products=tuple(products))) == ()
    assert {one.what for one in differences(None, BEFORE)} == {Changed.SOLD}


def test_a_receipt_is_given_once_for_what_hq_published(world):
    unknown = world.register.execute(ReadTariffNotice(OWNER, b"\x07" * 32))
    assert unknown == Refused(Refusal.TARIFF_NOT_READY)
    world.register.keep_document(LATER.to_bytes())
    world.from_hq(TariffPublished(LATER.hash, LATER.effective_on))
    seq = world.accepted(ReadTariffNotice(OWNER, LATER.hash)).seq
    assert world.register.execute(ReadTariffNotice(OWNER, LATER.hash)) == Refused(Refusal.NOTHING_TO_DO)
    key = notice_key(LATER.hash)
    assert world.rows(f"SELECT count(*) FROM subjects WHERE kind={TariffNotice.SUBJECT} AND key='{key.key}'") == [(1,)]
    assert compare(world.database).differing == ()
    assert seq


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_home_line_leads_to_the_changes_and_says_when_they_were_read(world, size):
    world.from_hq(TariffPublished(LATER.hash, LATER.effective_on))
    async with real(world, size=size) as till:
        assert f"新资费 {LATER.effective_on:%m-%d} 起用, 未确认" in till.shown
        await till.type("tz")
        await till.keys("enter")
        assert "内容还没有下载到本站" in till.shown
        await till.keys("enter")
        assert till.screen == "HomeScreen", "what nobody could see is not confirmed"
        world.register.keep_document(LATER.to_bytes())
        await till.type("tz")
        await till.keys("enter")
        assert "手续费" in till.shown
        assert "可撤" in till.shown
        assert {columns(row) for row in till.rows()} == {size[0]}
        await till.keys("enter")
        await till.until(lambda: "已确认看过" in till.shown)
        await till.keys("escape")
        till.app._tick()  # noqa: SLF001  # the second's look at the books
        await till.until(lambda: "起用, 已确认" in till.shown)
