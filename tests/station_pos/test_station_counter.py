"""The counter as screens see it, over the real books and workers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from station_journal.facts.commission import (
    DISTRIBUTION_PRODUCT,
    BranchCommissionStated,
    CommissionPaid,
    CommissionReturned,
)
from station_journal.posting import PaymentStatus
from station_journal.records import (
    ActorKind,
    BusinessDayEnded,
    CommissionLine,
    CommissionStated,
    Outcome,
    ReversalAnswered,
    ReversalReason,
    Side,
    StaffNamed,
    TariffPublished,
)
from station_pos.commands.orders import IssuePendingSlip, RequestReversal, ResubmitPayment, ReturnCash
from station_pos.commands.outcome import Refusal, Refused, RegisterFault
from station_pos.counter import InquiryAnswer, LinkState, OpenBill
from station_pos.queries import Queries
from station_pos.register.pins import PinRefusedError
from station_pos.station_counter import StationCounter
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.workers.confirmer import Confirmer
from station_pos.workers.counter_devices import CounterDevices
from station_pos.workers.day_ender import DayEnder, end_days_due
from station_pos.workers.writer import Writer
from tests.station_pos.headless import until
from tests.station_pos.register.test_register import facts
from tests.station_pos.world import CLERK, ELECTRICITY, MOBILE, OWNER, WATER, World, tariff

ANSWER_WAIT_S = 25


class Line:
    """HQ's end of the line in these tests: answers what it is told to."""

    def __init__(self):
        self.link = LinkState.UP
        self.answer = InquiryAnswer("0081234567", "*三", "3 组", (OpenBill("B1", "2026-10", 7_260),))
        self.woken = 0

    def open(self, pass_phrase):
        return pass_phrase == "right"

    def is_open(self):
        return True

    def state(self):
        return self.link, None

    def inquire(self, _product_code, _account_no):
        return self.answer

    def ask_chain(self, _seq, _side=Side.STATION):
        raise LinkError(LinkFault.UNREACHABLE)

    def sealing_key(self):
        return None

    def wake(self):
        self.woken += 1


class Bench:
    def __init__(self, folder):
        self.world = World(folder).ready()
        self.line = Line()
        register, clock = self.world.register, self.world.clock
        self.queries = Queries(self.world.database, register.tariffs)
        self.writer = Writer(register.execute)
        self.confirmer = Confirmer(self.queries, register.execute, clock, ANSWER_WAIT_S)
        register.subscribe(self.confirmer.wake)
        self.confirmer.start()
        self.counter = StationCounter(
            register, self.queries, self.writer, self.confirmer, self.line, CounterDevices(), clock
        )

    def close(self):
        self.writer.stop()
        self.confirmer.stop()
        self.counter.close()
        self.world.close()

    def take(self, **changes):
        return self.counter.submit(self.world.pay(**changes)).result(60)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "station")
    yield made
    made.close()


def test_the_state_row_adds_up_what_was_sold_and_earned(bench):
    first = bench.take().seq
    bench.world.answer(first)
    water = bench.take(product_code=WATER, amount_fen=3_000, tendered_fen=5_000).seq
    bench.world.answer(water)
    bench.take(account_no="0081234568", amount_fen=1_000)
    state = bench.counter.state()
    assert (state.bills_today, state.bills_today_fen) == (3, 11_260)
    assert state.credit_free_fen == 100_000 - 7_260 - 3_050 - 1_000
    assert state.credit_held_fen == 1_000
    assert state.drawer_fen == 7_260 + 3_050 + 1_000
    assert state.customer_cash_fen == 1_000
    assert state.earned_today_fen == state.earned_month_fen == 36 + 30
    assert state.bills_left == state.credit_free_fen // ((7_260 + 3_050 + 1_000) // 3)
    assert state.unsent == bench.world.register.head(Side.STATION).seq
    assert state.business_date == date(2026, 10, 23)
    assert state.station_name == "张家坝便民服务站"
    assert not state.read_only


def test_what_hq_holds_is_not_unsent(bench):
    head = bench.world.register.head(Side.STATION)
    bench.world.register.acknowledge(head, b"s" * 64, int(bench.world.clock.now.timestamp()))
    assert bench.counter.state().unsent == 0
    bench.world.clock.forward(minutes=7)
    bench.take()
    state = bench.counter.state()
    assert (state.unsent, state.unsent_since, state.held_seq) == (1, bench.world.clock.now, head.seq)


