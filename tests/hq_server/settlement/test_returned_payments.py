"""Payments that the bank took and gives back days later: found on its statement, owed again, paid again by two."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text

from hq_server.db.break_tables import break_cases
from hq_server.db.file_tables import received_files
from hq_server.disputes import corrections
from hq_server.ledger.queries import station_position
from hq_server.payment_orders.orders import (
    Draft,
    ItemState,
    Order,
    OrderKind,
    approve_order,
    make_order,
    order_items,
)
from hq_server.settlement import bank_side, returned_payments
from hq_server.settlement.account_cases import keep_account_cases
from hq_server.settlement.payees import PayeeKind
from hq_server.settlement.windows import open_windows
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.evidence_paper import EvidencePaper
from station_journal.facts.commission import CommissionPaid, CommissionReturned
from station_journal.facts.disputes import CitedSide, CorrectedBook, CorrectionReason
from station_journal.records import CreditGranted
from tests.hq_server.commission.test_runs import NOVEMBER, _sold_and_matched
from tests.hq_server.counter_side import CODE, FINANCE
from tests.hq_server.people import MAKER, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import ACCOUNT, Money

PARTY = "SCDL"


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def ordered(money: Money) -> Order:
    """A biller is owed 1,000.00 and the order for it is with the bank."""
    _sold_and_matched(money, 100_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    return money.send_to_bank(money.order(TOMORROW))


def carried(money: Money) -> Order:
    """The bank's statement shows that order: paid."""
    order = ordered(money)
    money.at_the_bank(-100_000, f"汇款 {order.reference}")
    assert money.read_statement().orders == 1
    assert payable(money) == 0
    return order


def payable(money: Money) -> int:
    return money.books().fen(Account.BILLER_PAYABLE, PARTY)


def item_of(money: Money, order: Order, number: int = 1) -> Any:
    with money.engine.connect() as connection:
        return next(one for one in order_items(connection, order.order_no) if one.item_no == number)


def cases(money: Money) -> list[tuple[str, str, str, int, str]]:
    """Statements are there up to tomorrow: the cases of the account, as the jobs keep them."""
    with money.engine.begin() as connection:
        if connection.scalar(select(received_files.c.file_no).where(received_files.c.purpose == "ACCOUNT")) is None:
            row = {"sha256": "x", "file_name": "a.xml", "purpose": "ACCOUNT", "party_code": ACCOUNT, "file_seq": 1}
            row |= {"profile_name": "camt053", "profile_version": 1, "state": "ACCEPTED", "line_count": 1}
            row |= {"amount_fen": 0, "net_fen": 0, "fee_fen": 0, "opening_fen": 0, "closing_fen": 0, "byte_count": 1}
            row |= {"imported_by": MAKER.staff_no, "imported_at": money.clock()}
            connection.execute(insert(received_files).values(**row, business_date=TODAY + timedelta(days=30)))
    keep_account_cases(money.engine, money.counter.journal, money.clock())
    with money.engine.connect() as connection:
        rows = connection.execute(select(break_cases).where(break_cases.c.layer == "ACCOUNT")).all()
    return [(row.break_class, row.station_code, row.our_no, row.difference_fen, row.state) for row in rows]


def test_a_single_credit_with_our_number_is_the_return_and_the_biller_is_owed_again_until_two_people_pay_again(
    money: Money,
) -> None:
    order = carried(money)
    suspense = money.books().fen(Account.SUSPENSE)
    money.clock.step(days=2)
    line = money.at_the_bank(100_000, f"退汇 {order.reference}-1 账户已销户")
    assert money.read_statement().returned == 1
    assert money.read_statement().returned == 0

    item = item_of(money, order)
    assert (item.state, item.evidence, item.ended_on) == ("RETURNED", f"bank {line}", money.clock().date())
    assert "账户已销户" in item.reason
    assert payable(money) == 100_000
    assert money.books().fen(Account.BANK_ACCOUNT) == 0
    assert money.books().fen(Account.SUSPENSE) == suspense
    assert money.books().agrees
    assert money.unexplained() == 0
    with money.engine.connect() as connection:
        assert [one.party for one in open_windows(connection, PayeeKind.BILLER)] == [PARTY]
        assert bank_side.open_lines(connection)[1] == 0

    # A task with an owner until it is ordered again, which no entry can end: there is no difference.
    money.clock.step(days=1)
    returned = ("PAYMENT_RETURNED", f"BILLER:{PARTY}", f"{order.reference}-1", 0)
    assert cases(money) == [(*returned, "OPEN")]
    again = money.order(money.clock().date())
    assert again.state == "PROPOSED"  # made by one; nothing leaves before a second approves
    assert payable(money) == 100_000
    assert cases(money) == [(*returned, "EXPLAINED")]
    money.result(money.send_to_bank(again), (1, 100_000, "PAID", ""))
    assert payable(money) == 0
    money.at_the_bank(-100_000, again.reference)
    money.read_statement()
    assert money.unexplained() == 0


