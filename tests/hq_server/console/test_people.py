"""Accounts: one-time codes, a password made by somebody else, two people for each new right, no secret in a log."""

from __future__ import annotations

import html
import re
from base64 import b32decode

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, text

from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.db.reference_tables import audit_entries, staff
from hq_server.reference.staff import Deed, Role, StaffMember, may
from hq_server.reference.totp import code_at
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CLERK, Counter
from tests.hq_server.people import _QUICK_HASH, ADMIN, MAKER, NOON, PASSWORD, SteppingClock

OFFICE = StaffMember(51, "李四", Role.GENERAL_OFFICE)
MONEY = set(Deed) - {
    Deed.ADD_STAFF,
    Deed.APPROVE_STAFF,
    Deed.RECOMPUTE_LEDGER,
}


@pytest.fixture
def strict(counter: Counter) -> FastAPI:
    """A console where everybody needs one-time codes."""
    made = FastAPI(openapi_url=None)
    desk = ConsoleDesk(counter.engine, counter.journal, counter.clock, needs_codes=True, password_memory_mib=19)
    made.include_router(console_router(desk))
    return made


@pytest.fixture
def office(counter: Counter) -> StaffMember:
    with counter.engine.begin() as connection:
        row = {"staff_no": OFFICE.staff_no, "name": OFFICE.name, "role": OFFICE.role.value}
        connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH, created_at=NOON))
    return OFFICE


