"""POST /lead-contacts: names and numbers that leads are about, brought by their station, signed; the answer is JSON."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from hq_server.api.bodies import bounded_body
from hq_server.ingest.lead_contact_desk import LeadContactDesk
from station_journal.lead_contact import MESSAGE_BYTES_MAX


def lead_contacts_router(desk: LeadContactDesk) -> APIRouter:
    """Make the route."""
    router = APIRouter()

    @router.post("/lead-contacts")
    async def lead_contacts(request: Request) -> JSONResponse:
        body = await bounded_body(request, MESSAGE_BYTES_MAX)
        return JSONResponse({"held": await run_in_threadpool(desk.take, body)})

    return router