def test_a_return_is_taken_back_once_even_if_its_payment_was_not_yet_in_the_books(money: Money) -> None:
    order = ordered(money)
    money.at_the_bank(-100_000, f"汇款 {order.reference}")
    money.at_the_bank(100_000, f"退汇 {order.reference}")
    with money.engine.begin() as connection:  # both lines on one statement, before any effect
        bank_side.match_statement(connection, MAKER, money.clock())
    assert item_of(money, order).state == ItemState.RETURNED
    assert money.effects() == 1
    assert money.effects() == 0
    assert payable(money) == 100_000
    assert money.books().fen(Account.BANK_ACCOUNT) == 0
    assert money.unexplained() == 0


def test_what_the_result_said_was_not_paid_comes_back_of_a_batch_that_was_debited_whole(money: Money) -> None:
    order = ordered(money)
    money.result(order, (1, 100_000, "RETURNED", "户名不符"))
    money.at_the_bank(-100_000, f"批量代发 {order.reference}")
    assert money.read_statement().orders == 1
    assert money.unexplained() == 0  # the line took along what its return has not brought back
    money.at_the_bank(100_000, f"退回 {order.reference}")
    assert money.read_statement().returned == 1
    assert (payable(money), money.books().fen(Account.BANK_ACCOUNT), money.unexplained()) == (100_000, 0, 0)


def test_a_credit_that_does_not_say_which_payment_it_is_stays_for_a_person(money: Money) -> None:
    order = carried(money)
    lines = [
        money.at_the_bank(99_999, order.reference),  # not the sum that was paid
        money.at_the_bank(100_000, f"{order.reference}-2"),  # another item than there is
        money.at_the_bank(100_000, "PO999999-1"),  # another order
        money.at_the_bank(100_000, "退汇"),  # nobody's number
    ]
    assert money.read_statement().returned == 0
    assert item_of(money, order).state == ItemState.PAID
    assert payable(money) == 0
    with money.engine.connect() as connection:
        assert {one.line for one in bank_side.open_lines(connection)[0]} == set(lines)


def test_without_a_number_one_person_says_which_payment_and_another_approves(money: Money) -> None:
    order = carried(money)
    line, of = money.at_the_bank(100_000, "退汇"), (order.order_no, 1)

    def propose(by: Any, finding: str) -> None:
        with money.engine.begin() as connection:
            returned_payments.propose_return(connection, by, line, of, finding, money.clock())

    def decide(by: Any, refusal: str = "") -> None:
        with money.engine.begin() as connection:
            returned_payments.decide_return(connection, by, line, money.clock(), refusal=refusal)
        money.effects()

    with pytest.raises(RefusedError, match="rests on"):
        propose(MAKER, "x")
    propose(MAKER, "退汇凭证 118")
    with pytest.raises(RefusedError, match="no unmatched line"):
        propose(MAKER, "退汇凭证 118")
    with pytest.raises(RefusedError, match="second person"):
        decide(MAKER)
    assert (payable(money), money.unexplained()) == (0, 0)
    decide(SECOND, "凭证不符")
    assert item_of(money, order).state == ItemState.PAID
    propose(MAKER, "退汇凭证 119")
    decide(SECOND)
    with pytest.raises(RefusedError, match="no returned payment"):
        decide(SECOND)
    assert item_of(money, order).state == ItemState.RETURNED
    assert (payable(money), money.unexplained(), money.books().agrees) == (100_000, 0, True)
    line = money.at_the_bank(100_000, "退汇")
    with pytest.raises(RefusedError, match="is no payment of"):
        propose(MAKER, "退汇凭证 120")


def test_commission_that_comes_back_is_told_to_its_station_and_paid_by_a_new_order(money: Money) -> None:
    _sold_and_matched(money, 3_000_000)
    money.list()
    money.approve()
    paid = money.pay(layout="bank-csv")
    assert f"{paid.order.reference}-1".encode() in paid.file.content  # what the bank repeats
    net_fen = paid.order.amount_fen
    money.at_the_bank(-net_fen, f"代发 {paid.order.reference}")
    money.read_statement()
    assert money.books().fen(Account.COMMISSION_PAYABLE) == 0
    line = money.at_the_bank(net_fen, f"{paid.order.reference}-1", end_to_end_id=f"{paid.order.reference}-1")
    with money.engine.begin() as connection:
        connection.execute(text("UPDATE bank_entries SET return_code = 'AC04' WHERE amount_fen > 0"))
    assert money.read_statement().returned == 1
    (told,) = money.counter.told(CommissionReturned)
    assert (told.month, told.by_branch, told.amount_fen, told.returned_on) == (NOVEMBER, False, net_fen, TODAY)
    assert told.reason.startswith("AC04")
    assert told.reference == f"{paid.order.reference}-1 {line}"
    assert money.books().fen(Account.COMMISSION_PAYABLE) == net_fen
    assert money.unexplained() == 0

    again = money.pay(layout="bank-csv")
    assert (again.order.order_no, again.order.amount_fen) == (paid.order.order_no + 1, net_fen)
    money.at_the_bank(-net_fen, again.order.reference)
    money.read_statement()
    assert [one.amount_fen for one in money.counter.told(CommissionPaid)] == [net_fen, net_fen]
    assert money.books().fen(Account.COMMISSION_PAYABLE) == 0
    assert (money.unexplained(), money.books().agrees) == (0, True)