def _code(secret: bytes, clock: SteppingClock) -> str:
    return code_at(secret, int(clock().timestamp()) // 30)


def _offered(browser: Browser) -> bytes:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', browser.page)
    assert found
    return b32decode(found[1].replace(" ", ""))


def _sign_in(browser: Browser, member: StaffMember, password: str = PASSWORD, totp: str = "") -> int:
    browser.get("/sign-in")
    return browser.post("/sign-in", staff_no=str(member.staff_no), password=password, totp=totp).status_code


def test_codes_are_set_up_first_and_asked_for_from_then_on(strict: FastAPI, clock: SteppingClock) -> None:
    browser, later = Browser(strict), Browser(strict)
    assert _sign_in(browser, MAKER) == 303
    assert browser.get("/stations").headers["location"] == "/console/account"
    browser.get("/account")
    assert "<svg" in browser.page
    secret = _offered(browser)
    assert browser.post("/account", deed="codes", totp="000000").status_code == 409
    assert _offered(browser) == secret  # a wrong code changes nothing
    assert browser.post("/account", deed="codes", totp=_code(secret, clock)).status_code == 303
    assert browser.get("/stations").status_code == 200
    assert "<svg" not in browser.get("/account").text
    assert _sign_in(later, MAKER) == 403
    assert _sign_in(later, MAKER, totp=_code(secret, clock)) == 403  # the code that set it up is used
    clock.step(seconds=30)
    assert _sign_in(later, MAKER, "wrong", _code(secret, clock)) == 403
    assert _sign_in(later, MAKER, totp=_code(secret, clock)) == 303
    assert later.get("/stations").status_code == 200


def test_an_account_takes_two_people_and_its_first_password_is_changed(
    browser: Browser, second: Browser, counter: Counter, office: StaffMember
) -> None:
    wanted = {"staff_no": "61", "name": "赵六", "role": "FINANCE"}
    browser.sign_in(ADMIN)
    browser.get("/users")
    assert browser.post("/users", deed="OPEN", **wanted).status_code == 303
    assert browser.post("/users", deed="OPEN", **wanted).status_code == 409  # one request waits already
    assert browser.post("/users", deed="approve", request_no="1").status_code == 409  # his own
    second.sign_in(office)
    second.get("/users")
    shown = second.post("/users", deed="approve", request_no="1").text
    password = html.unescape(re.findall(r'class="secret">([^<]+)<', shown)[0])
    assert second.post("/users", deed="approve", request_no="1").status_code == 409
    newcomer = Browser(browser.app)
    new = StaffMember(61, "赵六", Role.FINANCE)
    assert _sign_in(newcomer, new, password) == 303
    assert newcomer.get("/credit").headers["location"] == "/console/account"
    newcomer.get("/account")
    fields = {"deed": "password", "password": password, "new_password": "own words 1"}
    assert newcomer.post("/account", **fields, again="other words").status_code == 409
    assert newcomer.post("/account", **fields, again="own words 1").status_code == 303
    assert newcomer.get("/credit").status_code == 200
    # Closing works at once, by one person, and ends what is open.
    browser.get("/users")
    assert browser.post("/users", deed="close", staff_no="61").status_code == 303
    assert newcomer.get("/credit").headers["location"] == "/console/sign-in"
    assert _sign_in(newcomer, new, "own words 1") == 403
    with counter.engine.connect() as connection:
        noted = connection.scalars(select(audit_entries.c.tag).order_by(audit_entries.c.entry_no)).all()
        kept = str(connection.execute(text("SELECT * FROM audit_entries")).all())
    wanted_tags = {"staff.proposed", "staff.approved", "staff.added", "staff.password_changed", "staff.closed"}
    assert wanted_tags <= set(noted)
    assert password not in kept
    assert "own words 1" not in kept


def test_nobody_serves_himself(browser: Browser, second: Browser, office: StaffMember) -> None:
    browser.sign_in(ADMIN)
    browser.get("/users")
    for deed in ("ROLE", "RESET", "close"):
        answer = browser.post("/users", deed=deed, staff_no=str(ADMIN.staff_no), role="FINANCE")
        assert "不能变更自己的账号" in answer.text
    assert browser.post("/users", deed="ROLE", staff_no=str(office.staff_no), role="FINANCE").status_code == 303
    second.sign_in(office)
    second.get("/users")
    assert second.post("/users", deed="approve", request_no="1").status_code == 409


def test_people_and_the_audit_log_are_for_those_who_watch(browser: Browser) -> None:
    browser.sign_in(CLERK)
    assert "/console/audit" not in browser.page
    for path in ("/users", "/audit", "/audit.xlsx", "/users.xlsx"):
        assert browser.get(path).status_code == 403
    watcher = Browser(browser.app)
    watcher.sign_in(ADMIN)
    assert "登录" in watcher.get("/audit?staff=1").text
    assert watcher.get("/audit?tag=staff.signed_in&from=2026-11-23&to=2026-11-23").status_code == 200
    assert watcher.get("/audit?tag=nonsense").status_code == 409


def test_an_administrator_moves_no_money_and_an_auditor_does_nothing() -> None:
    assert [deed for deed in Deed if may(Role.AUDITOR, deed)] == []
    assert [deed for deed in MONEY if may(Role.SYS_ADMIN, deed)] == []
    assert not may(Role.FINANCE, Deed.MAKE_COMMISSION_LIST)  # the payer makes no list
    assert not may(Role.ECOM, Deed.PAY_COMMISSION)


def test_no_secret_reaches_a_log(strict: FastAPI, clock: SteppingClock, capfd: pytest.CaptureFixture[str]) -> None:
    browser = Browser(strict)
    _sign_in(browser, MAKER, "wrong but secret")
    _sign_in(browser, MAKER)
    browser.get("/account")
    secret = _offered(browser)
    browser.post("/account", deed="codes", totp="123456")
    browser.post("/account", deed="codes", totp=_code(secret, clock))
    fields = {"password": "not the old secret", "new_password": "a new secret", "again": "a new secret"}
    browser.post("/account", deed="password", **fields)
    said = "".join(capfd.readouterr())
    assert "console.refused" in said  # there is a log, and it names what was refused
    for words in (PASSWORD, "wrong but secret", "not the old secret", "a new secret", browser.cookies["hq_console"]):
        assert words not in said
    assert browser.token.partition(".")[0] not in said
    assert secret.hex() not in said
    assert _code(secret, clock) not in said
