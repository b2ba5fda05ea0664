"""A bank that books each payment of an order by itself: the order is found once each payment has its one line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hq_server.payment_orders.orders import Draft, Order, OrderKind, approve_order, find_order, make_order, order_items
from hq_server.settlement import bank_side
from station_journal.accounts import Account
from tests.hq_server.counter_side import CODE, FINANCE
from tests.hq_server.people import MAKER
from tests.hq_server.reconciliation.test_day_run import TOMORROW
from tests.hq_server.settlement.test_a_month import Money

SUMS = {"JD": 30_000, "SF": 30_000, "YTO": 7_260}


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def ordered(money: Money, kind: OrderKind, drafts: list[Draft]) -> Order:
    with money.engine.begin() as connection:
        of = (kind, TOMORROW.isoformat())
        order = make_order(connection, MAKER.staff_no, of, TOMORROW, drafts, money.clock())
        approve_order(connection, FINANCE, order.order_no, money.clock())
    return money.send_to_bank(order)


def of_senders(money: Money) -> Order:
    drafts = [Draft(f"SENDER:{party}", "window 1", party, f"5100{fen}", fen) for party, fen in SUMS.items()]
    return ordered(money, OrderKind.SENDER, drafts)


def states(money: Money, order: Order) -> list[str]:
    with money.engine.connect() as connection:
        return [item.state for item in order_items(connection, order.order_no)]


def paid_to_senders_fen(money: Money) -> int:
    return -sum(money.books().fen(Account.COD_PAYABLE, party) for party in SUMS)


def test_an_order_of_which_each_payment_has_its_line_is_paid_and_each_line_leads_to_it(money: Money) -> None:
    order = of_senders(money)
    lines = [
        money.at_the_bank(-fen, "代付", end_to_end_id=f"{order.reference}-{number}")
        for number, fen in enumerate(SUMS.values(), 1)
    ]
    assert (money.read_statement().orders, money.read_statement().orders) == (1, 0)
    assert states(money, order) == ["PAID"] * 3
    assert paid_to_senders_fen(money) == 67_260
    assert (money.unexplained(), money.books().agrees) == (0, True)
    with money.engine.connect() as connection:
        assert [item.evidence for item in order_items(connection, order.order_no)] == [f"bank {one}" for one in lines]
        assert [bank_side.line_seen(connection, one).order_no for one in lines] == [order.order_no] * 3
        assert bank_side.open_lines(connection)[1] == 0
    # One of them comes back: by its number it is known which of the two of one sum.
    money.at_the_bank(30_000, f"退汇 {order.reference}-2")
    assert money.read_statement().returned == 1
    assert states(money, order) == ["PAID", "RETURNED", "PAID"]
    assert (money.books().fen(Account.COD_PAYABLE, "SF"), money.unexplained()) == (0, 0)


def test_until_each_has_its_line_nothing_is_taken_for_paid(money: Money) -> None:
    order = of_senders(money)
    money.at_the_bank(-30_000, f"代付 {order.reference}-1")
    money.at_the_bank(-30_000, f"代付 {order.reference}-12")  # no payment of that number
    money.at_the_bank(-7_261, f"代付 {order.reference}-3")  # not the sum that was ordered
    assert money.read_statement().orders == 0
    assert states(money, order) == ["OPEN"] * 3
    money.at_the_bank(-30_000, f"代付 {order.reference}-2")
    assert money.read_statement().orders == 0
    money.at_the_bank(-7_260, f"代付 {order.reference}-3")
    assert money.read_statement().orders == 1
    assert states(money, order) == ["PAID"] * 3
    with money.engine.connect() as connection:
        assert bank_side.open_lines(connection)[1:] == (2, -37_261)
    assert money.unexplained() == 0


def test_a_payment_that_two_lines_may_be_is_left_to_a_person(money: Money) -> None:
    order = of_senders(money)
    for number, fen in enumerate(SUMS.values(), 1):
        money.at_the_bank(-fen, f"代付 {order.reference}-{number}")
    money.at_the_bank(-7_260, f"代付 {order.reference}-3")
    assert money.read_statement().orders == 0
    assert states(money, order) == ["OPEN"] * 3


def test_a_line_that_names_payments_of_two_orders_is_left_to_a_person(money: Money) -> None:
    orders = [of_senders(money)]
    orders.append(ordered(money, OrderKind.CARRIER, [Draft(f"CARRIER:{n}", "window 1", n, "51", 30_000) for n in "ab"]))
    for number, fen in enumerate(SUMS.values(), 1):
        other = f" {orders[1].reference}-{number}" if number < 3 else ""
        money.at_the_bank(-fen, f"代付 {orders[0].reference}-{number}{other}")
    assert money.read_statement().orders == 0
    assert [states(money, order) for order in orders] == [["OPEN"] * 3, ["OPEN"] * 2]


def test_what_the_result_said_was_not_paid_needs_no_line(money: Money) -> None:
    order = of_senders(money)
    money.result(order, (1, 30_000, "PAID", ""), (2, 30_000, "RETURNED", "户名不符"))
    money.at_the_bank(-30_000, f"代付 {order.reference}-1")
    money.at_the_bank(-7_260, f"代付 {order.reference}-3")
    assert money.read_statement().orders == 1
    assert states(money, order) == ["PAID", "RETURNED", "PAID"]
    assert (paid_to_senders_fen(money), money.unexplained()) == (37_260, 0)


def test_debits_that_come_in_one_by_one_are_each_matched_with_their_own_line(money: Money) -> None:
    drafts = [Draft(CODE, f"{TOMORROW}/{turn} WT-1", "张三", "62179900022", 60_000) for turn in (1, 2)]
    order = ordered(money, OrderKind.DEBIT, drafts)
    lines = [money.at_the_bank(60_000, f"代扣 {order.reference}-{number}") for number in (1, 2)]
    assert money.read_statement().orders == 1
    assert money.unexplained() == 0
    with money.engine.connect() as connection:
        seen = [bank_side.line_seen(connection, one) for one in lines]
        assert [[match.amount_fen for match in one.matches] for one in seen] == [[60_000], [60_000]]
        assert find_order(connection, order.order_no).ended_on == date(2026, 11, 23)
