"""Payment orders whose outcome is open are ended by asking the bank, which keeps a book of its own."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from hq_server.db.payment_tables import order_questions, payment_orders
from hq_server.gateway.bank_road import BankRoad, BankSilentError
from hq_server.payment_orders import outcomes
from hq_server.payment_orders.orders import ItemState, Order, find_order, order_items
from hq_server.settlement.asking_bank import BankQuestions
from station_pos.demo.outside.payment_bank import PaymentBank, handler_of
from tests.hq_server.commission.test_runs import _sold_and_matched
from tests.hq_server.people import MAKER, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import Money

pytestmark = pytest.mark.enable_socket


class Bank:
    """The bank at its own address, and HQ's question to it."""

    def __init__(self, url: str, money: Money) -> None:
        self.url, self.money = url, money
        self.questions = BankQuestions(BankRoad(url, timeout_s=60))

    def post(self, path: str, data: bytes) -> dict[str, object]:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data), timeout=60) as answer:
            return dict(json.loads(answer.read()))

    def take(self, order: Order) -> None:
        with self.money.engine.connect() as connection:
            content = connection.scalar(
                select(payment_orders.c.content).where(payment_orders.c.order_no == order.order_no)
            )
        assert content is not None
        assert self.post("/files", bytes(content))["reference"] == order.reference

    def control(self, what: str, **body) -> None:
        self.post(f"/control/{what}", json.dumps(body).encode())

    def ask(self, **later: int) -> int:
        self.money.clock.step(**(later or {"minutes": 10}))
        return self.questions.run(self.money.engine, self.money.clock)

    def said(self) -> list[str]:
        with self.money.engine.connect() as connection:
            return list(connection.scalars(select(order_questions.c.said).order_by(order_questions.c.order_no)))

    def states(self, order: Order) -> list[str]:
        with self.money.engine.connect() as connection:
            return [item.state for item in order_items(connection, order.order_no)]


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


@pytest.fixture
def bank(money: Money, tmp_path: Path) -> Iterator[Bank]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(PaymentBank(tmp_path / "bank.sqlite3")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Bank(f"http://127.0.0.1:{server.server_address[1]}", money)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def answering() -> Iterator[Callable[[object], str]]:
    """A bank that answers everything with one JSON value; gives its address."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(body: object) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *args: object) -> None:
                """Say nothing on the terminal of the tests."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def order(money: Money) -> Order:
    """What is due to the biller, ordered by two people and written for the bank."""
    _sold_and_matched(money, 20_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    return money.send_to_bank(money.order(TOMORROW))


def test_an_unknown_order_is_asked_about_until_the_bank_tells_and_then_never_again(
    bank: Bank, money: Money, order: Order
) -> None:
    assert bank.ask() == 0
    assert bank.said() == ["not_found"]  # the file lies with somebody; nothing is ended
    bank.take(order)
    assert bank.ask() == 0
    assert (bank.said(), bank.states(order)) == (["accepted"], ["OPEN"])
    bank.control("work")
    assert bank.ask() == 1
    assert bank.states(order) == ["PAID"]
    with money.engine.connect() as connection:
        ended = find_order(connection, order.order_no)
        (item,) = order_items(connection, order.order_no)
    assert ended.ended_on is not None
    assert item.evidence.startswith("status ")
    assert money.effects() == 1  # the biller is owed that much less
    bank.control("fault", kind="silent")
    assert bank.ask(days=1) == 0
    assert bank.said() == ["done"]  # it was not asked again


def test_an_account_that_is_closed_comes_back_and_falls_due_again(bank: Bank, money: Money) -> None:
    _sold_and_matched(money, 20_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    with money.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payees SET account_no = '5100129'")
    order = money.send_to_bank(money.order(TOMORROW))
    bank.take(order)
    bank.control("work")
    assert bank.ask() == 1
    assert bank.states(order) == [ItemState.RETURNED]
    with money.engine.connect() as connection:
        (item,) = order_items(connection, order.order_no)
    assert item.reason == "账户已销户"
    assert money.order(TOMORROW).amount_fen == order.amount_fen


@pytest.mark.parametrize(
    ("fault", "said"), [("silent", "silent"), ("other_order", "silent"), ("wrong_amount", "differs")]
)
def test_silence_another_order_and_another_amount_end_nothing_and_a_ruling_does(
    bank: Bank, money: Money, order: Order, fault: str, said: str
) -> None:
    bank.take(order)
    bank.control("work")
    bank.control("fault", kind=fault)
    assert bank.ask() == 0
    assert (bank.said(), bank.states(order)) == ([said], ["OPEN"])
    with money.engine.begin() as connection:
        of = (order.order_no, 1)
        outcomes.propose_ruling(connection, MAKER, of, ItemState.PAID, "letter of the bank, 26 Nov", money.clock())
        outcomes.decide_ruling(connection, SECOND, of, money.clock())
    assert bank.states(order) == ["PAID"]
    assert bank.ask(days=1) == 0


ITEM = {"seq": 1, "amount_fen": 20_000, "state": "paid"}


@pytest.mark.parametrize(
    "said",
    [
        {"state": ["done"]},
        {"state": {}, "items": []},
        {"items": [{**ITEM, "state": ["paid"]}]},
        {"items": [{**ITEM, "seq": True}]},
        {"items": [ITEM, {**ITEM, "state": "returned"}]},
    ],
)
def test_an_answer_out_of_form_or_that_says_two_things_is_silence(
    answering: Callable[[object], str], said: dict[str, object]
) -> None:
    road = BankRoad(answering({"reference": "PO000001", "state": "done", "items": [ITEM], **said}), timeout_s=60)
    with pytest.raises(BankSilentError):
        road.status("PO000001")
    road.close()


def test_the_road_refuses_what_is_no_answer(bank: Bank) -> None:
    with pytest.raises(BankSilentError):
        BankRoad(bank.url + "/nowhere", timeout_s=60).status("PO000001")
    with pytest.raises(BankSilentError):
        BankRoad("http://127.0.0.1:1", timeout_s=1).status("PO000001")
