"""One month of three stations and of the staff at HQ, in a real Chromium: from the first credit to the last fen.

Credit is bought at the branch, bills are taken, cash is withdrawn, goods are sold; files come in, the days are
reconciled, breaks end by two people, a correction is disputed and ruled on, commission is listed, approved and paid.
In the end journals, ledger, reports, billers and the bank's account say the same.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from hq_server import distribution
from hq_server.console.pages import all_routes
from hq_server.ledger.checking import check_station
from hq_server.ledger.queries import station_balances
from hq_server.settlement.hq_books import whole_books
from station_journal.accounts import Account, Ledger
from station_journal.facts.disputes import CorrectionAnswer, DisputeGround
from station_journal.facts.distribution import GoodsDispatched, GoodsLine
from station_journal.goods_list import GoodsItem
from station_journal.payment import PaymentStatus
from station_journal.records import CommissionStated
from station_pos.commands.dispute_orders import AnswerCorrection
from station_pos.commands.distribution_orders import OrderGoods, ReceiveGoods
from station_pos.demo.journal_book import JournalBook, read_journals
from tests.flows.month_world import (
    AUDITOR,
    CODES,
    ELECTRICITY,
    GOODS,
    WATER,
    WATER_FEE_FEN,
    MonthWorld,
    bank_day,
    month_world,
    withdraw,
)
from tests.flows.sync_sides import OWNER
from tests.hq_server.conftest import database_url, engine, postgres_url
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, FINANCE
from tests.hq_server.files.test_layouts import SAMPLE
from tests.hq_server.people import MAKER, SECOND
from tests.outside.bank_account import read_payments
from tests.outside.layout_writers import footer_totals

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload

__all__ = ["database_url", "engine", "postgres_url"]
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="/usr/bin/chromium is not installed"),
]
BUYING, SELLING, FILES, RULING, LISTING, PAYING = (
    date(2026, 11, 24),
    date(2026, 11, 25),
    date(2026, 11, 26),
    date(2026, 11, 27),
    date(2026, 12, 1),
    date(2026, 12, 2),
)
CREDIT_FEN = dict(zip(CODES, (80_000, 90_000, 120_000), strict=True))
PLAIN = (
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--no-zygote",
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
)
"""All people's pages are drawn by one process: starting one for a page costs more than the page."""
SLIPS = ("JK20261124-01", "JK20261124-02", "柜面交款")
COLOURFUL = ("/", "/breaks", "/breaks/1", "/corrections", "/commission/months/202611", f"/stations/{CODES[0]}")
"""Pages that between them have every colour of the one style sheet: looking at colours takes longest.

Where few examples are drawn, the rules of accessibility look at these pages alone.
"""
GOODS_FEN = 300 * 600
COMMISSION_FEN = GOODS_FEN + (3 * 5 - 1) * 36
BILLS_FEN = {"SCDL": (7_260, 10_000, 4_333, 25_950), "JYSW": (3_180,)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # half a second that only this worker spends

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=PLAIN)
        yield browser
        browser.close()


def test_a_whole_month(chromium: Browser, engine: Engine, tmp_path: Path) -> None:
    start = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    with month_world(engine, tmp_path, chromium, start) as world:
        world.opens()
        _credit_is_bought_at_the_branch(world)
        world.is_now(SELLING)
        _stations_sell(world)
        withdrawn_fen = _cash_is_withdrawn(world)
        _goods_are_ordered(world)
        world.is_now(FILES)
        wrong = _files_are_brought(world)
        _credit_is_found_at_the_bank(world)
        _billers_are_paid(world)
        _breaks_end_by_two_people(world, wrong)
        _a_correction_is_proposed(world)
        world.is_now(RULING)
        _the_late_row_closes_the_day(world)
        _the_station_disputes_it_and_two_people_rule(world)
        world.is_now(LISTING)
        _commission_is_listed_and_approved(world)
        world.is_now(PAYING)
        paid_fen = _commission_is_paid(world, _earned_fen(wrong))
        _all_books_say_the_same(world, withdrawn_fen, paid_fen)
        _pages_serve_everybody(world)
        _the_console_works_by_keys(world)
        for person in world.people.values():
            assert person.trouble == []  # the policy blocked nothing, and no script failed


