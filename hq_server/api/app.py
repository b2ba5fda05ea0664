"""The application that stations call: its routes, and errors in one form."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect

from hq_server.api.bell import Bell
from hq_server.api.bodies import BodyTooLargeError
from hq_server.api.enrolment import enrolment_router
from hq_server.api.exchange import exchange_router
from hq_server.api.monitoring import RequestFigures, make_durations, monitoring_router
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.logs import get_logger
from hq_server.reference.enrolment_desk import EnrolmentDesk
from hq_server.statements.condition import ConditionDesk
from hq_server.wording import RefusedError
from station_journal.exchange import ExchangeRefusedError

_log = get_logger("api")
_CALLER_LEFT = 499
"""Nobody hears it; in figures and logs it tells a broken link from a failure. Proxies use the same number."""


class Monitoring(NamedTuple):
    """What monitoring is answered from, and the token that its questions about figures must carry."""

    desk: ConditionDesk
    token: str


def create_app(
    exchange_desk: ExchangeDesk,
    enrolment_desk: EnrolmentDesk,
    bell: Bell,
    monitoring: Monitoring,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Make the application; ``routers`` are mounted beside its own routes."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with bell.listening():
            yield

    app = FastAPI(title="station-pos HQ", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(exchange_router(exchange_desk, bell))
    app.include_router(enrolment_router(enrolment_desk))
    for router in routers:
        app.include_router(router)

    registry = CollectorRegistry()
    app.include_router(monitoring_router(monitoring.desk, registry, monitoring.token))
    app.add_middleware(RequestFigures, durations=make_durations(registry))
    app.add_exception_handler(ExchangeRefusedError, _refused_message)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(ClientDisconnect, _left)
    return app


def _left(_request: Request, _error: Exception) -> Response:
    """Note under a status of its own that the link broke in mid-upload: an everyday thing, and no failure of HQ."""
    return Response(status_code=_CALLER_LEFT)


def _refused_message(request: Request, error: Exception) -> JSONResponse:
    _log.warning("message_refused", path=request.url.path, reason=str(error))
    return _form(400, "damaged", str(error))


def _refused(request: Request, error: Exception) -> JSONResponse:
    code: Any = getattr(error, "code", "refused")
    _log.warning("refused", path=request.url.path, code=code, reason=str(error))
    status = 413 if isinstance(error, BodyTooLargeError) else 400 if code == "damaged" else 403
    return _form(status, code, str(error))


def _form(status: int, code: str, sentence: str) -> JSONResponse:
    return JSONResponse({"error": code, "sentence": sentence}, status_code=status)
