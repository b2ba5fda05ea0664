"""What is done beside receiving: returns, uplift, reminders, losses, acceptance; with records and papers."""

from __future__ import annotations

import pytest

from station_journal.codec import decode
from station_journal.facts.parcel_terms import ParcelTermsSet, ReminderDay, ShelvesCounted
from station_journal.facts.parcels import (
    Found,
    HandedParcel,
    IdentityShown,
    ParcelAccepted,
    ParcelLost,
    ParcelProduct,
    ParcelsReturned,
    Place,
    ReminderNoted,
    ReminderOutcome,
    ReturnReason,
    UpliftSigned,
)
from station_journal.records import ActorKind
from station_journal.side import Side
from station_pos.commands.parcel_orders import HandOffParcels, NoteReminder, RefuseParcel, SignBatch
from station_pos.services.parcels import ParcelTerms
from station_pos.text import Language
from tests.factories.parcels import line
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns
from tests.station_pos.tui.parcel_till import COURIER_PIN, announce, at_the_shelves, name_courier, shelve
from tests.station_pos.tui.test_over_the_register import PIN, world
from tests.station_pos.tui.test_parcel_screens import W, facts, places

__all__ = ["world"]


def records(world, kind):
    """Give the station's records of a kind."""
    found = (decode(data, Side.STATION) for (data,) in world.rows("SELECT bytes FROM journal WHERE side='S'"))
    return [record for record in found if isinstance(record.fact, kind)]


async def beside(till, number):
    """Open what is done beside receiving."""
    await till.keys("f6")
    await till.type(f"*{number}")


async def both_sign(till):
    await till.type("101")
    await till.keys("enter")
    await till.type(COURIER_PIN)
    await till.keys("enter")
    await till.until(lambda: "站方" in till.shown)
    await till.type(PIN)
    await till.keys("enter")


async def test_a_return_run_is_scanned_signed_by_both_and_printed_in_two_copies(world):
    name_courier(world)
    shelve(world, W[0], "A-01-001")
    shelve(world, W[1], "A-01-002")
    world.clock.forward(days=15)
    shelve(world, W[2], "A-01-003")
    world.accepted(RefuseParcel(1, W[2]))
    async with at_the_shelves(world) as till:
        await beside(till, 1)
        await till.scan(W[0])
        await till.scan(W[2])
        await till.scan(W[5])
        assert "不在这张单里" in till.shown
        await till.keys("plus")
        await both_sign(till)
        await till.until(lambda: "2 件已交投递员" in till.shown)
    (returned,) = facts(world, ParcelsReturned)
    assert [(one.waybill, one.reason) for one in returned.parcels] == [
        (W[0], ReturnReason.OVERDUE),
        (W[2], ReturnReason.REFUSED),
    ]
    assert places(world) == {W[0]: Place.COURIER, W[1]: Place.SHELF, W[2]: Place.COURIER}
    paper = world.rows("SELECT paper FROM print_jobs WHERE title='退件交接单'")[0][0].decode()
    assert paper.count("投递员签字") == 2


async def test_items_not_due_are_not_on_the_run(world):
    shelve(world, W[0], "A-01-001")
    world.clock.forward(days=14)
    async with at_the_shelves(world) as till:
        await beside(till, 1)
        await till.scan(W[0])
        assert "不在这张单里" in till.shown


async def test_a_reminder_shows_the_whole_phone_only_while_it_is_open_and_is_noted(world):
    announce(world, (line(W[0]), "张三", "13800006621"))
    shelve(world, W[0], "A-01-001")
    async with at_the_shelves(world) as till:
        await beside(till, 2)
        assert "没有" in till.shown
    world.clock.forward(days=1)
    async with at_the_shelves(world) as till:
        await beside(till, 2)
        assert "13800006621" not in till.shown
        await till.keys("enter")
        assert "13800006621" in till.shown
        await till.keys("2")
        assert "13800006621" not in till.shown
        assert "A-01-001" not in till.row(5)
    assert [one.outcome for one in facts(world, ReminderNoted)] == [ReminderOutcome.NOT_REACHED]
    world.clock.forward(days=1)
    async with at_the_shelves(world) as till:
        assert till.counter.parcels.reminders_due() == ()
        world.clock.forward(days=1)
        assert [one.waybill for one in till.counter.parcels.reminders_due()] == [W[0]]


async def test_reminders_and_returns_follow_the_days_that_hq_set(world):
    shelve(world, W[0], "A-01-001")
    world.from_hq(ParcelTermsSet((ReminderDay(2), ReminderDay(4)), 7, 30, asks_phone=False))
    async with at_the_shelves(world) as till:
        parcels = till.counter.parcels
        due = []
        for _ in range(8):
            due.append((bool(parcels.reminders_due()), bool(parcels.returns_due())))
            if due[-1][0]:
                world.accepted(NoteReminder(1, W[0], ReminderOutcome.NOTIFIED))
            world.clock.forward(days=1)
    assert [day for day, (remind, _) in enumerate(due) if remind] == [2, 4]
    assert [day for day, (_, give_back) in enumerate(due) if give_back] == [7]