def _credit_is_bought_at_the_branch(world: MonthWorld) -> None:
    """A clerk enters three purchases by keys alone, a second person approves them, and the stations can sell."""
    clerk = world[CLERK].comes_in().page
    for (code, fen), slip in zip(CREDIT_FEN.items(), SLIPS, strict=True):
        world[CLERK].goes_to("/credit")
        clerk.locator("input:focus").wait_for()
        for typed in (code, f"{fen // 100}.00", slip):
            clerk.keyboard.insert_text(typed)
            clerk.keyboard.press("Tab")
        clerk.keyboard.press("Enter")
        clerk.wait_for_url("**/credit?done=entered")
        assert clerk.get_by_role("status").inner_text() == "已办理"
        world.bank.deposit(fen, "张三", f"缴款 {slip}" if slip.startswith("JK") else "缴款")
    assert clerk.get_by_role("button", name="批准").count() == 0
    head = world[BRANCH_HEAD].comes_in()
    assert "3 笔额度购买待审批" in head.reads()
    head.page.get_by_role("link", name="笔额度购买待审批").click()
    for _ in CODES:
        head.presses("批准", "/credit?done=approved")
    assert "没有待审批的购买" in head.reads()
    world.works()
    assert {shop.code: fen_of(world, shop.code, Account.CREDIT_FREE) for shop in world.shops} == CREDIT_FEN


def fen_of(world: MonthWorld, code: str, account: Account, party: str = "") -> int:
    with world.engine.connect() as connection:
        return station_balances(connection, code).get(Ledger(account, party), 0)


def _stations_sell(world: MonthWorld) -> None:
    """Fifteen bills over three counters; one answer is lost on its way and asked for again by itself."""
    world.billers.fault("SCDL", "lose_reply")
    for shop in world.shops:
        for biller, amounts in BILLS_FEN.items():
            for fen in amounts:
                account_no, bill_no = world.billers.send_a_bill(biller, fen)
                shop.sells(ELECTRICITY if biller == "SCDL" else WATER, account_no, bill_no, fen)
        shop.syncs()
    world.works()
    maker = world[MAKER].comes_in()
    maker.goes_to("/unknown")
    assert "1 条" in maker.reads()
    world.clock.step(minutes=1)
    world.works()
    maker.goes_to("/unknown")
    assert "0 条" in maker.reads()


def _cash_is_withdrawn(world: MonthWorld) -> int:
    """A card pays out at the second station; the acquirer writes its own file of the day."""
    shop = world.shops[1]
    lines = withdraw(shop, world.clock, 30_000)
    world.works()
    bank_day(lines, SELLING, world.folder)
    return 30_000


def _goods_are_ordered(world: MonthWorld) -> None:
    """The third station orders salt from the list, and signs for what came."""
    shop, journal = world.shops[2], world.hq.hq.journal
    salt = GoodsLine(11, 24)
    items = (GoodsItem(11, "加碘盐 400克", "Iodised salt 400 g", "袋", 180, 24),)
    named, told = distribution.publish_goods(world.engine, journal, GOODS, "2026-11", items, world.clock())
    assert told == len(CODES)
    shop.syncs()
    seq = shop.does(OrderGoods(OWNER, shop.machine.register.open_operation(), named, (salt,))).seq
    world.works()
    shop.syncs()
    world.works()
    with world.engine.begin() as connection:
        distribution.answer_order(connection, journal, GOODS, shop.code, seq, world.clock())
    world.works()
    with world.engine.begin() as connection:
        distribution.dispatch(connection, journal, GOODS, shop.code, GoodsDispatched(seq, (), "邮车"), world.clock())
    world.works()
    shop.does(ReceiveGoods(OWNER, shop.machine.register.open_operation(), seq, (salt,)))
    shop.syncs()
    world.works()


