"""The register over a real database: what is recorded, what is refused, what survives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from station_journal.accounts import Account
from station_journal.posting import CashStatus, PaymentStatus
from station_journal.records import (
    BusinessDayEnded,
    CreditGranted,
    Equipment,
    InvoiceIssued,
    OperatorRole,
    Outcome,
    ReversalAnswered,
    ReversalReason,
    Side,
    TariffPublished,
)
from station_pos.commands.orders import (
    AdoptTariff,
    CloseOutage,
    ConfirmClock,
    EndBusinessDay,
    EnrolOperator,
    IssueCopy,
    IssuePendingSlip,
    RequestReversal,
    ResubmitPayment,
    ReturnCash,
)
from station_pos.commands.outcome import Refusal, Refused
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.store.projections import Projections
from tests.station_pos.world import CLERK, MOBILE, OWNER, START, WATER, World, tariff


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def balance(world, account, party=""):
    with world.database.reading() as connection:
        return Projections(connection, lambda _: None).balance_fen(account, party)


def refusal(world, command):
    head = world.register.head(Side.STATION)
    outcome = world.register.execute(command)
    assert isinstance(outcome, Refused), outcome
    assert world.register.head(Side.STATION) == head, "a refusal records nothing"
    return outcome.reason


def papers(world):
    return [
        (title, copy_no, to_text(from_bytes(paper)))
        for title, copy_no, paper in world.rows("SELECT title, copy_no, paper FROM print_jobs ORDER BY job_no")
    ]


def test_an_online_bill_holds_credit_and_prints_nothing_until_the_biller_confirms(world):
    seq = world.accepted(world.pay()).seq
    assert (balance(world, Account.CREDIT_FREE), balance(world, Account.CREDIT_HELD)) == (92_740, 7_260)
    assert balance(world, Account.DRAWER) == balance(world, Account.CUSTOMER_CASH) == 7_260
    assert papers(world) == []
    world.answer(seq)
    assert balance(world, Account.CREDIT_HELD) == 0
    assert balance(world, Account.BILLER_PAYABLE, "B101") == 7_260
    assert balance(world, Account.SHOP_FUNDS) == 7_260
    [(title, copy_no, text)] = papers(world)
    assert (title, copy_no) == ("代收费收据", 0)
    for part in ("00000001", "5107-0427", "四川电力", "0081234567", "*三", "72.60", "人民币柒拾贰元陆角", "27.40"):
        assert part in text
    assert f"SC{seq:08d}" in text


def test_a_confirmation_that_comes_twice_prints_once(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    world.answer(seq)
    assert len(papers(world)) == 1


def test_the_head_on_the_receipt_is_that_of_the_record_that_issued_it(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    [(issued_seq,)] = world.rows("SELECT receipt_seq FROM payments")
    [(digest,)] = world.rows(f"SELECT digest FROM journal WHERE side='S' AND seq={issued_seq}")
    short = digest[:8].hex().upper()
    assert "-".join(short[i : i + 4] for i in range(0, 16, 4)) in papers(world)[0][2]


def test_a_declined_payment_gives_the_cash_back_once_with_a_slip(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq, Outcome.DECLINED, "户号已销")
    assert balance(world, Account.CREDIT_FREE) == 100_000
    world.accepted(ReturnCash(CLERK, seq))
    assert balance(world, Account.DRAWER) == balance(world, Account.CUSTOMER_CASH) == 0
    assert refusal(world, ReturnCash(CLERK, seq)) is Refusal.CASH_NOT_DUE
    [(title, _, text)] = papers(world)
    assert title == "退款凭条"
    assert "户号已销" in text


def test_an_unknown_result_keeps_the_hold_and_prints_one_pending_slip(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq, Outcome.UNKNOWN)
    world.accepted(IssuePendingSlip(seq))
    assert refusal(world, IssuePendingSlip(seq)) is Refusal.NOTHING_TO_DO
    assert balance(world, Account.CREDIT_HELD) == 7_260
    assert refusal(world, world.pay()) is Refusal.BILL_ALREADY_PAID
    assert refusal(world, world.pay(bill_no="")) is Refusal.SAME_PAYMENT_UNKNOWN
    assert [title for title, _, _ in papers(world)] == ["待定凭条"]


def test_one_operation_takes_effect_once(world):
    command = world.pay()
    first = world.accepted(command)
    again = world.register.execute(command)
    assert again == Refused(Refusal.OPERATION_ALREADY_DONE, (("payment_seq", first.seq),))
    assert balance(world, Account.DRAWER) == 7_260


def test_a_sale_that_does_not_fit_the_credit_is_refused_before_anything_happens(world):
    outcome = world.register.execute(world.pay(amount_fen=100_001, tendered_fen=200_000))
    assert outcome == Refused(Refusal.CREDIT_TOO_LOW, (("free_fen", 100_000), ("short_fen", 1)))
    world.accepted(world.pay(amount_fen=100_000, tendered_fen=100_000))
    assert balance(world, Account.CREDIT_FREE) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"operator_no": 9}, Refusal.OPERATOR_UNKNOWN),
        ({"product_code": 999}, Refusal.PRODUCT_NOT_SOLD),
        ({"account_no": "12"}, Refusal.ACCOUNT_FORM_WRONG),
        ({"payer_name": "\x1bp"}, Refusal.ACCOUNT_FORM_WRONG),
        ({"payer_name": "长" * 65}, Refusal.TEXT_TOO_LONG),
        ({"amount_fen": 0}, Refusal.AMOUNT_OUT_OF_RANGE),
        ({"amount_fen": -1}, Refusal.AMOUNT_OUT_OF_RANGE),
        ({"amount_fen": 500_001}, Refusal.AMOUNT_OUT_OF_RANGE),
        ({"tendered_fen": 7_259}, Refusal.TENDER_TOO_LOW),
        ({"tendered_fen": 10**15}, Refusal.AMOUNT_OUT_OF_RANGE),
        ({"offline": True}, Refusal.OFFLINE_NOT_ALLOWED),
    ],
)
def test_a_payment_that_breaks_a_rule_is_refused(world, changes, reason):
    assert refusal(world, world.pay(**changes)) is reason


def test_the_fee_of_the_tariff_is_part_of_what_is_paid_and_held(world):
    command = world.pay(product_code=WATER, amount_fen=3_120, tendered_fen=3_169)
    assert refusal(world, command) is Refusal.TENDER_TOO_LOW
    world.accepted(replace(command, tendered_fen=3_170))
    assert balance(world, Account.CREDIT_HELD) == 3_170


def test_offline_sales_are_final_at_once_and_end_with_the_allowance(world):
    world.link_down()
    for number in range(3):
        outcome = world.accepted(world.pay(offline=True, account_no=f"{number:010d}"))
        assert outcome.payment.receipt_no == number + 1
    assert refusal(world, world.pay(offline=True, account_no="9" * 10)) is Refusal.OFFLINE_ALLOWANCE_USED
    assert refusal(world, world.pay(product_code=WATER, offline=True)) is Refusal.OFFLINE_NOT_ALLOWED
    assert len(papers(world)) == 3
    assert "断网先收" in papers(world)[0][2]
    world.accepted(CloseOutage(Equipment.LINK))
    assert refusal(world, world.pay(offline=True, account_no="9" * 10)) is Refusal.OFFLINE_NOT_ALLOWED


def test_a_line_that_comes_back_for_a_moment_does_not_renew_an_offline_allowance(world):
    world.link_down()
    taken = [world.accepted(world.pay(account_no=f"{n:010d}", offline=True)).seq for n in range(3)]
    world.accepted(CloseOutage(Equipment.LINK))
    world.link_down()
    again = world.pay(account_no="0000000009", offline=True)
    assert refusal(world, again) is Refusal.OFFLINE_ALLOWANCE_USED
    world.answer(taken[0])
    world.accepted(replace(again, operation_no=world.register.open_operation()))


def test_the_value_and_the_hours_of_an_offline_allowance_count_too(world):
    world.link_down()
    assert refusal(world, world.pay(offline=True, amount_fen=60_001, tendered_fen=70_000)) is (
        Refusal.OFFLINE_ALLOWANCE_USED
    )
    world.clock.forward(hours=25)
    assert refusal(world, world.pay(offline=True)) is Refusal.OFFLINE_ALLOWANCE_USED


def test_an_offline_sale_refused_later_is_refunded_or_sent_again(world):
    world.link_down()
    seq = world.accepted(world.pay(offline=True)).seq
    world.answer(seq, Outcome.DECLINED, "系统维护")
    again = world.accepted(ResubmitPayment(CLERK, world.register.open_operation(), seq))
    assert again.payment.status is PaymentStatus.HELD
    assert balance(world, Account.DRAWER) == 7_260
    assert refusal(world, ReturnCash(CLERK, seq)) is Refusal.CASH_NOT_DUE
    assert refusal(world, ResubmitPayment(CLERK, world.register.open_operation(), seq)) is Refusal.NOT_RESENDABLE
    world.answer(again.seq)
    assert len(papers(world)) == 1, "the receipt was given at the sale"
    assert balance(world, Account.BILLER_PAYABLE, "B101") == 7_260


def test_a_reversal_undoes_a_sale_in_every_account_and_happens_once(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    world.accepted(RequestReversal(CLERK, seq, ReversalReason.WRONG_ACCOUNT))
    assert refusal(world, RequestReversal(CLERK, seq, ReversalReason.WRONG_ACCOUNT)) is Refusal.ALREADY_REVERSED
    world.from_hq(ReversalAnswered(seq, accepted=True, reason=""))
    assert balance(world, Account.CREDIT_FREE) == 100_000
    assert balance(world, Account.BILLER_PAYABLE, "B101") == 0
    world.accepted(ReturnCash(OWNER, seq))
    assert balance(world, Account.DRAWER) == balance(world, Account.SHOP_FUNDS) == 0
    assert refusal(world, RequestReversal(CLERK, seq, ReversalReason.WRONG_ACCOUNT)) is Refusal.ALREADY_REVERSED
    assert [title for title, _, _ in papers(world)] == ["代收费收据", "冲正凭条"]
    world.accepted(world.pay()), "the bill can be paid again"


def test_a_reversal_keeps_to_its_window_date_product_and_invoice(world):
    seq = world.accepted(world.pay()).seq
    assert refusal(world, RequestReversal(CLERK, seq, ReversalReason.WRONG_AMOUNT)) is Refusal.REVERSAL_NOT_ANSWERED
    world.answer(seq)
    mobile = world.accepted(world.pay(product_code=MOBILE, account_no="13800006621")).seq
    world.answer(mobile)
    assert refusal(world, RequestReversal(CLERK, mobile, ReversalReason.WRONG_AMOUNT)) is Refusal.REVERSAL_NOT_ALLOWED
    world.clock.forward(minutes=31)
    assert refusal(world, RequestReversal(CLERK, seq, ReversalReason.WRONG_AMOUNT)) is Refusal.REVERSAL_TOO_LATE
    other = world.accepted(world.pay(account_no="0081234568")).seq
    world.answer(other)
    world.from_hq(InvoiceIssued(other, "FP001"))
    assert refusal(world, RequestReversal(CLERK, other, ReversalReason.WRONG_AMOUNT)) is Refusal.INVOICE_ISSUED


def test_copies_are_marked_and_counted_and_differ_in_nothing_else(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    receipt_seq = world.rows("SELECT receipt_seq FROM payments")[0][0]
    world.accepted(IssueCopy(CLERK, receipt_seq))
    world.accepted(IssueCopy(CLERK, receipt_seq))
    original, first, second = (text for _, _, text in papers(world))
    assert "【补打】第 1 次" in first
    assert "【补打】第 2 次" in second
    assert [line for line in second.splitlines() if "补打】" not in line] == original.splitlines()
    assert refusal(world, IssueCopy(CLERK, seq)) is Refusal.NOTHING_TO_COPY


def test_only_an_owner_opens_accounts_and_the_first_one_is_an_owner(world):
    assert refusal(world, EnrolOperator(CLERK, 3, "李四", OperatorRole.CLERK)) is Refusal.OWNER_ONLY
    assert refusal(world, EnrolOperator(0, 3, "李四", OperatorRole.OWNER)) is Refusal.OWNER_ONLY
    assert refusal(world, EnrolOperator(OWNER, OWNER, "张三", OperatorRole.CLERK)) is Refusal.OWNER_ONLY


def test_days_that_passed_unattended_are_each_ended_before_the_next_sale(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    world.clock.forward(days=3)
    world.accepted(world.pay(account_no="0081234568"))
    ended = [fact for fact in facts(world) if isinstance(fact, BusinessDayEnded)]
    assert [fact.ended_date for fact in ended] == [date(2026, 10, 23) + timedelta(days=n) for n in range(3)]
    assert [tuple(total[1:] for total in fact.services) for fact in ended] == [((1, 7_260),), (), ()]


def test_a_day_ends_once_in_order_and_only_when_it_is_over(world):
    today = date(2026, 10, 23)
    assert refusal(world, EndBusinessDay(today)) is Refusal.NOTHING_TO_DO
    world.clock.now = START.replace(hour=15)
    assert refusal(world, EndBusinessDay(today + timedelta(days=1))) is Refusal.NOTHING_TO_DO
    world.accepted(EndBusinessDay(today))
    assert refusal(world, EndBusinessDay(today)) is Refusal.DAY_ALREADY_ENDED
    paid = world.accepted(world.pay())
    assert paid.payment.business_date == today + timedelta(days=1), "a sale after 23:00 is the next date's"


def test_the_business_date_never_goes_back_when_the_clock_does(world):
    world.clock.forward(days=2)
    world.accepted(world.pay())
    world.clock.forward(days=-2)
    assert world.accepted(world.pay(account_no="0081234568")).payment.business_date == date(2026, 10, 25)


def test_a_clock_far_ahead_of_hq_asks_the_operator_and_keeps_the_answer(world):
    world.register.acknowledge(world.register.head(Side.STATION), b"s" * 64, int(START.timestamp()))
    world.clock.forward(days=2)
    assert refusal(world, world.pay()) is Refusal.CLOCK_TO_CONFIRM
    assert refusal(world, ConfirmClock(CLERK, date(2026, 10, 26))) is Refusal.NOTHING_TO_DO
    world.accepted(ConfirmClock(CLERK, date(2026, 10, 25)))
    assert world.accepted(world.pay()).payment.business_date == date(2026, 10, 25)


def test_a_quiet_station_that_hears_hq_is_not_asked_about_its_clock(world):
    world.register.acknowledge(world.register.head(Side.STATION), b"s" * 64, int(START.timestamp()))
    world.clock.forward(days=5)
    world.register.heard_at(int(world.clock.now.timestamp()))
    world.register.heard_at(int(START.timestamp()))
    world.accepted(world.pay())
    world.reopen()
    world.accepted(world.pay(account_no="0081234568"))


def test_a_tariff_is_adopted_only_when_published_here_and_due(world):
    later = tariff("2026-11", date(2026, 11, 1), fee_fen=100)
    assert refusal(world, AdoptTariff(later.hash)) is Refusal.TARIFF_NOT_READY
    world.from_hq(TariffPublished(later.hash, later.effective_on))
    assert refusal(world, AdoptTariff(later.hash)) is Refusal.TARIFF_NOT_READY
    world.clock.forward(days=9)
    assert refusal(world, AdoptTariff(later.hash)) is Refusal.TARIFF_NOT_READY, "its content is not here"
    world.register.keep_document(later.to_bytes())
    old = world.accepted(world.pay())
    world.accepted(AdoptTariff(later.hash))
    new = world.accepted(world.pay(account_no="0081234568"))
    assert (old.payment.fee_fen, new.payment.fee_fen) == (0, 100)


def test_everything_survives_a_restart(world):
    seq = world.accepted(world.pay()).seq
    before = {name: world.rows(f"SELECT * FROM {name}") for name in ("balances", "payments", "marker")}
    head = world.register.head(Side.STATION)
    operation = world.register.open_operation()
    world.reopen()
    assert world.register.head(Side.STATION) == head
    assert {name: world.rows(f"SELECT * FROM {name}") for name in before} == before
    assert world.register.open_operation() <= operation, "a job that took no effect leaves no gap"
    assert refusal(world, replace(world.pay(), operation_no=1)) is Refusal.OPERATION_ALREADY_DONE
    world.answer(seq)


def test_a_read_only_station_records_nothing_and_keeps_what_hq_sends(world):
    seq = world.accepted(world.pay()).seq
    world.register.set_read_only("restored")
    assert refusal(world, world.pay(account_no="0081234568")) is Refusal.READ_ONLY
    world.answer(seq)
    assert papers(world) == []
    world.reopen()
    assert world.register.read_only_reason == "restored"
    world.register.set_read_only("")
    world.register.follow_up()
    assert len(papers(world)) == 1


def test_credit_granted_by_hq_can_be_spent(world):
    world.from_hq(CreditGranted(50_000, 2, 7, 8))
    assert balance(world, Account.CREDIT_FREE) == 150_000


def facts(world):
    from station_journal.codec import decode

    return [
        decode(data, Side.STATION).fact
        for (data,) in world.rows("SELECT bytes FROM journal WHERE side='S' ORDER BY seq")
    ]


def test_cash_of_a_returned_payment_is_marked_returned(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq, Outcome.DECLINED)
    assert world.accepted(ReturnCash(CLERK, seq)).payment.cash is CashStatus.RETURNED