def test_a_number_means_the_products_whose_form_it_has_known_accounts_first(bench):
    assert [one.product.code for one in bench.counter.find("0081234567")] == [ELECTRICITY, WATER]
    seq = bench.take(product_code=WATER, amount_fen=3_000).seq
    bench.world.answer(seq)
    first, second = bench.counter.find("0081234567")
    assert (first.product.code, first.payer_name, first.last_amount_fen) == (WATER, "*三", 3_000)
    assert second.last_paid_on is None
    assert [one.account_no for one in bench.counter.find("4567")] == ["0081234567"]
    assert [one.product.code for one in bench.counter.find("13800006621")] == [MOBILE]


def test_letters_and_names_mean_products_and_garbage_means_nothing(bench):
    assert [one.product.code for one in bench.counter.find("DF")] == [ELECTRICITY]
    assert [one.product.code for one in bench.counter.find("水")] == [WATER]
    for garbage in ("zz", "\x1b[2J", "9" * 4_000, "￿" * 10):
        assert bench.counter.find(garbage) == ()
    assert len(bench.counter.find("")) == 3


def test_the_usual_amounts_leave_out_what_was_declined(bench):
    for number, outcome in enumerate([Outcome.CONFIRMED, Outcome.DECLINED, Outcome.CONFIRMED, Outcome.CONFIRMED]):
        seq = bench.take(bill_no=f"B{number}", amount_fen=7_000 + number).seq
        bench.world.answer(seq, outcome)
    assert bench.counter.usual_fen(ELECTRICITY, "0081234567") == (7_003, 7_002, 7_000)
    [candidate, _] = bench.counter.find("0081234567")
    assert candidate.usual_fen == (7_000, 7_003)


def test_an_inquiry_is_kept_for_the_name_when_hq_cannot_be_reached(bench):
    assert bench.counter.inquire(ELECTRICITY, "0081234567").result(60) == bench.line.answer
    bench.line.answer = InquiryAnswer("0081234567", "", "", (), "unreachable")
    found = bench.counter.inquire(ELECTRICITY, "0081234567").result(60)
    assert (found.payer_name, found.bills, found.problem) == ("*三", (), "unreachable")
    assert bench.counter.find("0081234567")[0].payer_name == "*三"


def test_an_offline_sale_puts_the_outage_on_record_before_it(bench):
    assert bench.take(offline=True).reason is Refusal.OFFLINE_NOT_ALLOWED
    bench.line.link = LinkState.DOWN
    sold = bench.take(offline=True)
    kinds = [type(fact).__name__ for fact in facts(bench.world)[-3:]]
    assert kinds == ["OutageOpened", "BillPaymentTaken", "ReceiptIssued"]
    assert sold.payment.receipt_no == 1
    left = bench.counter.offline_left(ELECTRICITY)
    assert (left.count, left.value_fen) == (2, 60_000 - 7_260)
    assert bench.counter.offline_left(WATER) is None
    bench.world.clock.forward(hours=25)
    assert bench.counter.offline_left(ELECTRICITY).count == 0


def test_an_answer_ends_the_wait_at_once(bench):
    seq = bench.take().seq
    future = bench.counter.await_answer(seq, 20)
    bench.world.answer(seq)
    assert future.result(60).status is PaymentStatus.CONFIRMED
    assert "代收费收据" in bench.counter.receipt_text(seq)
    with pytest.raises(LookupError):
        bench.counter.await_answer(999, 0.1).result(60)


def test_no_answer_in_time_gives_the_customer_a_slip_and_keeps_the_case_open(bench):
    seq = bench.take().seq
    payment = bench.counter.await_answer(seq, 0.1).result(60)
    assert payment.status is PaymentStatus.HELD
    assert payment.pending_seq
    assert [case.seq for case in bench.counter.open_cases()] == [seq]
    assert "待定凭条" in bench.counter.receipt_text(seq)
    assert bench.counter.state().pending == 1