def _files_are_brought(world: MonthWorld) -> dict[str, str]:
    """Both billers, the acquirer and the bank send their files; the day board names what does not fit."""
    maker = world[MAKER].comes_in()
    electricity, wrong = world.billers.file_of("SCDL", SELLING, theirs_only=2, amount_mismatch=1, cutoff_shift=1)
    water, _ = world.billers.file_of("JYSW", SELLING)
    withdrawals = next(world.folder.glob("WD_100_*.csv"))
    for path in (electricity, water, withdrawals):
        maker.brings(path.name, path.read_bytes())
    assert "4 条" not in maker.reads()
    world.reconciles(SELLING)
    maker.goes_to("/reconciliation")
    board = maker.reads()
    assert re.search(r"2026-11-25\s+收单机构\s+100\s+1\s+0", board), board
    assert re.search(r"2026-11-25\s+收费单位\s+SCDL\s+12\s+13\s+10\s+4", board), board
    assert re.search(r"2026-11-25\s+收费单位\s+JYSW\s+3\s+3\s+3\s+0", board), board
    return wrong


def _credit_is_found_at_the_bank(world: MonthWorld) -> None:
    """Two purchases are found by slip and sum; one person says what the third line brought, another approves."""
    finance = world[FINANCE].comes_in()
    finance.brings(*world.bank.statement(FILES))
    finance.goes_to("/bank")
    finance.presses("按编号和金额对应", "/bank?done=matched")
    assert "1 条" in finance.reads()
    maker = world[MAKER]
    maker.goes_to("/bank")
    maker.page.get_by_role("link", name="未对应").click()
    maker.page.locator("input[name=pick]").check()
    maker.fills(finding="柜员交款单, 电话核实")
    maker.presses("勾选的就是这一行带来的", "?done=proposed")
    finance.goes_to("/")
    finance.page.get_by_role("link", name="银行流水对应待审批").click()
    finance.page.get_by_role("link", name="待审批").last.click()
    finance.presses("批准", "?done=decided")
    finance.goes_to("/bank")
    assert "没有未对应的流水" in finance.reads()
    assert world.unexplained_fen() == 0
    assert world.bank.balance_fen == sum(CREDIT_FEN.values())


def _billers_are_paid(world: MonthWorld) -> None:
    """The day that has ended is settled; one person makes the order, another approves it and takes it to the bank."""
    maker, finance = world[MAKER], world[FINANCE]
    maker.goes_to("/settlement")
    maker.fills(date=str(SELLING))
    maker.presses("清算", "/settlement?done=settled")
    maker.page.locator("input[name=date]").last.fill(str(FILES))
    maker.page.locator("select[name=kind]").last.select_option("BILLER")
    maker.presses("制付款单", "?done=made")
    order = maker.page.url.partition("/console")[2].partition("?")[0]
    assert maker.page.get_by_role("button", name="批准").count() == 0
    finance.goes_to(order)
    finance.presses("批准", "?done=approved")
    finance.page.locator("select[name=profile]").select_option("bank-fixed")
    file = read_payments(finance.keeps("button[value=write]"))
    due = {biller: len(CODES) * sum(amounts) for biller, amounts in BILLS_FEN.items()}
    assert {one.name: one.fen for one in file.transfers} == due
    world.bank.carry_out(file)


def _breaks_end_by_two_people(world: MonthWorld, wrong: dict[str, str]) -> None:
    """Rows that nobody asked for end together, after a look at what that does; the other one alone, from its chain."""
    maker, second = world[MAKER], world[SECOND]
    maker.goes_to("/breaks?class=THEIRS_ONLY")
    for box in maker.page.locator("input[name=pick]").all():
        box.check()
    maker.fills(action="NO_ENTRY", cause="COUNTERPARTY_BOOKING", finding="对方来函 118 号: 误列两笔")
    maker.page.get_by_role("button", name="预览勾选的差错").click()
    maker.page.get_by_text("可处理", exact=True).wait_for()
    assert re.search(r"可处理\s+2\s", maker.reads())
    maker.presses("提出, 待另一人审批", "/breaks?done=entered")
    maker.goes_to("/breaks?from=2026-11-25")
    for key, opened in (("j", ""), ("Enter", "1"), ("j", "2"), ("j", "3"), ("k", "2"), ("j", "3")):
        maker.page.keyboard.press(key)
        if opened:
            maker.page.wait_for_url(f"**/breaks/{opened}?**from=2026-11-25**")
    # Which number it has depends on the shop whose row the biller wrote first.
    maker.goes_to("/breaks?class=AMOUNT_MISMATCH")
    maker.page.keyboard.press("j")
    maker.page.keyboard.press("Enter")
    maker.page.wait_for_url("**/breaks/*?**class=AMOUNT_MISMATCH**")
    chain = maker.reads()
    assert wrong["AMOUNT_MISMATCH"] in chain
    assert "对账文件" in chain
    maker.fills(action="NO_ENTRY", cause="COUNTERPARTY_BOOKING", finding="对方来函 118 号: 金额误写")
    maker.presses("提出", "done=entered")
    assert maker.page.get_by_role("button", name="批准").count() == 0
    second.comes_in()
    assert re.search(r"3 笔差错处理待审批", second.reads())
    for name in ("THEIRS_ONLY", "THEIRS_ONLY", "AMOUNT_MISMATCH"):
        second.goes_to(f"/breaks?class={name}")
        second.page.locator("table.rows tbody a").first.click()
        second.presses("批准", "done=approved")
    second.goes_to("/breaks")
    assert "1 条" in second.reads()


