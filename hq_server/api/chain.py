"""POST /chain: the chain behind one of a station's own records, asked for signed; the answer is CBOR signed by HQ."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from hq_server.api.bodies import bounded_body
from hq_server.reconciliation.chain_desk import ChainDesk
from station_journal.chain import QUESTION_BYTES_MAX
from station_journal.exchange import MEDIA_TYPE


def chain_router(desk: ChainDesk) -> APIRouter:
    """Make the route."""
    router = APIRouter()

    @router.post("/chain")
    async def chain(request: Request) -> Response:
        body = await bounded_body(request, QUESTION_BYTES_MAX)
        return Response(await run_in_threadpool(desk.answer, body), media_type=MEDIA_TYPE)

    return router