async def test_full_shelves_are_noted_once_and_again_when_there_is_room(world):
    async with at_the_shelves(world) as till:
        parcels = till.counter.parcels
        parcels.use(ParcelTerms("A:1x20"))
        noted = []
        for number in range(20):
            shelve(world, W[number], f"A-01-{number + 1:03d}")
            note = parcels.shelf_count_due()
            if note is not None:
                noted.append(note)
                world.accepted(note)
        for number in range(6):
            world.accepted(
                HandOffParcels(1, (HandedParcel(W[number], W[number]),), Found.WAYBILL, 0, IdentityShown.NONE)
            )
            note = parcels.shelf_count_due()
            if note is not None:
                noted.append(note)
                world.accepted(note)
    assert [(one.held, one.room) for one in noted] == [(19, 20), (16, 20)]
    assert [(one.held, one.room) for one in facts(world, ShelvesCounted)] == [(19, 20), (16, 20)]
    assert {record.actor.kind for record in records(world, ShelvesCounted)} == {ActorKind.SYSTEM}


@pytest.mark.parametrize("language", list(Language))
async def test_an_empty_list_says_when_something_comes_into_it(world, language):
    when = {Language.ZH: ("满 15 天的", "第 1, 3, 7 天"), Language.EN: ("After 15 days", "by day 1, 3, 7")}[language]
    async with at_the_shelves(world, language=language) as till:
        for line_no, words in enumerate(when, 1):
            await beside(till, line_no)
            assert words in till.shown
            assert all(columns(row) <= 80 for row in till.rows())
            await till.keys("escape", "escape")


async def test_a_missing_item_is_lost_when_a_person_says_so_after_its_days(world):
    announce(world, (line(W[0], product=ParcelProduct.JD), "张三", "13800006621"))
    world.accepted(SignBatch(1, 0, "M1", 101, "李师傅", courier_signed=True, missing=(W[0],)))
    async with at_the_shelves(world) as till:
        await beside(till, 3)
        await till.keys("enter")
        assert "才 0 天, 过了 7 天才能认定丢失" in till.shown
        assert "1 认定" not in till.shown, "what cannot be is not asked"
        world.clock.forward(days=8)
        till.app.desk.touched_at = world.clock()  # somebody has stood here all the time
        await till.tick()
        till.later()
        await till.keys("enter", "1")
        await till.until(lambda: "已认定丢失" in till.shown)
    assert [one.days for one in facts(world, ParcelLost)] == [8]
    assert places(world) == {W[0]: Place.LOST}


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_acceptance_takes_document_inspection_and_postage(world, size, language):
    async with at_the_shelves(world, size=size, language=language) as till:
        await beside(till, 4)
        await till.scan("RR123456785CN")
        await till.keys("1")
        await till.type("张三")
        await till.keys("enter")
        await till.type("11010519491231002x")
        await till.keys("enter")
        assert "11010519491231002" not in till.shown
        await till.keys("1")
        await till.type("12")
        await till.keys("enter", "plus")
        await till.until(lambda: "RR123456785CN" in till.shown and "12.00" in till.shown)
        assert max(map(columns, till.rows())) <= size[0]
    (accepted,) = facts(world, ParcelAccepted)
    assert (accepted.sender, accepted.identity_tail, accepted.postage_fen) == ("*三", "002X", 1_200)


@pytest.mark.parametrize(
    "keys",
    [
        ("0",),
        ("1", *"张三", "enter", *"110105194912310021", "enter"),
        ("1", *"张三", "enter", *"11010519491231002x", "enter", "0"),
    ],
    ids=["no document", "wrong check character", "not inspected"],
)
async def test_without_document_or_inspection_nothing_is_accepted(world, keys):
    async with at_the_shelves(world) as till:
        await beside(till, 4)
        await till.scan("RR123456785CN")
        await till.keys(*keys)
    assert facts(world, ParcelAccepted) == []
    assert world.rows("SELECT count(*) FROM parcels") == [(0,)]


async def test_accepted_items_go_to_the_courier_against_both_signatures(world):
    name_courier(world)
    async with at_the_shelves(world) as till:
        await beside(till, 4)
        await till.scan("RR123456785CN")
        await till.keys("1", *"张三", "enter", *"11010519491231002x", "enter", "1", *"12", "enter", "plus")
        await till.keys("escape", "escape")
        await beside(till, 5)
        await till.scan("RR123456785CN")
        await till.keys("plus")
        await both_sign(till)
        await till.until(lambda: "1 件已交投递员" in till.shown)
    assert [one.waybill for one in facts(world, UpliftSigned)[0].parcels] == ["RR123456785CN"]
    assert places(world) == {"RR123456785CN": Place.COURIER}