def _a_correction_is_proposed(world: MonthWorld) -> None:
    """HQ says that the first station's first bill was another sum, with its evidence; two people send it."""
    shop, maker, second = world.shops[0], world[MAKER], world[SECOND]
    seq = shop.sold[0]
    maker.goes_to("/corrections")
    maker.page.get_by_text("提议更正").click()
    maker.fills(
        station_code=shop.code, book="CREDIT", cited_seq=str(seq), old="-72.60", new="-82.60", reason="AMOUNT_DIFFERS"
    )
    maker.fills(explanation="对方账单为 82.60", title="对方账单", evidence="户号 0000000002 应收 82.60")
    maker.presses("提议", "/corrections?done=proposed")
    assert maker.page.get_by_role("button", name="批准").count() == 0
    second.goes_to("/corrections")
    second.presses("批准", "/corrections?done=approved")
    world.works()


def _the_late_row_closes_the_day(world: MonthWorld) -> None:
    """The row that the biller booked a day later closes what was left of the day before."""
    late, _ = world.billers.file_of("SCDL", FILES)
    maker = world[MAKER].comes_in()
    maker.brings(late.name, late.read_bytes())
    world.reconciles(FILES)
    maker.goes_to("/breaks")
    assert "没有未结差错" in maker.reads()
    maker.goes_to("/reconciliation?from=2026-11-25&to=2026-11-25")
    assert re.search(r"SCDL\s+12\s+13\s+10\s+0", maker.reads()), maker.reads()


def _the_station_disputes_it_and_two_people_rule(world: MonthWorld) -> None:
    """Offline, the shopkeeper says no; the sum is not owed. What nobody can explain is not the station's."""
    shop, maker, reviewer = world.shops[0], world[MAKER], world[FINANCE]
    before_fen = fen_of(world, shop.code, Account.CREDIT_FREE)
    answer = AnswerCorrection(OWNER, 1, CorrectionAnswer.DISPUTED, DisputeGround.FIGURE_WRONG, "收的就是 72.60")
    shop.does(answer)
    shop.syncs()
    world.works()
    maker.goes_to("/disputes")
    assert "争议中, 未查明" in maker.reads()
    assert str(MAKER.staff_no) in maker.reads()
    maker.page.locator("table.rows tbody a").nth(1).click()
    assert "收的就是 72.60" in maker.reads()
    maker.fills(
        cause="NOT_FOUND", finding="查遍两本日志与账单, 原因不明", title="查账记录", evidence="两本日志与对方账单"
    )
    maker.presses("提出裁定", "done=rule")
    assert maker.page.get_by_role("button", name="复核通过").count() == 0
    reviewer.comes_in()
    assert "1 笔争议裁定待审批" in reviewer.reads()
    reviewer.goes_to(maker.page.url.partition("/console")[2].partition("?")[0])
    reviewer.presses("复核通过", "done=approve")
    world.works()
    assert fen_of(world, shop.code, Account.CREDIT_FREE) == before_fen
    maker.goes_to("/disputes")
    assert "0 条" in maker.reads()


