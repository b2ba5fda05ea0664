"""F6 and F4 over the real register: exact keys, committed records, papers and bells."""

from __future__ import annotations

import re

import pytest

from station_journal.facts.parcel_terms import ParcelTermsSet, ReminderDay
from station_journal.facts.parcels import (
    CodReturned,
    ConsentRevoked,
    Found,
    GivenBack,
    HandedParcel,
    IdentityShown,
    ParcelCaseOpened,
    ParcelRefused,
    ParcelReshelved,
    ParcelScannedIn,
    ParcelsHandedOff,
    ParcelsReceived,
    PickupTryFailed,
    Place,
)
from station_journal.side import Side
from station_pos.commands.orders import IssueCopy
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.parcel_orders import HandOffParcels
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.register.inspection import export
from station_pos.services.parcels import ParcelTerms
from station_pos.text import Language
from tests.factories.parcels import line
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns
from tests.station_pos.tui.parcel_till import COURIER_PIN, announce, at_the_shelves, name_courier, shelve
from tests.station_pos.tui.test_over_the_register import PIN, world

__all__ = ["world"]
W = [f"YT00000000{number:05d}" for number in range(70_000, 70_040)]


def facts(world, kind):
    from station_journal.codec import decode
    from station_journal.side import Side

    rows = world.rows("SELECT bytes FROM journal WHERE side='S' ORDER BY seq")
    found = [decode(data, Side.STATION).fact for (data,) in rows]
    return [fact for fact in found if isinstance(fact, kind)]