def test_a_slip_comes_without_anybody_looking_once_the_wait_is_over(bench):
    seq = bench.take().seq
    bench.world.clock.forward(seconds=ANSWER_WAIT_S - 1)
    bench.confirmer.wake()
    bench.world.clock.forward(seconds=2)
    until(lambda: bench.counter.payment(seq).pending_seq)
    assert isinstance(bench.world.register.execute(IssuePendingSlip(seq)), Refused)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_reversal_is_a_case_from_its_request_on_until_it_is_answered(bench, *, accepted):
    seq = bench.take().seq
    bench.world.answer(seq)
    assert bench.counter.open_cases() == ()
    bench.counter.submit(RequestReversal(CLERK, seq, ReversalReason.WRONG_AMOUNT)).result(60)
    assert [case.seq for case in bench.counter.open_cases()] == [seq]
    assert bench.counter.state().pending == 1
    bench.world.from_hq(ReversalAnswered(seq, accepted, ""))
    assert [case.seq for case in bench.counter.open_cases()] == ([seq] if accepted else [])  # then its cash is due


def test_cash_due_is_a_case_until_it_is_handed_back_or_sent_again(bench):
    first, second = bench.take().seq, bench.take(account_no="0081234568").seq
    for seq in (first, second):
        bench.world.answer(seq, Outcome.DECLINED, "已销户")
    assert [case.seq for case in bench.counter.open_cases()] == [first, second]
    bench.counter.submit(ReturnCash(CLERK, first)).result(60)
    again = bench.counter.submit(ResubmitPayment(CLERK, bench.counter.open_operation(), second)).result(60)
    assert bench.counter.open_cases() == ()
    assert "退款凭条" in bench.counter.receipt_text(first)
    bench.world.answer(again.seq)
    assert [one.seq for one in bench.counter.recent(2)] == [again.seq, second]
    assert [one.seq for one in bench.counter.recent(5, again.seq)] == [second, first]


def test_the_journal_shows_both_sides_in_their_order_with_who_made_them(bench):
    bench.world.from_hq(StaffNamed(7, "李四"))
    seq = bench.take().seq
    bench.world.answer(seq)
    rows = bench.counter.journal(4)
    assert [(row.side, row.kind, row.actor_kind) for row in rows] == [
        ("S", "ReceiptIssued", "system"),
        ("H", "BillerAnswered", "system"),
        ("S", "BillPaymentTaken", "person"),
        ("H", "StaffNamed", "person"),
    ]
    assert (rows[2].actor_name, rows[2].amount_fen, rows[2].payment_seq) == ("李四", 7_260, seq)
    assert [(row.side, row.seq) for row in bench.counter.journal(1, rows[2].seq)] == [("H", rows[3].seq)]
    assert len(bench.counter.journal(100)) == sum(bench.world.register.head(side).seq for side in Side)


def test_a_commission_statement_is_shown_line_by_line_with_the_net(bench):
    line = CommissionLine(ELECTRICITY, 10, 72_600, "2024-08", "72600 x 5000 / 1000000", 363)
    bench.world.from_hq(CommissionStated(202609, 363, 0, "A", (line,)))
    [row] = bench.counter.commission()
    assert (row.month, row.gross_fen, row.net_fen) == (202609, 363, 363)
    assert row.lines == (("电费", 10, "72600 x 5000 / 1000000", 363, "2024-08"),)
    assert bench.counter.state().owner_account_fen == 363
    assert (row.by_branch, row.paid_on) == (False, None)

    goods = CommissionLine(DISTRIBUTION_PRODUCT, 3, 27_000, "fx-1", "3 x 6.00 = 18.00", 1_800)
    bench.world.from_hq(BranchCommissionStated(202609, 1_800, 0, "A", (goods,)))
    bench.world.from_hq(CommissionPaid(202609, False, 363, date(2026, 10, 20), "PO000001"))
    branch, own = bench.counter.commission()
    assert (branch.by_branch, branch.lines[0][0], branch.paid_on) == (True, "分销", None)
    assert (own.paid_fen, own.paid_on) == (363, date(2026, 10, 20))
    assert bench.counter.state().owner_account_fen == 1_800

    # The bank gives it back: owed again, and said so, until it is paid again.
    reference = "PO000001-1 62179900022/2026-10-23/1/4"
    bench.world.from_hq(CommissionReturned(202609, False, 363, date(2026, 10, 23), "AC04", reference))
    own = bench.counter.commission()[1]
    assert (own.paid_fen, own.paid_on, own.returned_on) == (0, None, date(2026, 10, 23))
    assert bench.counter.state().owner_account_fen == 2_163
    bench.world.from_hq(CommissionPaid(202609, False, 363, date(2026, 10, 27), "PO000004"))
    own = bench.counter.commission()[1]
    assert (own.paid_fen, own.paid_on, own.returned_on) == (363, date(2026, 10, 27), None)
    assert bench.counter.state().owner_account_fen == 1_800


