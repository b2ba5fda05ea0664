"""The console in a real Chromium, served by a real process: sign in, credit purchase, a second person approves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine

from hq_server.console.pages import all_routes
from station_journal.records import CreditGranted
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, HQ_KEY, Counter
from tests.hq_server.files.test_layouts import SAMPLE
from tests.hq_server.people import MAKER, PASSWORD, SteppingClock
from tests.outside.layout_writers import footer_totals
from tests.outside.processes import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="/usr/bin/chromium is not installed"),
]


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock(datetime.now(UTC)))


@pytest.fixture
def address(database_url: str, data_folder: Path, counter: Counter) -> Iterator[str]:
    """Where the console answers; the process works with the test's database and HQ's key."""
    assert counter.head.seq
    pem = HQ_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (data_folder / "hq-key.pem").write_bytes(pem)
    process = subprocess.Popen(
        [sys.executable, "-m", "hq_server", "--data", str(data_folder), "serve", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "HQ_DATABASE_URL": database_url, "HQ_ONE_TIME_CODES": "offered"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=15)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # half a second that only this worker spends

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def _signed_in(browser: Browser, address: str, staff_no: int, *, scripts: bool = False) -> Page:
    page = browser.new_context(java_script_enabled=scripts, locale="zh-CN").new_page()
    page.goto(f"{address}/console/")
    page.locator("input:focus").wait_for()  # the page itself puts the cursor into its first field
    page.keyboard.type(str(staff_no))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/")
    return page


def test_a_credit_purchase_goes_from_a_clerk_by_keys_alone_to_a_second_person(
    chromium: Browser, address: str, counter: Counter
) -> None:
    refused: list[str] = []
    clerk = _signed_in(chromium, address, CLERK.staff_no)
    clerk.on("console", lambda message: refused.append(message.text))
    clerk.goto(f"{address}/console/credit")
    clerk.locator("input:focus").wait_for()
    for typed in (CODE, "800.00", "存款单 0001"):
        clerk.keyboard.insert_text(typed)
        clerk.keyboard.press("Tab")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url("**/credit?done=entered")
    assert clerk.get_by_role("status").inner_text() == "已办理"
    assert clerk.get_by_text("800.00").count() == 2  # the row and the total
    assert clerk.get_by_role("button", name="批准").count() == 0

    head = _signed_in(chromium, address, BRANCH_HEAD.staff_no)
    assert head.get_by_text("1 笔额度购买待审批").count() == 1
    head.get_by_role("link", name="笔额度购买待审批").click()
    head.get_by_role("button", name="批准").click()
    head.wait_for_url("**/credit?done=approved")
    assert counter.told(CreditGranted)[-1] == CreditGranted(80_000, 1, CLERK.staff_no, BRANCH_HEAD.staff_no)
    assert head.get_by_text("没有待审批的购买").count() == 1
    assert refused == []  # nothing was blocked by the page's own policy


PAGES = (
    *(route.path for route in all_routes() if route.menu is not None and route.is_open_to(MAKER.role)),
    f"/stations/{CODE}",
    f"/stations/{CODE}/services",
    f"/stations/{CODE}/records/S/1",
)


def test_a_page_fits_its_window_serves_everybody_and_prints_without_its_frame(chromium: Browser, address: str) -> None:
    page = _signed_in(chromium, address, MAKER.staff_no, scripts=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    for path in PAGES:
        _is_sound(page, address, path)
    assert trouble == []  # the policy blocked nothing, and no script failed
    _works_by_keys(page, address)
    _is_sound(page, address, "file-profiles/unionpay-zm")
    _writes_a_profile_and_sees_at_once_what_it_reads(page, address)
    page.goto(f"{address}/console/revenue")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("#revenue").is_visible()


def _is_sound(page: Page, address: str, path: str) -> None:
    """A page fits its window, and the checker finds nothing in it that keeps somebody out."""
    page.goto(f"{address}/console/{path.lstrip('/')}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["help"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert serious == [], path


def _works_by_keys(page: Page, address: str) -> None:
    """G and a letter opens a page, / searches, J goes to the first row and Enter opens it; htmx swaps the list."""
    page.goto(f"{address}/console/")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/console/stations")
    page.keyboard.press("/")
    page.keyboard.type("NOWHERE")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stations?q=NOWHERE**")
    page.get_by_text("没有站点").wait_for()
    page.keyboard.press("/")
    page.keyboard.type(CODE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/stations?q={CODE}**")
    page.get_by_role("link", name=CODE).wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/stations/{CODE}")
    page.keyboard.press("?")
    assert page.locator("#keys dl").is_visible()


def _writes_a_profile_and_sees_at_once_what_it_reads(maker: Page, address: str) -> None:
    written = footer_totals(SAMPLE)
    maker.goto(f"{address}/console/file-profiles/footer-totals")
    from playwright.sync_api import FilePayload

    sample = FilePayload(name=written.name, mimeType="text/plain", buffer=written.content)
    maker.locator("input[type=file]").set_input_files(sample)
    maker.get_by_text("样本读得通").wait_for()
    document = maker.locator("textarea").input_value()
    maker.locator("textarea").fill(document.replace('"HDR"', '"HEAD"'))
    maker.get_by_text("这里应为文件头 HEAD").wait_for()
    maker.locator("textarea").fill(document)
    maker.get_by_text("样本读得通").wait_for()
    assert maker.locator("#preview tbody tr").count() == len(SAMPLE)
