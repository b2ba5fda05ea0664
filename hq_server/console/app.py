"""The console's routes: sign-in, language, style sheet, and every page behind the session and its form token."""

from __future__ import annotations

import hmac
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hq_server.console import desks, lists, network
from hq_server.console.guards import HEADERS, KnockLimit, read_form
from hq_server.console.rendering import render
from hq_server.console.visits import ConsoleDesk, Download, Page, Route, Visit
from hq_server.logs import get_logger
from hq_server.reference.console_sessions import (
    Session,
    choose_language,
    close_session,
    find_session,
    new_token,
    open_session,
)
from hq_server.reference.staff import sign_in
from hq_server.wording import Language, RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from hq_server.console.visits import Shown

BASE = "/console"
SESSION_COOKIE = "hq_console"
FORM_COOKIE = "hq_console_form"
LANGUAGE_COOKIE = "hq_console_language"
SIGN_INS_A_MINUTE = 10
_STALE = Sentence("页面已过期, 请重新提交", "the page is out of date: send it again")
_log = get_logger(__name__)


def console_router(desk: ConsoleDesk) -> APIRouter:
    """Make the console's routes."""
    router = APIRouter()
    entrance = _Entrance(desk)
    router.add_route("/", _to_console, methods=["GET"])
    router.add_route(f"{BASE}/sign-in", entrance.show, methods=["GET"])
    router.add_route(f"{BASE}/sign-in", entrance.take, methods=["POST"])
    router.add_route(f"{BASE}/sign-out", entrance.leave, methods=["POST"])
    router.add_route(f"{BASE}/language", entrance.language, methods=["POST"])
    router.add_route(f"{BASE}/console.css", _style_sheet, methods=["GET"])
    for route in (*network.ROUTES, *desks.ROUTES, *lists.ROUTES):
        methods = ["GET"] if route.do is None else ["GET", "POST"]
        router.add_route(BASE + route.path, _endpoint(desk, route), methods=methods)
    return router


async def _to_console(_request: Request) -> Response:
    """Whoever types the bare address means the console."""
    return _go("/")


async def _style_sheet(_request: Request) -> Response:
    data = files("hq_server.console").joinpath("static/console.css").read_bytes()
    return Response(data, media_type="text/css", headers={**HEADERS, "Cache-Control": "max-age=3600"})


