"""From a request to an answer: session, form token, right, one transaction, and a refusal as a sentence on the page."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hq_server.console.guards import HEADERS, FormToken, came_from_elsewhere, form_number, read_form, without_zeros
from hq_server.console.pages import menu_of
from hq_server.console.rendering import render
from hq_server.console.visits import ConsoleDesk, Download, Page, Route, SentForm, Visit
from hq_server.logs import get_logger
from hq_server.reference.console_sessions import Session, find_session, spend_form
from hq_server.reference.staff import Role
from hq_server.wording import Language, RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from hq_server.console.visits import Shown

BASE = "/console"
SESSION_COOKIE = "hq_console"
STALE = Sentence(
    "页面已过期, 没有办理; 请核对后重新提交", "the page was out of date and nothing was done: look and send again"
)
RESTORED = Sentence(
    "登录曾经过期, 还没有办理; 已保留您填写的内容, 请核对后重新提交",
    "the session had ended and nothing was done yet; what you typed is kept: look and send again",
)
_READS_ONLY = Sentence("审计只查看, 不办理", "an auditor sees everything and changes nothing")
_NOT_FOR_ROLE = Sentence("您的岗位不能查看此页", "this page is not for your role")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and when."""

    desk: ConsoleDesk
    session: Session
    token: str
    now: datetime


def find_caller(desk: ConsoleDesk, request: Request) -> Caller | None:
    """Find the session that a request comes from; none where it is over."""
    token, now = request.cookies.get(SESSION_COOKIE, ""), desk.clock()
    if not token:
        return None
    with desk.engine.begin() as connection:
        session = find_session(connection, token, now)
    return None if session is None else Caller(desk, session, token, now)


def is_own_form(caller: Caller, request: Request, form: SentForm) -> bool:
    """Tell whether a form was made for this session and sent by its own page."""
    made_for = form.fields.get("csrf", "").partition(".")[0]
    is_right = hmac.compare_digest(made_for.encode(), caller.session.csrf_token.encode())
    return is_right and not came_from_elsewhere(request)


def endpoint(
    desk: ConsoleDesk, route: Route, kept: Callable[[Request, SentForm], Response]
) -> Callable[[Request], Awaitable[Response]]:
    """Make what answers at a route's address; ``kept`` answers a form whose session is over."""

    async def answer_at(request: Request) -> Response:
        form = SentForm()
        if request.method == "POST":
            try:
                form = await read_form(request, route.upload_bytes_max)
            except RefusedError as error:
                return plain(413, error.sentence)
        return await run_in_threadpool(_answer, desk, route, request, form, kept)

    return answer_at


def _answer(
    desk: ConsoleDesk, route: Route, request: Request, form: SentForm, kept: Callable[[Request, SentForm], Response]
) -> Response:
    caller, is_post = find_caller(desk, request), request.method == "POST"
    if caller is None:
        if is_post and not came_from_elsewhere(request):
            return kept(request, form)
        return go("/sign-in")
    role = caller.session.member.role
    if is_post and not is_own_form(caller, request, form):
        return plain(403, STALE)
    if not route.is_open_to(role):
        return refused_page(caller, _NOT_FOR_ROLE, 403)
    if not route.of_own_account and _must_set_up(caller):
        return go("/account")
    if is_post and role is Role.AUDITOR and not route.of_own_account and not route.only_looks:
        return refused_page(caller, _READS_ONLY, 403)
    try:
        return carried_out(caller, route, request, form, is_deed=is_post and route.do is not None)
    except RefusedError as error:
        _log.info("console.refused", staff_no=caller.session.member.staff_no, path=request.url.path, code=error.code)
        try:
            return carried_out(caller, route, request, form, problem=error.sentence)
        except RefusedError as again:
            return refused_page(caller, again.sentence, 409)


def _must_set_up(caller: Caller) -> bool:
    session = caller.session
    return session.is_password_given or (caller.desk.needs_codes and not session.has_codes)


def carried_out(
    caller: Caller,
    route: Route,
    request: Request,
    form: SentForm,
    *,
    is_deed: bool = False,
    problem: Sentence | None = None,
) -> Response:
    """Do one thing in one transaction and make its answer; a refusal takes the whole transaction back.

    Raises:
        RefusedError: the deed or the page is not possible; a form that was sent before is one of the reasons.
    """
    path = {name: without_zeros(str(value)) for name, value in request.path_params.items()}
    query = {name: without_zeros(value) for name, value in request.query_params.items()}
    act = route.do if is_deed and route.do else route.show
    with caller.desk.engine.begin() as connection:
        if is_deed:
            spend_form(connection, caller.session, form_number(form.fields.get("csrf", "")), caller.now)
        visit = Visit(
            caller.desk,
            connection,
            caller.session,
            caller.token,
            caller.now,
            path,
            query,
            form.fields,
            problem,
            form.picked,
            form.upload,
            route,
        )
        shown = act(visit)
        if isinstance(shown, Page):
            return HTMLResponse(_page_text(visit, shown), status_code=409 if problem else 200, headers=HEADERS)
    return _without_page(shown)


def _without_page(shown: Shown) -> Response:
    if isinstance(shown, Download):
        disposition = f"attachment; filename*=UTF-8''{quote(shown.name)}"
        headers = {**HEADERS, "Content-Disposition": disposition}
        return Response(shown.data, media_type=shown.media_type, headers=headers)
    assert not isinstance(shown, Page)  # noqa: S101 - shown in its transaction
    return go(shown.to)


def _page_text(visit: Visit, page: Page) -> str:
    values = {
        "visit": visit,
        "problem": visit.problem.said_in(visit.language) if visit.problem else "",
        "done": visit.query.get("done", ""),
        "now": visit.now,
    }
    shared = _frame(visit.session, visit.route.path if visit.route else "")
    return render(page.template, visit.language, {**shared, **values, **page.values})


def _frame(session: Session, path: str) -> dict[str, object]:
    """Give what every page's frame shows: who, the token of forms, the menu and where in it the page stands."""
    member, menu = session.member, menu_of(session.member.role)
    above = [one.path for _, entries in menu for one in entries if path == one.path or path.startswith(f"{one.path}/")]
    return {
        "member": member,
        "csrf": FormToken(session.csrf_token),
        "menu": menu,
        "current": max(above, key=len, default=""),
        "done": "",
        "problem": "",
    }


def refused_page(caller: Caller, sentence: Sentence, status: int) -> Response:
    """Make a page of nothing but a sentence."""
    language = caller.session.language
    values = {**_frame(caller.session, ""), "problem": sentence.said_in(language)}
    return HTMLResponse(render("refused.html", language, values), status_code=status, headers=HEADERS)


def plain(status: int, sentence: Sentence) -> Response:
    """Answer with a sentence in both languages, where no page can be made."""
    return Response(f"{sentence.zh}\n{sentence.en}\n", status, HEADERS, "text/plain; charset=utf-8")


def go(path: str) -> Response:
    """Go on to another page of the console."""
    return RedirectResponse(BASE + path, status_code=303, headers=HEADERS)


def session_language(session: Session | None) -> Language:
    """Give the language of a session, Chinese without one."""
    return session.language if session else Language.CHINESE
