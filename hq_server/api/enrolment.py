"""POST /enrolment and /enrolment/status: a station asks to be certified, and fetches what it needs once it is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from hq_server.api.bodies import json_fields
from hq_server.reference.enrolment_desk import EnrolmentDesk
from hq_server.wording import RefusedError


def enrolment_router(desk: EnrolmentDesk) -> APIRouter:
    """Make both routes."""
    router = APIRouter()

    @router.post("/enrolment")
    async def request_enrolment(request: Request) -> dict[str, Any]:
        fields = await json_fields(request, "station_code", "code_proof", "public_key")
        proof, public_key = _octets(fields["code_proof"]), _octets(fields["public_key"])
        return await run_in_threadpool(desk.request, fields["station_code"], proof, public_key)

    @router.post("/enrolment/status")
    async def enrolment_status(request: Request) -> dict[str, Any]:
        fields = await json_fields(request, "station_code", "code_proof")
        return await run_in_threadpool(desk.status, fields["station_code"], _octets(fields["code_proof"]))

    return router


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise RefusedError("damaged", "字段不是十六进制", "a field is not hexadecimal") from error
