"""Asking what an account owes: through HQ's own route, to a biller that is a process of its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from hq_server.api.inquiry import inquiry_router
from hq_server.gateway.inquiry import INQUIRIES_A_MINUTE, InquiryDesk
from station_journal.exchange import write_inquiry
from tests.hq_server.counter_side import CODE, Counter, set_road
from tests.hq_server.gateway.conftest import BillerSide, accounts
from tests.hq_server.people import SteppingClock

pytestmark = pytest.mark.enable_socket


class Asking:
    def __init__(self, counter: Counter) -> None:
        app = FastAPI()
        app.include_router(inquiry_router(InquiryDesk(counter.engine, counter.clock)))
        self.app, self.counter = app, counter

    def __call__(self, account_no: str, product_code: int = 101, **changes: Any) -> tuple[int, Any]:
        key = changes.get("key", self.counter.station.key)
        at = changes.get("at", self.counter.clock())
        body = write_inquiry(key, changes.get("code", CODE), product_code, account_no, int(at.timestamp()))
        answer = asyncio.run(self._post(body))
        return answer.status_code, answer.json()

    async def _post(self, body: bytes) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hq") as client:
            return await client.post("/inquiry", content=body)


@pytest.fixture
def ask(counter: Counter) -> Asking:
    return Asking(counter)


class TestAnInquiry:
    def test_brings_the_open_bills_and_the_masked_name(self, ask: Asking, biller: BillerSide) -> None:
        account, bill_no, amount_fen = biller.bill()
        named = biller.ask("POST", "/SCDL/inquiry", account_no=account)["payer_name"]
        status, answer = ask(account)
        assert status == 200
        assert answer["payer_name"] == "*" + named[1:]
        assert named not in str(answer)
        assert answer["bills"][0] | {"bill_no": bill_no, "amount_fen": amount_fen} == answer["bills"][0]
        assert set(answer) == {"payer_name", "address", "bills"}

    @pytest.mark.usefixtures("biller")
    def test_about_an_account_the_biller_does_not_have(self, ask: Asking) -> None:
        assert ask("9999999999") == (404, {"error": "unknown_account"})
        assert ask("12AB") == (404, {"error": "unknown_account"})

    @pytest.mark.parametrize("fault", ["drop", "garbage", "error500", "delay"])
    def test_that_the_biller_does_not_answer_says_so(self, ask: Asking, biller: BillerSide, fault: str) -> None:
        if fault == "delay":  # the only one that is waited out
            set_road(ask.counter.engine, "SCDL", base_url=f"{biller.url}/SCDL", timeout_s=1)
        biller.fault(fault, operation="inquiry", seconds=3)
        assert ask(accounts("SCDL")[0]) == (502, {"error": "biller_silent"})

    def test_of_a_biller_without_a_road_says_so(self, ask: Asking) -> None:
        assert ask(accounts("SCDL")[0]) == (502, {"error": "biller_silent"})

    @pytest.mark.usefixtures("biller")
    def test_of_somebody_else_is_refused(self, ask: Asking, counter: Counter) -> None:
        account = accounts("SCDL")[0]
        assert ask(account, key=counter.journal.key) == (403, {"error": "refused"})
        assert ask(account, code="NOSUCH") == (403, {"error": "refused"})
        assert ask(account, product_code=999) == (403, {"error": "refused"})

    @pytest.mark.parametrize("minutes", [-11, 11])
    def test_from_another_hour_is_refused(self, ask: Asking, clock: SteppingClock, minutes: int) -> None:
        assert ask(accounts("SCDL")[0], at=clock() + timedelta(minutes=minutes))[0] == 403

    def test_too_often_in_a_minute_is_held_off_until_the_next(
        self, ask: Asking, counter: Counter, clock: SteppingClock
    ) -> None:
        set_road(counter.engine, "SCDL", base_url="http://127.0.0.1:9/SCDL")
        account = accounts("SCDL")[0]
        answers = [ask(account)[0] for _ in range(INQUIRIES_A_MINUTE + 1)]
        assert answers == [502] * INQUIRIES_A_MINUTE + [429]
        clock.step(minutes=1)
        assert ask(account)[0] == 502