def _endpoint(desk: ConsoleDesk, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form: dict[str, str] = {}
        if request.method == "POST":
            try:
                form = await read_form(request)
            except RefusedError as error:
                return _plain(413, error.sentence)
        return await run_in_threadpool(_answer, desk, route, request, form)

    return endpoint


def _answer(desk: ConsoleDesk, route: Route, request: Request, form: Mapping[str, str]) -> Response:
    token, now = request.cookies.get(SESSION_COOKIE, ""), desk.clock()
    with desk.engine.begin() as connection:
        session = find_session(connection, token, now) if token else None
    if session is None:
        return _go("/sign-in")
    deed = route.do if request.method == "POST" else None
    if deed is not None and not hmac.compare_digest(form.get("csrf", "").encode(), session.csrf_token.encode()):
        return _plain(403, _STALE)
    facts = (desk, session, token, now)
    try:
        return _carried_out(facts, deed or route.show, request, form, None)
    except RefusedError as error:
        _log.info("console.refused", staff_no=session.member.staff_no, path=request.url.path, code=error.code)
        if deed is None:
            return _refused_page(session, error)
        return _carried_out(facts, route.show, request, form, error.sentence)


def _carried_out(
    facts: tuple[ConsoleDesk, Session, str, Any],
    act: Callable[[Visit], Shown],
    request: Request,
    form: Mapping[str, str],
    problem: Sentence | None,
) -> Response:
    """Do one thing in one transaction and make its answer; a refusal takes the whole transaction back."""
    desk, session, token, now = facts
    query = dict(request.query_params)
    with desk.engine.begin() as connection:
        visit = Visit(desk, connection, session, token, now, request.path_params, query, form, problem)
        shown = act(visit)
        if isinstance(shown, Page):
            text = _page_text(visit, shown)
            return HTMLResponse(text, status_code=409 if problem else 200, headers=HEADERS)
    if isinstance(shown, Download):
        disposition = f"attachment; filename*=UTF-8''{quote(shown.name)}"
        return Response(
            shown.data, media_type=shown.media_type, headers={**HEADERS, "Content-Disposition": disposition}
        )
    return _go(shown.to)


def _page_text(visit: Visit, page: Page) -> str:
    values = {
        "visit": visit,
        "member": visit.member,
        "csrf": visit.session.csrf_token,
        "problem": visit.problem.said_in(visit.language) if visit.problem else "",
        "done": visit.query.get("done", ""),
        "now": visit.now,
    }
    return render(page.template, visit.language, {**values, **page.values})


def _refused_page(session: Session, error: RefusedError) -> Response:
    sentence = error.sentence.said_in(session.language)
    values = {"member": session.member, "csrf": session.csrf_token, "problem": sentence, "done": ""}
    return HTMLResponse(render("refused.html", session.language, values), status_code=409, headers=HEADERS)


def _plain(status: int, sentence: Sentence) -> Response:
    return Response(f"{sentence.zh}\n{sentence.en}\n", status, HEADERS, "text/plain; charset=utf-8")


def _go(path: str) -> Response:
    return RedirectResponse(BASE + path, status_code=303, headers=HEADERS)


class _Entrance:
    """Signing in and out, and the language; the only pages without a session."""

    def __init__(self, desk: ConsoleDesk) -> None:
        self._desk = desk
        self._limit = KnockLimit(SIGN_INS_A_MINUTE)

    async def show(self, request: Request) -> Response:
        wanted = request.query_params.get("language")
        language = Language(wanted) if wanted in set(Language) else _language_of(request)
        return self._page(request, language, None)

    def _page(self, request: Request, language: Language, problem: Sentence | None, staff_no: str = "") -> Response:
        token = request.cookies.get(FORM_COOKIE) or new_token()
        told = problem.said_in(language) if problem else ""
        text = render("sign_in.html", language, {"csrf": token, "problem": told, "staff_no": staff_no})
        response = HTMLResponse(text, status_code=403 if problem else 200, headers=HEADERS)
        _set_cookie(request, response, FORM_COOKIE, token)
        _set_cookie(request, response, LANGUAGE_COOKIE, language.value)
        return response

    async def take(self, request: Request) -> Response:
        try:
            form = await read_form(request)
        except RefusedError as error:
            return _plain(413, error.sentence)
        return await run_in_threadpool(self._sign_in, request, form)

    def _sign_in(self, request: Request, form: Mapping[str, str]) -> Response:
        desk, language, now = self._desk, _language_of(request), self._desk.clock()
        number = form.get("staff_no", "").strip()
        cookie = request.cookies.get(FORM_COOKIE, "")
        if not cookie or not hmac.compare_digest(form.get("csrf", "").encode(), cookie.encode()):
            return self._page(request, language, _STALE, number)
        if not self._limit.allows(request.client.host if request.client else "", now):
            slower = Sentence("登录过于频繁, 请一分钟后再试", "too many attempts: try again in a minute")
            return self._page(request, language, slower, number)
        try:
            staff_no = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0  # noqa: PLR2004
            member = sign_in(desk.engine, staff_no, form.get("password", ""), now)
        except RefusedError as error:
            return self._page(request, language, error.sentence, number)
        with desk.engine.begin() as connection:
            token = open_session(connection, member, language, now)
        response = _go("/")
        _set_cookie(request, response, SESSION_COOKIE, token)
        response.delete_cookie(FORM_COOKIE, path=BASE)
        return response

    async def leave(self, request: Request) -> Response:
        return await run_in_threadpool(self._with_session, request, await read_form(request), close_session)

    async def language(self, request: Request) -> Response:
        form = await read_form(request)
        wanted = form.get("language", "")
        language = Language(wanted) if wanted in set(Language) else Language.CHINESE

        def choose(connection: Any, token: str) -> None:  # noqa: ANN401 - the page knows no SQL
            choose_language(connection, token, language)

        response = await run_in_threadpool(self._with_session, request, form, choose)
        _set_cookie(request, response, LANGUAGE_COOKIE, language.value)
        return response

    def _with_session(self, request: Request, form: Mapping[str, str], act: Callable[[Any, str], None]) -> Response:
        token = request.cookies.get(SESSION_COOKIE, "")
        with self._desk.engine.begin() as connection:
            session = find_session(connection, token, self._desk.clock()) if token else None
            if session is None:
                return _go("/sign-in")
            if not hmac.compare_digest(form.get("csrf", "").encode(), session.csrf_token.encode()):
                return _plain(403, _STALE)
            act(connection, token)
        return _go("/")


def _language_of(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return Language(chosen) if chosen in set(Language) else Language.CHINESE


def _set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, path=BASE, httponly=True, samesite="strict", secure=secure)