def debited(money: Money) -> Order:
    """600.00 are debited from the owner's account, became credit, and the line of it is on the statement."""
    with money.engine.begin() as connection:
        draft = Draft(CODE, f"{TOMORROW}/1 WT-1", "张三", "62179900022", 60_000)
        order = make_order(
            connection, MAKER.staff_no, (OrderKind.DEBIT, str(TOMORROW)), TOMORROW, [draft], money.clock()
        )
        approve_order(connection, FINANCE, order.order_no, money.clock())
    return money.send_to_bank(order)


def test_a_debit_that_comes_back_is_a_task_until_a_correction_asks_its_credit_back(money: Money) -> None:
    order = debited(money)
    money.result(order, (1, 60_000, "PAID", ""))
    money.at_the_bank(60_000, f"代扣 {order.reference}")
    assert money.read_statement().orders == 1
    before = money.books()
    with money.engine.connect() as connection:
        free_fen = station_position(connection, CODE).credit_free_fen
    money.clock.step(days=2)
    line = money.at_the_bank(-60_000, f"退票 {order.reference}-1 余额不足")
    assert (money.read_statement().returned, money.read_statement().returned) == (1, 0)
    item = item_of(money, order)
    assert (item.state, item.evidence) == ("RETURNED", f"bank {line}")
    assert money.books().fen(Account.BANK_ACCOUNT) == before.fen(Account.BANK_ACCOUNT) - 60_000
    assert (money.unexplained(), money.books().agrees) == (0, True)
    with money.engine.connect() as connection:
        assert station_position(connection, CODE).credit_free_fen == free_fen, "credit is never taken by HQ alone"
    money.clock.step(days=1)
    task = ("PAYMENT_RETURNED", CODE, f"{order.reference}-1", 0)
    assert cases(money) == [(*task, "OPEN")]
    with money.engine.begin() as connection:
        figures = (CorrectedBook.CREDIT, CitedSide.HQ, item.effect_seq, CorrectionReason.OTHER, "代扣退回", 60_000, 0)
        paper = EvidencePaper("退票", "text/plain", b"x")
        now = money.clock()
        draft = corrections.Draft(*figures)
        made = corrections.propose(connection, MAKER, CODE, draft, paper, now, stale_days=60)
        corrections.approve(connection, money.counter.journal, SECOND, CODE, made.correction_no, now)
    assert cases(money) == [(*task, "EXPLAINED")]


@pytest.mark.parametrize("is_granted", [True, False])
def test_a_debit_that_comes_back_with_its_own_line_on_one_statement_leaves_nothing_unexplained(
    money: Money, is_granted: bool
) -> None:
    order = debited(money)
    if is_granted:
        money.result(order, (1, 60_000, "PAID", ""))
    granted = len(money.counter.told(CreditGranted))
    money.at_the_bank(60_000, f"代扣 {order.reference}")
    money.at_the_bank(-60_000, f"退票 {order.reference}-1")
    money.at_the_bank(-60_001, f"退票 {order.reference}-1")
    found = money.read_statement()
    assert (found.orders, found.returned) == (1, 1)
    assert len(money.counter.told(CreditGranted)) == granted
    assert (item_of(money, order).state, money.unexplained()) == ("RETURNED", 0)
    assert money.books().agrees


class Row:
    """A line or a candidate with just what the rule looks at."""

    reference: str

    def __init__(self, **values: Any) -> None:
        self.__dict__.update({"their_account": "", "their_name": "", **values})


def test_which_of_several_items_of_one_sum_came_back_is_told_by_number_account_or_name_and_never_guessed() -> None:
    one = Row(order_no=7, item_no=1, account_no="11", payee_name="张三")
    two = Row(order_no=7, item_no=2, account_no="22", payee_name="李四")
    which: Any = returned_payments.which_item
    for line, meant in (
        (Row(reference="PO000007"), None),
        (Row(reference="PO000007-2"), two),
        (Row(reference="PO000007-12"), None),
        (Row(reference="PO000007-1 PO000007-2"), None),
        (Row(reference="PO000007", their_account="11"), one),
        (Row(reference="PO000007", their_name="李四"), two),
        (Row(reference="PO000007", their_name="王五"), None),
        (Row(reference="PO000007-2", their_name="张三"), two),
    ):
        assert which(line, [one, two]) is meant, line.reference
    assert which(Row(reference="PO000007"), [one]) is one
    assert which(Row(reference="PO000007-2"), [one]) is None