def receiving_slip(world, *, copied=False):
    """Give the text of the slip that both sides signed, or of a copy of it."""
    if copied:
        world.accepted(IssueCopy(1, world.register.head(Side.STATION).seq))
    found = world.rows(f"SELECT paper FROM print_jobs WHERE title='收件交接单' AND copy_no={int(copied)}")
    text = to_text(from_bytes(found[0][0]))
    return text if copied else text[: len(text) // 2]


def places(world):
    return {waybill: Place(place) for waybill, place in world.rows("SELECT waybill, place FROM parcels")}


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_receiving_twenty_takes_three_keys_and_twenty_scans(world, size, language):
    name_courier(world)
    announce(world, *((line(waybill), "张三", f"1380000{place:04d}") for place, waybill in enumerate(W[:20])))
    async with at_the_shelves(world, size=size, language=language) as till:
        await till.keys("f6")
        for waybill in W[:20]:
            await till.scan(waybill)
        await till.keys("plus", "enter")
        assert till.keys_pressed == 3
        assert max(map(columns, till.rows())) <= size[0]
    received = facts(world, ParcelsReceived)
    assert [(one.manifest_no, one.courier_no, one.missing, one.given_back) for one in received] == [("M1", 101, (), ())]
    scanned = facts(world, ParcelScannedIn)
    assert [one.waybill for one in scanned] == W[:20]
    assert len({one.code for one in scanned}) == 20
    assert (scanned[3].recipient, scanned[3].phone) == ("*三", "1380003")
    assert world.rows("SELECT count(*) FROM print_jobs WHERE kind='label'") == [(20,)]
    assert world.rows("SELECT count(*) FROM print_jobs WHERE title IN ('收件交接单', 'RECEIVING SLIP')") == [(1,)]


async def test_what_is_missing_extra_and_damaged_takes_both_signatures(world):
    name_courier(world)
    announce(world, *((line(waybill), "张三", "13800006621") for waybill in W[:3]))
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        await till.scan(W[0])
        await till.keys("minus")
        await till.scan(W[1])
        await till.scan(W[10])
        assert "不在预报里" in till.shown
        await till.keys("3")
        await till.scan(W[11])
        await till.keys("1")
        await till.type("0073")
        await till.keys("enter")
        await till.scan(W[0])
        assert "刚才扫过" in till.shown
        await till.keys("plus")
        assert "少 1" in till.shown
        await till.keys("enter")
        await till.type("000000")
        await till.keys("enter")
        await till.until(lambda: "密码不对" in till.shown)
        await till.type(COURIER_PIN)
        await till.keys("enter")
        await till.until(lambda: "站方" in till.shown)
        await till.type(PIN)
        await till.keys("enter")
        await till.until(lambda: "已签收" in till.shown)
    (received,) = facts(world, ParcelsReceived)
    assert received.courier_signed
    assert [one.waybill for one in received.missing] == [W[2]]
    assert [(one.waybill, one.why) for one in received.given_back] == [(W[10], GivenBack.WRONG_STATION)]
    damaged = [one.waybill for one in facts(world, ParcelScannedIn) if one.condition.name == "DAMAGED_BEFORE"]
    assert damaged == [W[1]]
    paper, copy = receiving_slip(world), receiving_slip(world, copied=True)
    assert re.findall(r"(收下入架|少件|外箱破损|预报外收下|当场退回).*?共 (\d+) 件", paper) == [
        ("收下入架", "3"),
        ("少件", "1"),
        ("外箱破损", "1"),
        ("预报外收下", "1"),
        ("当场退回", "1"),
    ]
    assert re.findall(r"YT\d{13}", paper) == [W[2], W[1], W[11], W[10]]
    assert "送错站" in paper
    assert re.findall(r"YT\d{13}", copy) == [W[2], W[1], W[11], W[10]] * 2
    assert "补打" in copy
    assert places(world) == {
        W[0]: Place.SHELF,
        W[1]: Place.SHELF,
        W[2]: Place.MISSING,
        W[10]: Place.COURIER,
        W[11]: Place.SHELF,
    }


@pytest.mark.parametrize("difference", ["damaged", "extra"])
async def test_damage_alone_or_one_item_too_many_takes_both_signatures(world, difference):
    name_courier(world)
    announce(world, (line(W[0]), "张三", "13800006621"))
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        if difference == "damaged":
            await till.keys("minus")
        await till.scan(W[0])
        if difference == "extra":
            await till.scan(W[11])
            await till.keys("1")
            await till.type("0073")
            await till.keys("enter")
        await till.keys("plus", "enter")
        await till.until(lambda: "投递员 李师傅 密码" in till.shown)
    assert facts(world, ParcelsReceived) == []


async def test_a_batch_cut_off_goes_on_where_it_was(world):
    name_courier(world)
    announce(world, *((line(waybill), "张三", "13800006621") for waybill in W[:2]))
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        await till.scan(W[0])
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        assert "接着办" in till.shown
        await till.scan(W[1])
        await till.keys("plus", "enter")
    assert len(facts(world, ParcelsReceived)) == 1
    assert len({one.batch_no for one in facts(world, ParcelScannedIn)}) == 1


async def test_a_manifest_without_its_contacts_asks_for_the_phone(world):
    name_courier(world)
    announce(world, (line(W[0]), "张三", "13800006621"), with_contacts=False)
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        await till.scan(W[0])
        await till.type("6621")
        await till.keys("enter")
    assert [(one.recipient, one.phone) for one in facts(world, ParcelScannedIn)] == [("", "6621")]


async def test_an_unannounced_item_is_not_shelved_without_a_phone_by_one_enter_too_many(world):
    name_courier(world)
    announce(world, (line(W[0]), "张三", "13800006621"))
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        await till.scan(W[10])
        await till.keys("1", "enter", "enter")
        assert "还没入库" in till.shown
        assert facts(world, ParcelScannedIn) == []
        await till.keys("plus")
    assert [(one.waybill, one.phone) for one in facts(world, ParcelScannedIn)] == [(W[10], "")]


async def test_garbage_and_a_wrong_check_digit_take_nothing_in(world):
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        await till.scan("RR123456784CN")
        assert "不是运单号" in till.shown
        await till.scan("******************")
    assert facts(world, ParcelScannedIn) == []


async def test_an_item_handed_off_by_mistake_is_shelved_again_by_one_key(world):
    shelve(world, W[0], "A-01-001")
    async with at_the_shelves(world) as till:
        await till.type("101001")
        await till.keys("enter")
        await till.scan(W[0])
        assert places(world) == {W[0]: Place.CUSTOMER}
        await till.keys("f6")
        await till.scan(W[0])
        assert "早已交出" in till.shown
        await till.keys("1")
        await till.until(lambda: "新标签已打" in till.row(6))
    assert places(world) == {W[0]: Place.SHELF}
    assert [one.cause.name for one in facts(world, ParcelCaseOpened)] == ["CONTESTED"]


def use_up_the_codes(world, till, shelves="A:1x9"):
    """Let every pickup code of one level have an item, or have had one lately."""
    till.counter.parcels.use(ParcelTerms(shelves=shelves))
    codes = [(f"A-01-{serial:03d}", "A-01", serial, 0) for serial in range(1, 1_000)]
    insert = "INSERT OR REPLACE INTO pickup_codes VALUES (?, ?, ?, ?)"
    world.register.write(lambda connection: [connection.exec_driver_sql(insert, one) for one in codes] and None)


async def test_an_item_brought_back_where_no_code_is_free_is_said_and_the_counter_goes_on(world):
    shelve(world, W[0], "A-01-001")
    async with at_the_shelves(world) as till:
        await till.type("101001")
        await till.keys("enter")
        await till.scan(W[0])
        use_up_the_codes(world, till)
        await till.keys("escape", "f6")
        await till.scan(W[0])
        await till.keys("1")
        await till.until(lambda: "没有空的取件码" in till.shown)
        await till.keys("escape")
    assert [one.cause.name for one in facts(world, ParcelCaseOpened)] == ["CONTESTED"]
    assert facts(world, ParcelReshelved) == []


class TestPickup:
    async def test_a_level_without_a_free_code_leaves_the_item_to_one_that_has_some(self, world):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            use_up_the_codes(world, till, "A:1x9 B:1x1")
            await till.keys("minus", "5")
            await till.until(lambda: "B-01-001" in till.shown)
        assert [one.code for one in facts(world, ParcelReshelved)] == ["B-01-001"]

    async def test_a_new_label_where_no_code_is_free_is_refused_and_the_counter_goes_on(self, world):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            use_up_the_codes(world, till)
            await till.keys("minus", "5")
            await till.until(lambda: "没有空的取件码" in till.shown)
            await till.keys("escape")
            await till.scan(W[0])
        assert facts(world, ParcelReshelved) == []
        assert places(world) == {W[0]: Place.CUSTOMER}

    @pytest.mark.parametrize("size", [NARROW, WIDE])
    @pytest.mark.parametrize("language", list(Language))
    async def test_a_hand_off_by_code_takes_seven_keys_and_a_scan(self, world, size, language):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world, size=size, language=language) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.scan(W[0])
            assert till.keys_pressed == 7
            assert max(map(columns, till.rows())) <= size[0]
        (handed,) = facts(world, ParcelsHandedOff)
        assert [(one.waybill, one.scanned) for one in handed.parcels] == [(W[0], W[0])]
        assert handed.collected_fen == 0
        assert places(world) == {W[0]: Place.CUSTOMER}
        assert world.rows("SELECT count(*) FROM print_jobs WHERE kind='slip' AND title LIKE '%代收货款%'") == [(0,)]

    async def test_an_item_of_another_customer_is_not_handed_off(self, world):
        shelve(world, W[0], "A-01-001")
        shelve(world, W[1], "B-01-113", phone="1590073", recipient="*四")
        async with at_the_shelves(world) as till:
            await till.keys("f4")
            await till.type("6621")
            await till.keys("enter")
            await till.bells_over()
            await till.scan(W[1])
            assert "放回 B-01-113" in till.shown
            await till.until(lambda: len(till.bells) == 2)
        assert facts(world, ParcelsHandedOff) == []

    async def test_three_items_are_handed_off_as_far_as_they_were_checked(self, world):
        for number in range(3):
            shelve(world, W[number], f"A-01-00{number + 1}")
        async with at_the_shelves(world) as till:
            await till.keys("f4")
            await till.type("6621")
            await till.keys("enter")
            await till.scan(W[0])
            await till.type("101003")
            await till.keys("enter")
            await till.keys("plus")
        assert places(world) == {W[0]: Place.CUSTOMER, W[1]: Place.SHELF, W[2]: Place.CUSTOMER}

    async def test_cash_on_delivery_is_collected_before_the_item_leaves(self, world):
        announce(world, (line(W[0], 19_900), "张三", "13800006621"))
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.scan(W[0])
            assert "199.00" in till.shown
            assert facts(world, ParcelsHandedOff) == []
            await till.type("200")
            await till.keys("enter")
            await till.until(lambda: "找零 1.00" in till.shown)
        (handed,) = facts(world, ParcelsHandedOff)
        assert (handed.collected_fen, handed.tendered_fen) == (19_900, 20_000)
        paper = world.rows("SELECT paper FROM print_jobs WHERE title='代收货款收据'")[0][0].decode()
        assert "199.00" in paper
        assert "壹佰玖拾玖元整" in paper

    async def test_an_item_brought_back_gives_the_cash_back_on_the_same_day(self, world):
        announce(world, (line(W[0], 19_900), "张三", "13800006621"))
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.scan(W[0])
            await till.keys("plus")
            await till.until(lambda: "代收 199.00" in till.shown)
            await till.keys("escape", "f6")
            await till.scan(W[0])
            await till.keys("1")
            await till.until(lambda: "收过货款 199.00" in till.shown)
            code = world.rows("SELECT code FROM parcels")[0][0]
            await till.keys("escape", "f4")
            await till.type(code)
            await till.keys("enter")
            assert "已收过货款 199.00" in till.shown
            await till.keys("minus", "8")
            await till.until(lambda: "退还货款 199.00" in till.shown)
            assert "已收过货款" not in till.shown
        assert [one.amount_fen for one in facts(world, CodReturned)] == [19_900]
        paper = to_text(from_bytes(world.rows("SELECT paper FROM print_jobs WHERE title='代收货款退款凭条'")[0][0]))
        assert "退还 199.00" in paper
        assert "顾客签字" in paper

    async def test_a_standing_consent_is_taken_back_by_two_keys(self, world):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter", "minus", "9")
            await till.until(lambda: "已经是这样" in till.shown)
            await till.keys("7")
            await till.until(lambda: "已记同意放站" in till.shown)
            await till.keys("minus", "9")
            await till.until(lambda: "收回同意" in till.shown)
        assert [(one.recipient, one.phone) for one in facts(world, ConsentRevoked)] == [("*三", "1386621")]

    async def test_much_change_asks_for_the_cash_once_more(self, world):
        announce(world, (line(W[0], 19_900), "张三", "13800006621"))
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.scan(W[0])
            await till.type("2000")
            await till.keys("enter")
            assert "再输一次" in till.shown
            assert facts(world, ParcelsHandedOff) == []
            await till.type("200")
            await till.keys("enter")
            await till.until(lambda: "找零 1.00" in till.shown)

    async def test_cash_on_delivery_beyond_the_credit_says_so_and_keeps_the_item(self, world):
        announce(world, (line(W[0], 90_000_000), "张三", "13800006621"))
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.scan(W[0])
            await till.keys("plus")
            await till.until(lambda: "额度还差" in till.shown)
        assert places(world)[W[0]] is Place.SHELF

    async def test_a_tail_that_fits_nine_people_shows_nobody_and_asks_for_more(self, world):
        for number in range(9):
            shelve(world, W[number], f"A-01-00{number + 1}", phone=f"13{number}6621", recipient="*三")
        async with at_the_shelves(world) as till:
            await till.keys("f4")
            await till.type("6621")
            await till.keys("enter")
            assert "9 位顾客" in till.shown
            assert "A-01-00" not in till.shown
            await till.type("13400006621")
            await till.keys("enter")
            assert "A-01-005" in till.shown

    async def test_a_registered_item_takes_four_characters_of_a_document(self, world):
        announce(world, (line(W[0], registered=True), "张三", "13800006621"))
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.scan(W[0])
            await till.keys("1")
            await till.type("002x")
            await till.keys("enter")
        (handed,) = facts(world, ParcelsHandedOff)
        assert (handed.identity.name, handed.identity_tail) == ("RESIDENT_ID", "002X")

    async def test_an_agent_is_noted_with_relation_and_tail(self, world):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter", "minus", "1")
            await till.type("0073")
            await till.keys("enter", "2", "enter")
            await till.scan(W[0])
        (handed,) = facts(world, ParcelsHandedOff)
        assert (handed.agent_relation, handed.agent_phone_tail) == ("邻居", "0073")

    @pytest.mark.parametrize(
        ("digit", "kind", "place"),
        [("2", ParcelRefused, Place.SHELF), ("3", ParcelCaseOpened, Place.CASE), ("5", ParcelReshelved, Place.SHELF)],
    )
    async def test_an_item_is_refused_damaged_or_relabelled_by_two_keys(self, world, digit, kind, place):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter", "minus", digit)
        assert len(facts(world, kind)) == 1
        assert places(world) == {W[0]: place}

    async def test_where_the_shop_asks_for_the_phone_five_wrong_tails_lock_the_code(self, world):
        shelve(world, W[0], "A-01-001")
        async with at_the_shelves(world) as till:
            till.counter.parcels.use(ParcelTerms(asks_phone=True))
            await till.type("101001")
            await till.keys("enter")
            for _ in range(5):
                await till.type("0000")
                await till.keys("enter")
            assert len(facts(world, PickupTryFailed)) == 5
            await till.type("6621")
            await till.keys("enter")
            await till.scan(W[0])
            await till.until(lambda: "已锁" in till.shown)
        assert places(world)[W[0]] is Place.SHELF

    async def test_where_hq_asks_for_the_phone_a_code_alone_hands_nothing_off(self, world):
        world.from_hq(ParcelTermsSet((ReminderDay(2),), 7, 30, asks_phone=True))
        shelve(world, W[0], "A-01-001")
        shelve(world, W[1], "A-01-002", phone="")
        order = HandOffParcels(1, (HandedParcel(W[0], W[0]),), Found.PICKUP_CODE, 0, IdentityShown.NONE)
        outcome = world.register.execute(order)
        assert isinstance(outcome, Refused)
        assert outcome.reason is Refusal.PHONE_TAIL_WRONG
        async with at_the_shelves(world) as till:
            await till.type("101001")
            await till.keys("enter")
            await till.type("6621")
            await till.keys("enter")
            await till.scan(W[0])
            assert places(world)[W[0]] is Place.CUSTOMER
            await till.type("101002")
            await till.keys("enter")
            await till.scan(W[1])
            assert "证件" in till.shown, "without a phone a document is the second factor"
            await till.keys("1")
            await till.type("002x")
            await till.keys("enter")
        assert places(world)[W[1]] is Place.CUSTOMER

    async def test_by_the_numpad_alone(self, world):
        shelve(world, W[0], "A-01-001")
        shelve(world, W[1], "A-01-002")
        async with at_the_shelves(world) as till:
            await till.type("/4")
            await till.type("101001")
            await till.keys("enter")
            await till.type("101001")
            await till.keys("enter")
            await till.keys("plus")
        assert places(world) == {W[0]: Place.CUSTOMER, W[1]: Place.SHELF}


