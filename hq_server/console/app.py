"""The console's routes: sign-in, language, the files of its pages, and every page behind session and form token."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hq_server.console.answering import BASE, endpoint, go, plain
from hq_server.console.entrance import Entrance
from hq_server.console.guards import HEADERS
from hq_server.console.pages import all_routes
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hq_server.console.visits import ConsoleDesk

_FILES = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_NO_PAGE = Sentence("没有这个页面", "there is no such page")


def console_router(desk: ConsoleDesk) -> APIRouter:
    """Make the console's routes."""
    router = APIRouter()
    entrance = Entrance(desk)
    _add(router, "/", _to_console)
    _add(router, BASE, _to_console)
    _add(router, f"{BASE}/sign-in", entrance.show)
    _add(router, f"{BASE}/sign-in", entrance.take, "POST")
    _add(router, f"{BASE}/sign-out", entrance.leave, "POST")
    _add(router, f"{BASE}/language", entrance.language, "POST")
    for name in _FILES:
        _add(router, f"{BASE}/{name}", _file(name))
    for route in all_routes():
        methods = ("GET", "POST") if route.do is not None or route.only_looks else ("GET",)
        _add(router, BASE + route.path, endpoint(desk, route, entrance.keep), *methods)
    _add(router, BASE + "/{rest:path}", _nowhere, "GET", "POST")
    return router


class _Pattern(NamedTuple):
    """The pattern of an address, where the request figures look for it."""

    path: str


def _add(router: APIRouter, path: str, answer: Callable[[Request], Awaitable[Response]], *methods: str) -> None:
    """Add what answers at a path, by GET unless methods are named; the framework notes its own kind of route only."""

    async def answer_noted(request: Request) -> Response:
        request.scope["route"] = _Pattern(path)
        return await answer(request)

    router.add_route(path, answer_noted, methods=list(methods or ("GET",)))


async def _to_console(_request: Request) -> Response:
    """Whoever types the bare address means the console."""
    return go("/")


async def _nowhere(_request: Request) -> Response:
    return plain(404, _NO_PAGE)


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return Response(_bytes(name), media_type=_FILES[name], headers={**HEADERS, "Cache-Control": "max-age=3600"})

    return answer


@lru_cache
def _bytes(name: str) -> bytes:
    return files("hq_server.console").joinpath(f"static/{name}").read_bytes()
