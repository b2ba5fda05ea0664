"""Signing in and out, and the language: the only pages without a session."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.console.answering import (
    BASE,
    RESTORED,
    SESSION_COOKIE,
    STALE,
    Caller,
    carried_out,
    find_caller,
    go,
    is_own_form,
    plain,
)
from hq_server.console.guards import HEADERS, read_form, without_zeros
from hq_server.console.pages import all_routes
from hq_server.console.rendering import render
from hq_server.console.visits import ConsoleDesk, SentForm
from hq_server.reference.console_sessions import choose_language, close_session, find_session, new_token, open_session
from hq_server.reference.knocks import knock
from hq_server.reference.staff import SecondFactor, sign_in
from hq_server.wording import Language, RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from hq_server.console.visits import Route

FORM_COOKIE = "hq_console_form"
LANGUAGE_COOKIE = "hq_console_language"
SIGN_INS_A_MINUTE = 10
_KEPT_MAX = 16_000
_NEVER_KEPT = ("csrf", "password", "new_password", "totp")
_OVER = Sentence(
    "登录已过期, 没有办理; 已保留您填写的内容, 请重新登录",
    "the session has ended and nothing was done; what you typed is kept: sign in again",
)
_STAFF_DIGITS = 9


class Entrance:
    """What leads into the console and out of it."""

    def __init__(self, desk: ConsoleDesk) -> None:
        """Open the entrance."""
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Show the form to sign in with."""
        wanted = request.query_params.get("language")
        language = Language(wanted) if wanted in set(Language) else _language_of(request)
        return self._page(request, language, None)

    def keep(self, request: Request, form: SentForm) -> Response:
        """Answer a form whose session is over: what was typed goes with the form to sign in with, and comes back."""
        fields = {name: value for name, value in form.fields.items() if name not in _NEVER_KEPT}
        where = {"path": request.url.path.removeprefix(BASE), "query": dict(request.query_params), "fields": fields}
        kept = json.dumps(where, ensure_ascii=False)
        return self._page(request, _language_of(request), _OVER, kept=kept if len(kept) <= _KEPT_MAX else "")

    def _page(
        self, request: Request, language: Language, problem: Sentence | None, staff_no: str = "", kept: str = ""
    ) -> Response:
        token = request.cookies.get(FORM_COOKIE) or new_token()
        told = problem.said_in(language) if problem else ""
        values = {"csrf": token, "problem": told, "staff_no": staff_no, "kept": kept}
        text = render("sign_in.html", language, values)
        response = HTMLResponse(text, status_code=403 if problem else 200, headers=HEADERS)
        _set_cookie(request, response, FORM_COOKIE, token)
        _set_cookie(request, response, LANGUAGE_COOKIE, language.value)
        return response

    async def take(self, request: Request) -> Response:
        """Take the form to sign in with."""
        try:
            form = await read_form(request)
        except RefusedError as error:
            return plain(413, error.sentence)
        return await run_in_threadpool(self._sign_in, request, form)

    def _sign_in(self, request: Request, form: SentForm) -> Response:
        desk, language, now = self._desk, _language_of(request), self._desk.clock()
        fields, kept = form.fields, form.fields.get("kept", "")[:_KEPT_MAX]
        number = fields.get("staff_no", "").strip()
        cookie = request.cookies.get(FORM_COOKIE, "")
        if not cookie or not hmac.compare_digest(fields.get("csrf", "").encode(), cookie.encode()):
            return self._page(request, language, STALE, number, kept)
        with desk.engine.begin() as connection:
            may_try = knock(connection, request.client.host if request.client else "", now, SIGN_INS_A_MINUTE)
        if not may_try:
            slower = Sentence("登录过于频繁, 请一分钟后再试", "too many attempts: try again in a minute")
            return self._page(request, language, slower, number, kept)
        try:
            is_number = number.isascii() and number.isdigit() and len(number) <= _STAFF_DIGITS
            second = SecondFactor(desk.journal.key, fields.get("totp", ""))
            member = sign_in(desk.engine, int(number) if is_number else 0, fields.get("password", ""), now, second)
        except RefusedError as error:
            return self._page(request, language, error.sentence, number, kept)
        with desk.engine.begin() as connection:
            token = open_session(connection, member, language, now)
            audit.note(connection, AuditTag.SIGNED_IN, audit.staff_actor(member.staff_no), now, {})
            session = find_session(connection, token, now)
        response = go("/")
        if kept and session is not None:
            response = _restored(Caller(desk, session, token, now), request, kept) or response
        _set_cookie(request, response, SESSION_COOKIE, token)
        response.delete_cookie(FORM_COOKIE, path=BASE)
        return response

    async def leave(self, request: Request) -> Response:
        """End the session."""
        try:
            form = await read_form(request)
        except RefusedError as error:
            return plain(413, error.sentence)
        return await run_in_threadpool(self._act, request, form, close_session)

    async def language(self, request: Request) -> Response:
        """Change the language of the session."""
        try:
            form = await read_form(request)
        except RefusedError as error:
            return plain(413, error.sentence)
        wanted = form.fields.get("language", "")
        language = Language(wanted) if wanted in set(Language) else Language.CHINESE

        def choose(connection: Any, token: str) -> None:  # noqa: ANN401 - the page knows no SQL
            choose_language(connection, token, language)

        response = await run_in_threadpool(self._act, request, form, choose)
        _set_cookie(request, response, LANGUAGE_COOKIE, language.value)
        return response

    def _act(self, request: Request, form: SentForm, act: Callable[[Any, str], None]) -> Response:
        caller = find_caller(self._desk, request)
        if caller is None:
            return go("/sign-in")
        if not is_own_form(caller, request, form):
            return plain(403, STALE)
        with self._desk.engine.begin() as connection:
            act(connection, caller.token)
        return go("/")


def _restored(caller: Caller, request: Request, kept: str) -> Response | None:
    """Show the page that a form was for, filled in again; nothing is carried out. None where it cannot be shown."""
    try:
        where = json.loads(kept)
        path, fields = str(where["path"]), {str(k): str(v) for k, v in dict(where["fields"]).items()}
        query = {without_zeros(str(k)): without_zeros(str(v)) for k, v in dict(where["query"]).items()}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    found = _route_at(path)
    if found is None or not found[0].is_open_to(caller.session.member.role):
        return None
    route, parameters = found
    scope = {**request.scope, "path": BASE + path, "path_params": parameters, "query_string": _encoded(query)}
    form = SentForm({name: without_zeros(value) for name, value in fields.items()})
    try:
        return carried_out(caller, route, Request(scope), form, problem=RESTORED)
    except RefusedError:
        return None


def _encoded(query: dict[str, str]) -> bytes:
    from urllib.parse import urlencode

    return urlencode(query).encode()


def _route_at(path: str) -> tuple[Route, dict[str, Any]] | None:
    from starlette.routing import compile_path

    for route in all_routes():
        pattern, _, convertors = compile_path(route.path)
        found = pattern.match(path)
        if found and route.do is not None:
            return route, {name: convertors[name].convert(text) for name, text in found.groupdict().items()}
    return None


def _language_of(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return Language(chosen) if chosen in set(Language) else Language.CHINESE


def _set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, path=BASE, httponly=True, samesite="strict", secure=secure)
