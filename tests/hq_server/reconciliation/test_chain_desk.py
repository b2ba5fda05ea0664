"""What HQ states of a station's record when the station asks: signed, its own only, and as far as the money went."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import Engine

from hq_server.api.chain import chain_router
from hq_server.reconciliation.chain_desk import ChainDesk
from hq_server.reference.question_rates import QUESTIONS_A_MINUTE
from hq_server.wording import RefusedError
from station_journal.chain import QUESTION_BYTES_MAX, ChainStage, read_answer, write_question
from tests.hq_server.commission.test_runs import _sold_and_matched
from tests.hq_server.counter_side import CODE, HQ_KEY
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW, Desk
from tests.hq_server.settlement.test_a_month import Money

HQ_PUBLIC = HQ_KEY.public_key().public_bytes_raw()
S = ChainStage


class Asking:
    """A station with its key, at HQ's route."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.chain = ChainDesk(desk.engine, HQ_KEY, desk.clock)

    def question(self, seq: int, **changes) -> bytes:
        key = changes.get("key", self.desk.counter.station.key)
        at = changes.get("at", int(self.desk.clock().timestamp()))
        return write_question(key, changes.get("code", CODE), seq, at)

    def links(self, seq: int, **changes):
        answer = read_answer(self.chain.answer(self.question(seq, **changes)), HQ_PUBLIC, (CODE, seq))
        return answer.links


@pytest.fixture
def asking(engine: Engine, tmp_path: Path) -> Asking:
    return Asking(Desk(engine, tmp_path))


def test_the_station_is_told_every_step_of_its_payment_with_dates(asking: Asking) -> None:
    desk = asking.desk
    seq = desk.sale("5107800010", 7_260)
    before = asking.links(seq)
    assert {link.stage for link in before} == {S.RECORD, S.HELD, S.POSTING, S.ANSWER}
    assert all(link.on is not None for link in before)
    desk.told(seq, "5107800010", 7_260)
    desk.take()
    (line,) = [link for link in asking.links(seq) if link.stage is S.FILE_LINE]
    assert line.amount_fen == 7_260
    assert "SCDL_20261123_1.txt" in line.said
    assert "第 1 行" in line.said


def test_it_goes_on_to_the_settlement_the_order_and_the_line_of_the_bank(engine: Engine, tmp_path: Path) -> None:
    money = Money(engine, tmp_path)
    asking = Asking(money)
    (seq,) = _sold_and_matched(money, 20_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    known = asking.links(seq)
    (window,) = [link for link in known if link.stage is S.WINDOW]
    assert (window.reference, window.on) == ("BILLER 1", TODAY)
    assert S.ORDER not in {link.stage for link in known}
    order = money.send_to_bank(money.order(TOMORROW))
    assert window.amount_fen == order.amount_fen
    (sent,) = [link for link in asking.links(seq) if link.stage is S.ORDER]
    assert sent.said == "已交银行, 结果未定"
    money.at_the_bank(-order.amount_fen, f"付款 {order.reference}")
    money.read_statement()
    links = asking.links(seq)
    (paid,) = [link for link in links if link.stage is S.ORDER]
    (line,) = [link for link in links if link.stage is S.BANK_LINE]
    assert (paid.said, paid.amount_fen) == ("已付", order.amount_fen)
    assert (line.reference, line.amount_fen) == ("B1", -order.amount_fen)
    assert line.on == money.clock().date()


def test_a_line_with_anothers_number_is_not_shown_to_this_station(asking: Asking) -> None:
    desk = asking.desk
    seq = desk.sale("5107800010", 7_260)
    desk.told(seq, "5107800010", 7_260)
    desk.book.paid("ST-0999-000007-deadbeef", "5107800099", 9_999, biller_no=f"N{seq:06d}")
    desk.take()
    lines = [link for link in asking.links(seq) if link.stage is S.FILE_LINE]
    assert [link.amount_fen for link in lines] == [7_260]


def test_a_record_that_is_no_payment_has_its_receipt_by_hq_and_its_postings(asking: Asking) -> None:
    links = asking.links(1)  # TariffAdopted
    assert [link.stage for link in links] == [S.HELD]
    with pytest.raises(RefusedError, match="999"):
        asking.links(999)


def test_a_stranger_an_old_question_and_a_flood_are_refused(asking: Asking) -> None:
    seq = asking.desk.sale("5107800010", 7_260)
    stranger = Ed25519PrivateKey.generate()
    for changes in ({"key": stranger}, {"code": "ST-9999"}, {"at": 1_700_000_000}):
        with pytest.raises(RefusedError):
            asking.links(seq, **changes)
    for spoilt in (b"", b"\x82\x40\x40", asking.question(seq)[:-2], asking.question(seq) + b"x"):
        with pytest.raises(RefusedError, match=r"报文|message"):
            asking.chain.answer(spoilt)
    for _ in range(QUESTIONS_A_MINUTE - 1):
        asking.links(seq)
    with pytest.raises(RefusedError, match="999"):
        asking.links(999)  # counts as well: nobody feels for numbers at speed
    with pytest.raises(RefusedError, match=r"minute|分钟"):
        asking.links(seq)


def test_the_route_bounds_what_it_reads(asking: Asking) -> None:
    app = FastAPI()
    app.include_router(chain_router(asking.chain))

    async def post(body: bytes) -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hq") as client:
            return await client.post("/chain", content=body)

    seq = asking.desk.sale("5107800010", 7_260)
    answer = asyncio.run(post(asking.question(seq)))
    assert answer.status_code == 200
    assert read_answer(answer.content, HQ_PUBLIC, (CODE, seq)).links
    assert asyncio.run(post(bytes(QUESTION_BYTES_MAX + 1))).status_code >= 400