def _commission_is_listed_and_approved(world: MonthWorld) -> None:
    """The branch reports its goods, the centre agrees; one person lists the month, Finance approves it."""
    world.rates_goods()
    head = world[BRANCH_HEAD].comes_in()
    head.goes_to("/commission/figures")
    head.fills(station_code=CODES[2], month="2026-11", items="300", base="27000.00", evidence="月报 11 号")
    head.presses("报数", "/commission/figures?done=entered")
    centre = world[GOODS].comes_in()
    centre.goes_to("/commission/figures?state=PROPOSED")
    centre.presses("批准", "/commission/figures?done=decided")
    maker = world[MAKER].comes_in()
    maker.goes_to("/commission")
    maker.fills(month="2026-11")
    maker.presses("列酬金清单", "/commission/months/202611?done=listed")
    assert "1,805.04" in maker.reads()
    assert maker.page.get_by_role("button", name="批准并告知站点").count() == 0
    finance = world[FINANCE].comes_in()
    finance.goes_to("/commission/months/202611")
    finance.presses("批准并告知站点", "?done=approved")
    world.works()


def _earned_fen(wrong: dict[str, str]) -> list[int]:
    """What bills earned each station by hand: 0.36 for each but the one whose sum the biller has otherwise."""
    return [36 * (5 - wrong["AMOUNT_MISMATCH"].startswith(f"{code}-")) for code in CODES]


def _commission_is_paid(world: MonthWorld, earned_fen: list[int]) -> int:
    """HQ's part and the branch's each go to the bank by a file; the statement brings the proof. Gives what was paid."""
    maker, finance = world[MAKER].comes_in(), world[FINANCE].comes_in()
    finance.goes_to("/commission/months/202611")
    finance.page.locator("select[name=profile]").select_option("bank-fixed")
    own = read_payments(finance.keeps("button[value=pay]"))
    assert [one.account_no for one in own.transfers] == [f"621799000220{number}" for number in range(len(CODES))]
    assert [one.fen for one in own.transfers][:2] == earned_fen[:2]
    maker.goes_to("/commission/months/202611")
    maker.presses("制支局付款单", "?done=made")
    order = maker.page.url.partition("/console")[2].partition("?")[0]
    finance.goes_to(order)
    finance.presses("批准", "?done=approved")
    finance.page.locator("select[name=profile]").select_option("bank-fixed")
    branch = read_payments(finance.keeps("button[value=write]"))
    assert [one.name for one in branch.transfers] == ["江油支局"]
    # The owner's bills and goods are one payment of the month: a fifth of what is over 800.00 is withheld from both.
    gross_fen = GOODS_FEN + earned_fen[2]
    assert own.transfers[2].fen + branch.fen == gross_fen - (gross_fen - 80_000 + 2) // 5
    for file in (own, branch):
        world.bank.carry_out(file)
    finance.brings(*world.bank.statement(PAYING))
    finance.goes_to("/bank")
    finance.presses("按编号和金额对应", "/bank?done=matched")
    assert "没有未对应的流水" in finance.reads()
    world.works()
    return own.fen + branch.fen


def _all_books_say_the_same(world: MonthWorld, withdrawn_fen: int, paid_fen: int) -> None:
    """To the fen: each station's journals, HQ's ledger and reports, the billers' book, the bank's account."""
    books = {shop.code: read_journals(shop.journals(world.folder)) for shop in world.shops}
    confirmed: dict[str, int] = {}
    for number, (code, book) in enumerate(books.items()):
        assert book.faults == ()
        _is_hqs(world, code, book)
        for one in book.payments().values():
            assert one.status is PaymentStatus.CONFIRMED
            confirmed[one.biller_code] = confirmed.get(one.biller_code, 0) + one.amount_fen
        sold_fen = sum(one.amount_fen for one in book.payments().values())
        out_fen = withdrawn_fen if number == 1 else 0
        assert book.books.balance_fen(Account.DRAWER) == sold_fen + WATER_FEE_FEN - out_fen
        assert book.books.balance_fen(Account.CREDIT_FREE) == CREDIT_FEN[code] - sold_fen - WATER_FEE_FEN
    assert confirmed == {biller: world.billers.booked_fen(biller) for biller in BILLS_FEN}
    maker = world[MAKER]
    maker.goes_to("/revenue?from=2026-11-01&to=2026-11-30")
    report = list(csv.reader(io.StringIO(maker.keeps("a[href*='revenue.csv']").decode("utf-8-sig"))))
    assert report[-1][2:4] == ["15", f"{sum(confirmed.values()) / 100:.2f}"]
    with world.engine.connect() as connection:
        whole = whole_books(connection)
    assert whole.agrees
    assert world.unexplained_fen() == 0
    assert whole.fen(Account.BANK_ACCOUNT) == world.bank.balance_fen
    assert world.bank.balance_fen == sum(CREDIT_FEN.values()) - paid_fen - sum(confirmed.values())
    assert (whole.fen(Account.COMMISSION_PAYABLE), whole.fen(Account.COMMISSION_PAYABLE, "BRANCH")) == (0, 0)
    assert whole.fen(Account.TAX_WITHHELD) == COMMISSION_FEN - paid_fen
    assert {whole.fen(Account.BILLER_PAYABLE, biller) for biller in BILLS_FEN} == {0}
    for number, (code, book) in enumerate(books.items()):
        (_, stated), *_ = book.facts(CommissionStated)
        assert isinstance(stated, CommissionStated)
        assert world.bank.paid_to[f"621799000220{number}"] == stated.gross_fen - stated.tax_fen, code


