"""What monitoring reads: whether this process can work, and the figures in Prometheus' text form.

``/health`` needs no secret and tells none. ``/metrics`` is there only where ``HQ_METRICS_TOKEN`` is set, and answers
only who sends it: behind a server that ends TLS every caller seems to be the machine itself.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterable
from dataclasses import fields

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hq_server.logs import get_logger
from hq_server.statements.condition import Condition, ConditionDesk

MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers lay their figures down so that any of them can answer for all; prometheus_client reads it."""
_PROBES = frozenset({"/health", "/metrics"})
_log = get_logger("requests")

_HELP = {
    "stations": "Stations on the list.",
    "stations_silent": "Stations not heard of for more than 26 hours.",
    "stations_stopped": "Stations whose posting has stopped at a record.",
    "stations_recovering": "Stations that have not brought back yet what a restored HQ lacks.",
    "records_unposted": "Records taken in and not posted yet.",
    "payments_waiting": "Payments that wait for a biller.",
    "payments_waiting_s": "How long the oldest of them has waited, in seconds.",
    "alarms": "Alarms raised since the beginning.",
    "branch_cases": "Stations' histories that came apart, put aside as cases.",
    "difference_fen": "What the trial balance is off by, in fen.",
    "jobs_working": "1 where a jobs process leads.",
}


class RequestFigures:
    """ASGI middleware: how long each request took by route and status, as a histogram and as one line in the log.

    Neither path values nor queries nor bodies are noted: they hold account numbers and codes.
    """

    def __init__(self, app: ASGIApp, durations: Histogram) -> None:
        """Wrap an application."""
        self._app = app
        self._durations = durations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            took_s = time.perf_counter() - began
            # The route's pattern, not the path: a stranger's paths are without number.
            route = getattr(scope.get("route"), "path", "")
            self._durations.labels(scope["method"], route, str(status)).observe(took_s)
            _log.info("request", method=scope["method"], route=route, status=status, ms=round(took_s * 1_000, 1))


class _ConditionFigures:
    """Gives prometheus_client the condition of HQ as gauges."""

    def __init__(self, state: Condition) -> None:
        self._state = state

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for field in fields(self._state):
            yield GaugeMetricFamily(
                f"hq_{field.name}", _HELP[field.name], value=float(getattr(self._state, field.name))
            )


def make_durations(registry: CollectorRegistry) -> Histogram:
    """Make the histogram of request times of one process."""
    return Histogram(
        "hq_request_seconds",
        "How long requests took, by route and status; an exchange may wait for an answer on purpose.",
        ("method", "route", "status"),
        registry=registry,
        buckets=(0.005, 0.02, 0.05, 0.15, 0.5, 1.5, 5.0, 30.0),
    )


def monitoring_router(desk: ConditionDesk, registry: CollectorRegistry, token: str) -> APIRouter:
    """Make the routes; without a token there are no figures to be had."""
    router = APIRouter()

    @router.get("/health")
    async def health(response: Response) -> dict[str, str]:
        if await run_in_threadpool(desk.answers):
            return {"status": "ok"}
        response.status_code = 503
        return {"status": "the database does not answer"}

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or not hmac.compare_digest(given.encode(), token.encode()):
            return Response(status_code=401 if token else 404)
        state = await run_in_threadpool(desk.condition)
        gauges = CollectorRegistry(auto_describe=False)
        gauges.register(_ConditionFigures(state))
        return Response(generate_latest(gauges) + generate_latest(_requests(registry)), media_type=CONTENT_TYPE_LATEST)

    return router


def _requests(own: CollectorRegistry) -> CollectorRegistry:
    """Give the request figures of all workers, where there are several; else this process's."""
    if not os.environ.get(MULTIPROCESS_FOLDER):
        return own
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
    return merged
