"""What may be done with a parcel at the counter: decided by the real register over a real database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from station_journal.accounts import Account
from station_journal.facts.parcel_terms import ParcelTermsSet, ReminderDay
from station_journal.facts.parcels import (
    CaseCause,
    ConsentScope,
    ConsentSource,
    DamageLeg,
    GivenBack,
    IdentityShown,
    ParcelCondition,
    ParcelProduct,
    Place,
    ReturnedParcel,
    ReturnReason,
)
from station_pos.commands.outcome import Refusal
from station_pos.commands.parcel_orders import (
    AcceptParcel,
    Agent,
    DeclareLost,
    GiveConsent,
    NoteFailedTry,
    OpenParcelCase,
    RefuseParcel,
    ReshelveParcel,
    ReturnCod,
    ReturnParcels,
    ScanInParcel,
    SignBatch,
    SignUplift,
)
from tests.factories.parcels import line
from tests.station_pos.parcels.shop import COURIER, RR, Shop, refusal
from tests.station_pos.world import CLERK

W1, W2, W3 = "YT0000000078124", "JT0000000090337", "9800000055102"


def journal_length(shop: Shop) -> int:
    return int(shop.world.rows("SELECT count(*) FROM journal WHERE side='S'")[0][0])


def balance(shop: Shop, account: Account, party: str = "") -> int:
    found = shop.world.rows(f"SELECT balance_fen FROM balances WHERE account={int(account)} AND party='{party}'")
    return int(found[0][0]) if found else 0


class TestReceiving:
    def test_an_item_is_taken_in_once_under_a_free_code(self, shop: Shop):
        shop.announce(line(W1), line(W2))
        batch_no = shop.scan_in(W1, "A-01-001").seq
        assert refusal(shop.scan_in(W1, "A-01-002", batch_no)) is Refusal.PARCEL_ALREADY_RECEIVED
        assert refusal(shop.scan_in(W2, "A-01-001", batch_no)) is Refusal.CODE_NOT_FREE
        assert refusal(shop.scan_in("RR123456784CN", "A-01-002", batch_no)) is Refusal.WAYBILL_FORM_WRONG
        assert refusal(shop.scan_in(W2, "A-01-002", batch_no, phone="12")) is Refusal.PHONE_FORM_WRONG
        assert shop.totals() == {Place.SHELF: 1, Place.EXPECTED: 1}

    def test_a_batch_that_agrees_is_signed_once_by_the_operator(self, shop: Shop):
        shop.announce(line(W1))
        batch_no = shop.scan_in(W1, "A-01-001").seq
        sign = SignBatch(CLERK, batch_no, "M1", COURIER, "李师傅", courier_signed=False)
        assert refusal(shop.execute(sign)) is None
        assert refusal(shop.execute(sign)) is Refusal.BATCH_CLOSED
        assert refusal(shop.scan_in(W2, "A-01-002", batch_no)) is Refusal.BATCH_CLOSED

    def test_a_difference_takes_the_couriers_signature(self, shop: Shop):
        shop.announce(line(W1), line(W2))
        batch_no = shop.scan_in(W1, "A-01-001").seq
        differs = SignBatch(
            CLERK,
            batch_no,
            "M1",
            COURIER,
            "李师傅",
            courier_signed=False,
            missing=(W2,),
            given_back=((W3, GivenBack.NOT_ANNOUNCED),),
        )
        assert refusal(shop.execute(differs)) is Refusal.COURIER_MUST_SIGN
        signed = SignBatch(
            CLERK,
            batch_no,
            "M1",
            COURIER,
            "李师傅",
            courier_signed=True,
            missing=(W2,),
            given_back=((W3, GivenBack.NOT_ANNOUNCED),),
        )
        assert refusal(shop.execute(signed)) is None
        assert shop.totals() == {Place.SHELF: 1, Place.MISSING: 1, Place.COURIER: 1}

    @pytest.mark.parametrize("difference", ["damaged", "unannounced"])
    def test_damage_alone_or_an_item_too_many_takes_the_couriers_signature(self, shop: Shop, difference: str):
        shop.announce(line(W1))
        damaged = ParcelCondition.DAMAGED_BEFORE if difference == "damaged" else ParcelCondition.WHOLE
        order = ScanInParcel(CLERK, 0, W1, "A-01-001", "POST", "*三", "1386621", damaged)
        batch_no = shop.execute(order).seq
        if difference == "unannounced":
            shop.scan_in(W2, "A-01-002", batch_no)
        unsigned = SignBatch(CLERK, batch_no, "M1", COURIER, "李师傅", courier_signed=False)
        assert refusal(shop.execute(unsigned)) is Refusal.COURIER_MUST_SIGN
        assert refusal(shop.execute(replace(unsigned, courier_signed=True))) is None

    def test_a_missing_item_that_comes_later_is_taken_in(self, shop: Shop):
        shop.announce(line(W1))
        shop.execute(SignBatch(CLERK, 0, "M1", COURIER, "李师傅", courier_signed=True, missing=(W1,)))
        assert refusal(shop.scan_in(W1, "A-01-001")) is None
        assert shop.totals() == {Place.SHELF: 1}


class TestHandOff:
    def test_takes_the_right_scan(self, shop: Shop):
        shop.scan_in(W1, "A-01-001")
        assert refusal(shop.hand_off(W1, scans=(W2,))) is Refusal.SCAN_MISMATCH
        assert refusal(shop.hand_off(W1, scans=("a01001",))) is None
        assert refusal(shop.hand_off(W1)) is Refusal.PARCEL_ELSEWHERE

    def test_cash_on_delivery_beyond_the_credit_is_refused_before_anything_happens(self, shop: Shop):
        shop.announce(line(W1, 30_001))
        shop.scan_in(W1, "A-01-001")
        before = journal_length(shop)
        assert refusal(shop.hand_off(W1, tendered_fen=40_000)) is Refusal.CREDIT_TOO_LOW
        assert journal_length(shop) == before
        assert shop.where(W1) is Place.SHELF
        assert balance(shop, Account.DRAWER) == 0

    def test_cash_on_delivery_is_exact_and_consumes_credit(self, shop: Shop):
        shop.announce(line(W1, 19_900), line(W2))
        shop.scan_in(W1, "A-01-001")
        shop.scan_in(W2, "A-01-002")
        assert refusal(shop.hand_off(W1, W2, tendered_fen=19_899)) is Refusal.TENDER_TOO_LOW
        assert refusal(shop.hand_off(W2, tendered_fen=100)) is Refusal.AMOUNT_OUT_OF_RANGE
        assert refusal(shop.hand_off(W1, W2, tendered_fen=20_000)) is None
        assert balance(shop, Account.DRAWER) == 19_900
        assert balance(shop, Account.CREDIT_FREE) == 10_100
        assert balance(shop, Account.COD_PAYABLE, "JLG") == 19_900

    def test_cash_on_delivery_goes_back_on_its_day_once_the_item_is_here_again(self, shop: Shop):
        shop.announce(line(W1, 19_900))
        shop.scan_in(W1, "A-01-001")
        assert refusal(shop.execute(ReturnCod(CLERK, W1))) is Refusal.NOTHING_TO_DO
        shop.hand_off(W1, tendered_fen=20_000)
        assert refusal(shop.execute(ReturnCod(CLERK, W1))) is Refusal.PARCEL_ELSEWHERE
        shop.execute(OpenParcelCase(CLERK, W1, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE))
        shop.execute(ReshelveParcel(CLERK, W1, "A-01-002"))
        given_back = shop.execute(ReturnCod(CLERK, W1))
        assert refusal(given_back) is None
        assert given_back.print_jobs
        assert balance(shop, Account.DRAWER) == balance(shop, Account.COD_PAYABLE, "JLG") == 0
        assert balance(shop, Account.CREDIT_FREE) == 30_000
        assert refusal(shop.execute(ReturnCod(CLERK, W1))) is Refusal.NOTHING_TO_DO
        assert refusal(shop.hand_off(W1, tendered_fen=0)) is Refusal.TENDER_TOO_LOW
        assert refusal(shop.hand_off(W1, tendered_fen=19_900)) is None
        shop.execute(OpenParcelCase(CLERK, W1, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE))
        shop.world.clock.forward(days=1)
        assert refusal(shop.execute(ReturnCod(CLERK, W1))) is Refusal.COD_RETURN_TOO_LATE
        assert balance(shop, Account.COD_PAYABLE, "JLG") == 19_900

    def test_a_registered_item_takes_a_document(self, shop: Shop):
        shop.announce(line(W1, registered=True))
        shop.scan_in(W1, "A-01-001")
        assert refusal(shop.hand_off(W1)) is Refusal.IDENTITY_NEEDED
        shown = shop.hand_off(W1, identity=IdentityShown.RESIDENT_ID, identity_tail="001X")
        assert refusal(shown) is None

    def test_an_agent_is_named_with_the_tail_of_a_phone(self, shop: Shop):
        shop.scan_in(W1, "A-01-001")
        assert refusal(shop.hand_off(W1, agent=Agent("李四", "家人", "12"))) is Refusal.AGENT_INCOMPLETE
        assert refusal(shop.hand_off(W1, agent=Agent("李四", "家人", "0073"))) is None

    def test_five_wrong_tries_lock_the_code_until_a_new_label(self, shop: Shop):
        shop.scan_in(W1, "A-01-001")
        for _ in range(5):
            shop.execute(NoteFailedTry(CLERK, W1))
        assert refusal(shop.execute(NoteFailedTry(CLERK, W1))) is Refusal.CODE_LOCKED
        assert refusal(shop.hand_off(W1)) is Refusal.CODE_LOCKED
        assert refusal(shop.execute(ReshelveParcel(CLERK, W1, "B-02-007"))) is None
        assert refusal(shop.hand_off(W1)) is None

    def test_a_code_rests_for_thirty_days(self, shop: Shop):
        shop.scan_in(W1, "A-01-001")
        shop.hand_off(W1)
        shop.world.clock.forward(days=29)
        assert refusal(shop.scan_in(W2, "A-01-001")) is Refusal.CODE_NOT_FREE
        shop.world.clock.forward(days=1)
        assert refusal(shop.scan_in(W2, "A-01-001")) is None


class TestWhatIsNotCollected:
    def test_goes_back_with_both_signatures_and_books_nothing(self, shop: Shop):
        shop.announce(line(W1, 19_900))
        shop.scan_in(W1, "A-01-001")
        assert refusal(shop.execute(RefuseParcel(CLERK, W1))) is None
        parcels = (ReturnedParcel(W1, ReturnReason.REFUSED),)
        unsigned = ReturnParcels(CLERK, COURIER, "李师傅", courier_signed=False, parcels=parcels)
        assert refusal(shop.execute(unsigned)) is Refusal.COURIER_MUST_SIGN
        twice = ReturnParcels(CLERK, COURIER, "李师傅", courier_signed=True, parcels=parcels * 2)
        assert refusal(shop.execute(twice)) is Refusal.SCANNED_TWICE
        assert (
            refusal(shop.execute(ReturnParcels(CLERK, COURIER, "李师傅", courier_signed=True, parcels=parcels))) is None
        )
        assert shop.where(W1) is Place.COURIER
        assert balance(shop, Account.DRAWER) == 0

    @pytest.mark.parametrize(
        ("product", "limit"), [(ParcelProduct.JD, 7), (ParcelProduct.TV_SHOP, 15), (ParcelProduct.ORDINARY, 20)]
    )
    def test_is_lost_only_after_its_days_and_by_a_person(self, shop: Shop, product: ParcelProduct, limit: int):
        shop.announce(line(W1, product=product))
        shop.execute(SignBatch(CLERK, 0, "M1", COURIER, "李师傅", courier_signed=True, missing=(W1,)))
        shop.world.clock.forward(days=limit)
        assert refusal(shop.execute(DeclareLost(CLERK, W1, 20))) is Refusal.NOT_LOST_YET
        shop.world.clock.forward(days=1)
        assert shop.where(W1) is Place.MISSING
        assert refusal(shop.execute(DeclareLost(CLERK, W1, 20))) is None
        assert shop.where(W1) is Place.LOST

    def test_is_lost_by_the_days_that_hq_set_whatever_a_screen_says(self, shop: Shop):
        shop.announce(line(W1))
        shop.execute(SignBatch(CLERK, 0, "M1", COURIER, "李师傅", courier_signed=True, missing=(W1,)))
        shop.world.from_hq(ParcelTermsSet((ReminderDay(1),), 15, 20, asks_phone=False))
        shop.world.clock.forward(days=20)
        assert refusal(shop.execute(DeclareLost(CLERK, W1, 7))) is Refusal.NOT_LOST_YET
        shop.world.clock.forward(days=1)
        assert refusal(shop.execute(DeclareLost(CLERK, W1, 30))) is None

    def test_damage_found_on_the_shelf_is_under_dispute_and_not_handed_off(self, shop: Shop):
        shop.scan_in(W1, "A-01-001")
        shop.execute(OpenParcelCase(CLERK, W1, CaseCause.DAMAGED, DamageLeg.AT_STATION))
        assert refusal(shop.hand_off(W1)) is Refusal.PARCEL_ELSEWHERE
        assert shop.totals() == {Place.CASE: 1}


def test_consent_given_once_for_all_counts_for_the_next_item(shop: Shop):
    shop.scan_in(W1, "A-01-001")
    assert not shop.parcel(W1).has_consent
    shop.execute(GiveConsent(CLERK, W1, ConsentScope.STANDING, ConsentSource.BY_PHONE))
    shop.scan_in(W2, "A-01-002")
    assert shop.parcel(W1).has_consent
    assert shop.parcel(W2).has_consent


class TestAcceptance:
    def order(self, **changes) -> AcceptParcel:
        values = {
            "operator_no": CLERK,
            "waybill": RR,
            "carrier": "POST",
            "sender_name": "张三",
            "identity": IdentityShown.RESIDENT_ID,
            "document_no": "11010519491231002X",
            "document_name": "",
            "inspected": True,
            "postage_fen": 1_200,
            "tendered_fen": 2_000,
            **changes,
        }
        return AcceptParcel(**values)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"waybill": "RR123456784CN"}, Refusal.WAYBILL_FORM_WRONG),
            ({"document_no": "110105194912310021"}, Refusal.IDENTITY_NEEDED),
            ({"identity": IdentityShown.NONE}, Refusal.IDENTITY_NEEDED),
            ({"document_name": "李四"}, Refusal.IDENTITY_MISMATCH),
            ({"inspected": False}, Refusal.NOT_INSPECTED),
            ({"postage_fen": 30_001, "tendered_fen": 30_001}, Refusal.CREDIT_TOO_LOW),
            ({"tendered_fen": 1_199}, Refusal.TENDER_TOO_LOW),
        ],
    )
    def test_is_refused_with_nothing_recorded(self, shop: Shop, changes, reason: Refusal):
        before = journal_length(shop)
        assert refusal(shop.execute(self.order(**changes))) is reason
        assert journal_length(shop) == before

    def test_keeps_four_characters_of_the_document_and_a_masked_name(self, shop: Shop):
        fact = shop.execute(self.order()).facts[0]
        assert (fact.sender, fact.identity_tail) == ("*三", "002X")
        journal = b"".join(data for (data,) in shop.world.rows("SELECT bytes FROM journal"))
        assert b"11010519491231002X" not in journal
        assert "张三".encode() not in shop.world.rows("SELECT bytes FROM journal ORDER BY seq DESC LIMIT 1")[0][0]
        assert refusal(shop.execute(self.order())) is Refusal.PARCEL_ALREADY_RECEIVED
        assert balance(shop, Account.POSTAGE_PAYABLE, "POST") == 1_200

    def test_goes_to_the_courier_against_both_signatures(self, shop: Shop):
        shop.execute(self.order())
        assert refusal(shop.execute(SignUplift(CLERK, COURIER, "李师傅", False, (RR,)))) is Refusal.COURIER_MUST_SIGN
        assert refusal(shop.execute(SignUplift(CLERK, COURIER, "李师傅", True, (RR,)))) is None
        assert shop.where(RR) is Place.COURIER


def test_no_more_than_the_rule_allows_is_kept_of_a_person_whatever_a_screen_hands_over(shop: Shop):
    shop.announce(line(W1))
    shop.scan_in(W1, "A-01-001", recipient="李四光")
    assert shop.parcel(W1).recipient == "*四光"
    number = "51078119880101001X"
    whole = shop.hand_off(W1, identity=IdentityShown.RESIDENT_ID, identity_tail=number)
    assert refusal(whole) is Refusal.IDENTITY_NEEDED
    assert refusal(shop.hand_off(W1, identity=IdentityShown.RESIDENT_ID, identity_tail="001X")) is None
    written = b"".join(data for (data,) in shop.world.rows("SELECT bytes FROM journal"))
    assert number.encode() not in written
    assert "李四光".encode() not in written


def test_one_row_of_the_list_of_items_that_is_gone_is_noticed_at_the_next_start(shop: Shop):
    shop.scan_in(W1, "A-01-001")
    shop.scan_in(W2, "A-01-002")
    with shop.world.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM parcels WHERE waybill=?", (W1,))
    shop.world.reopen()
    assert shop.world.rows("SELECT code FROM parcels ORDER BY code") == [("A-01-001",), ("A-01-002",)]
