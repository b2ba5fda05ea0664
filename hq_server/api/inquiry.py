"""POST /inquiry: what an account owes its biller, asked by a station, signed; the answer is JSON."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from hq_server.api.bodies import bounded_body
from hq_server.gateway.inquiry import InquiryDesk

_INQUIRY_BYTES_MAX = 4 * 1024


def inquiry_router(desk: InquiryDesk) -> APIRouter:
    """Make the route."""
    router = APIRouter()

    @router.post("/inquiry")
    async def inquiry(request: Request) -> JSONResponse:
        body = await bounded_body(request, _INQUIRY_BYTES_MAX)
        answer = await run_in_threadpool(desk.answer, body)
        return JSONResponse(answer.fields, status_code=answer.status)

    return router