def _is_hqs(world: MonthWorld, code: str, book: JournalBook) -> None:
    """What the station carries away folds to what HQ's ledger holds, and HQ's own check finds nothing."""
    with world.engine.connect() as connection:
        held = station_balances(connection, code)
        checked = check_station(connection, code, world.hq.hq.journal.public_key)
    assert {of: fen for of, fen in book.books.balances.items() if fen} == {of: fen for of, fen in held.items() if fen}
    assert checked.faults == ()


def _pages_serve_everybody(world: MonthWorld) -> None:
    """An auditor sees every page and can do nothing; each fits its window and keeps nobody out, and prints alone."""
    from axe_playwright_python.sync_playwright import Axe

    auditor = world[AUDITOR].comes_in()
    page, trouble = auditor.page, []
    paths = [route.path for route in all_routes() if route.menu is not None]
    of_a_station = [
        f"/stations/{CODES[0]}",
        f"/stations/{CODES[2]}/services/orders",
        f"/stations/{CODES[0]}/records/S/1",
    ]
    for path in [*paths, *of_a_station, "/breaks/1", f"/disputes/{CODES[0]}/1", "/commission/months/202611"]:
        auditor.goes_to(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        rules = {} if path in COLOURFUL else {"color-contrast": {"enabled": False}}
        if path != "/account":
            assert page.locator("main form[method=post]").count() == 0, path
        if path not in COLOURFUL and settings().max_examples < settings.get_profile("ci").max_examples:
            continue
        found = Axe().run(page, options={"resultTypes": ["violations"], "rules": rules}).response["violations"]
        trouble += [(path, one["id"], one["help"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert trouble == []
    auditor.goes_to("/revenue")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("#revenue").is_visible()


def _the_console_works_by_keys(world: MonthWorld) -> None:
    """G and a letter opens a page, / searches, J goes to a row and Enter opens it; a profile shows its sample."""
    maker = world[MAKER]
    page, code = maker.page, CODES[1]
    maker.goes_to("/")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/console/stations")
    for typed, seen in (("NOWHERE", page.get_by_text("没有站点")), (code, page.get_by_role("link", name=code))):
        page.keyboard.press("/")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/stations?q={typed}**")
        seen.wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/stations/{code}")
    page.keyboard.press("?")
    assert page.locator("#keys dl").is_visible()
    written = footer_totals(SAMPLE)
    maker.goes_to("/file-profiles/footer-totals")
    sample: FilePayload = {"name": written.name, "mimeType": "text/plain", "buffer": written.content}
    page.locator("input[type=file]").set_input_files(sample)
    page.get_by_text("样本读得通").wait_for()
    document = page.locator("textarea").input_value()
    page.locator("textarea").fill(document.replace('"HDR"', '"HEAD"'))
    page.get_by_text("这里应为文件头 HEAD").wait_for()
    page.locator("textarea").fill(document)
    page.get_by_text("样本读得通").wait_for()
    assert page.locator("#preview tbody tr").count() == len(SAMPLE)