@pytest.mark.parametrize(
    ("language", "page"), [(Language.ZH, "第 9 到 11 件, 共 11 件"), (Language.EN, "9 to 11 of 11")]
)
async def test_of_more_items_than_fit_the_marked_one_is_always_on_the_screen(world, language, page):
    batch = 0
    for number in range(11):
        name = "*三" if number < 10 else "*四"
        batch = shelve(world, W[number], f"A-01-{number + 1:03d}", recipient=name, batch_no=batch)
    async with at_the_shelves(world, language=language) as till:
        await till.keys("f4")
        await till.type("6621")
        await till.keys("enter")
        assert "A-01-008" in till.shown
        assert "A-01-009" not in till.shown
        await till.keys("pagedown")
        assert page in till.shown
        assert all(columns(row) <= 80 for row in till.rows())
        await till.type("11")
        await till.keys("enter")
        assert [one.code for one in till.app.screen.job.parcels] == ["A-01-011"]
        await till.keys("escape")
        await till.type("6621")
        await till.keys("enter")
        await till.type("10")
        await till.keys("enter")
        for _ in range(9):
            till.later()
            await till.keys("down")
        assert ">10 [ ] A-01-010" in " ".join(till.shown.split())
        await till.scan(W[8])
        assert ">9 [x] A-01-009" in " ".join(till.shown.split()), "what is done next is about the item in the hand"


async def test_of_two_customers_each_line_says_whose_and_a_waybill_may_be_typed(world):
    for code, waybill, name in (("A-01-001", W[0], "*三"), ("A-01-002", W[1], "*五")):
        shelve(world, waybill, code, recipient=name)
    async with at_the_shelves(world) as till:
        await till.keys("f4")
        await till.type("6621")
        await till.keys("enter")
        assert "2 位顾客" in till.shown
        assert "*三 138****6621" in till.shown
        assert "*五 138****6621" in till.shown
        await till.type("*2")
        assert "*三" not in till.shown
        await till.type(W[1])
        await till.keys("enter")
    (handed,) = facts(world, ParcelsHandedOff)
    assert [(one.waybill, one.scanned) for one in handed.parcels] == [(W[1], W[1])]


def test_an_export_carries_no_name_and_no_phone(world):
    announce(world, (line(W[0]), "赵六", "13800006621"))
    exported = b"".join(export(world.database, world.station_key))
    assert W[0].encode() in exported
    assert "赵六".encode() not in exported
    assert b"13800006621" not in exported
