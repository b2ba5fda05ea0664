"""The console's routes: sign-in, language, the files of its pages, and every page behind session and form token."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

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
    router.add_route("/", _to_console, methods=["GET"])
    router.add_route(BASE, _to_console, methods=["GET"])
    router.add_route(f"{BASE}/sign-in", entrance.show, methods=["GET"])
    router.add_route(f"{BASE}/sign-in", entrance.take, methods=["POST"])
    router.add_route(f"{BASE}/sign-out", entrance.leave, methods=["POST"])
    router.add_route(f"{BASE}/language", entrance.language, methods=["POST"])
    for name in _FILES:
        router.add_route(f"{BASE}/{name}", _file(name), methods=["GET"])
    for route in all_routes():
        methods = ["GET", "POST"] if route.do is not None or route.only_looks else ["GET"]
        router.add_route(BASE + route.path, endpoint(desk, route, entrance.keep), methods=methods)
    router.add_route(BASE + "/{rest:path}", _nowhere, methods=["GET", "POST"])
    return router


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
