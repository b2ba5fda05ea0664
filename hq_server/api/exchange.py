"""POST /exchange: the one road of both journals. Request and answer are CBOR, each under its writer's signature."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from hq_server.api.bell import Bell
from hq_server.api.bodies import bounded_body
from hq_server.ingest.exchange_desk import ExchangeDesk, Taken
from station_journal.exchange import EXCHANGE_BYTES_MAX, MEDIA_TYPE

WAIT_S_MAX = 25
_LOOK_EVERY_S = 5


def exchange_router(desk: ExchangeDesk, bell: Bell) -> APIRouter:
    """Make the route; ``bell`` wakes answers that wait for news."""
    router = APIRouter()

    @router.post("/exchange")
    async def exchange(request: Request) -> Response:
        body = await bounded_body(request, EXCHANGE_BYTES_MAX)
        taken = await run_in_threadpool(desk.take, body)
        await _await_news(desk, bell, taken)
        return Response(await run_in_threadpool(desk.answer, taken), media_type=MEDIA_TYPE)

    return router


async def _await_news(desk: ExchangeDesk, bell: Bell, taken: Taken) -> None:
    """Wait until HQ has something for the station, at most as long as it asked for."""
    loop = asyncio.get_running_loop()
    until = loop.time() + min(taken.hello.wait_s, WAIT_S_MAX)
    with bell.waiting(taken.hello.station_code) as rung:
        while not bell.closing and loop.time() < until and not await run_in_threadpool(desk.has_news, taken):
            rung.clear()
            try:
                await asyncio.wait_for(rung.wait(), min(_LOOK_EVERY_S, until - loop.time()))
            except TimeoutError:
                continue  # look again: a notification may have been lost