def test_a_doubtful_paper_is_asked_about_once_and_copied_only_if_it_did_not_come_out(bench):
    for account in ("0081234567", "0081234568"):
        bench.world.answer(bench.take(account_no=account).seq)
    with bench.world.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE print_jobs SET state='doubtful'")
    first, second = bench.counter.doubtful_prints()
    bench.counter.settle_doubtful(first.job_no, came_out=True, operator_no=CLERK)
    bench.counter.settle_doubtful(second.job_no, came_out=False, operator_no=CLERK)
    assert bench.counter.doubtful_prints() == ()
    assert bench.world.rows("SELECT copy_no, state FROM print_jobs ORDER BY job_no") == [
        (0, "done"),
        (0, "done"),
        (1, "queued"),
    ]


def test_an_operator_signs_in_with_a_pin_of_digits(bench):
    with pytest.raises(PinRefusedError):
        bench.counter.set_pin(OWNER, "abcd")
    bench.counter.set_pin(OWNER, "1234")
    assert bench.counter.sign_in(OWNER, "1234").name == "张三"
    assert bench.counter.sign_in(OWNER, "4321") is None
    assert bench.counter.sign_in(CLERK, "1234") is None
    assert bench.counter.sign_in(9, "1234") is None


def test_the_days_are_ended_with_nobody_at_the_counter(bench):
    bench.world.answer(bench.take().seq)
    bench.world.clock.forward(days=2)
    register, clock = bench.world.register, bench.world.clock
    assert end_days_due(lambda: bench.queries.next_date_to_end(clock()), register.execute) == 2
    ended = [fact for fact in facts(bench.world) if isinstance(fact, BusinessDayEnded)]
    assert [fact.ended_date for fact in ended] == [date(2026, 10, 23), date(2026, 10, 24)]
    worker = DayEnder(lambda: bench.queries.next_date_to_end(clock()), register.execute, 0.05)
    worker.start()
    clock.forward(days=1)
    until(lambda: bench.queries.next_date_to_end(clock()) is None)
    worker.stop()
    assert bench.counter.state().business_date == date(2026, 10, 23) + timedelta(days=3)


def test_a_tariff_is_adopted_on_its_date_without_the_line(bench):
    world, later = bench.world, tariff("2026-11", date(2026, 11, 1), fee_fen=100)
    world.register.keep_document(later.to_bytes())
    world.from_hq(TariffPublished(later.hash, later.effective_on))
    worker = DayEnder(
        lambda: bench.queries.next_date_to_end(world.clock()),
        world.register.execute,
        0.05,
        tariff_due=lambda: bench.queries.tariff_due(world.clock()),
    )
    worker.start()
    try:
        world.clock.now = datetime(2026, 10, 31, 14, 59, tzinfo=UTC)
        until(lambda: bench.queries.next_date_to_end(world.clock()) is None)
        assert bench.queries.tariff_due(world.clock()) is None
        assert bench.take().payment.fee_fen == 0
        world.clock.forward(minutes=1)
        until(lambda: bench.queries.adopted_tariff().version == "2026-11")
    finally:
        worker.stop()
    # The confirmer writes at its own pace beside it, so the newest record may be a pending slip.
    adopted = next(row for row in bench.counter.journal(6) if row.kind == "TariffAdopted")
    assert adopted.actor_kind == ActorKind.SYSTEM.value
    assert bench.take(account_no="0081234568").payment.fee_fen == 100


def test_a_fault_of_the_disk_reaches_whoever_asked(bench):
    with bench.world.database.transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def sell_on():
        for number in range(500):
            bench.take(account_no=f"{number:010d}", amount_fen=1, payer_name="*" * 60)

    with pytest.raises(RegisterFault):
        sell_on()
