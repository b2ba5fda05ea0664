"""What a month needs around it: HQ served on a told clock, real stations, billers, and staff in Chromium."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Engine, insert

from hq_server.bootstrap import make_stages
from hq_server.commission import branch_figures
from hq_server.commission.agreements import Agreement, decide_agreement, enter_agreement
from hq_server.commission.tax import TaxRegime
from hq_server.db.reference_tables import staff
from hq_server.hq_journal import announce_tariffs
from hq_server.jobs import run_once
from hq_server.reconciliation.day_run import reconcile
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.tariffs import publish
from hq_server.settlement import bank_side, payees
from hq_server.settlement.hq_books import bank_position
from hq_server.settlement.payees import Cycle, Payee, PayeeKind
from hq_server.withdrawals.bank_day import settle_day
from hq_server.wording import RefusedError
from station_journal.facts.commission import DISTRIBUTION_PRODUCT
from station_journal.facts.withdrawals import PersonalId
from station_pos.commands.orders import TakeBillPayment
from station_pos.commands.outcome import Accepted
from station_pos.commands.withdrawal_orders import IntendWithdrawal, PayOut
from station_pos.demo.outside import bank_daily_file
from station_pos.demo.outside.biller_simulator import BillerFront, BillerServer
from station_pos.queries import Queries
from station_pos.register.inspection import export
from station_pos.withdrawal_queries import WithdrawalQueries
from station_pos.workers.card_steps import CardTimes
from station_pos.workers.card_turn import CardTurn
from station_pos.workers.day_ender import end_days_due
from tests.flows.sync_sides import OWNER, PHRASE, HqAtWork, StationAtWork, hq_at_work
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, FINANCE, set_road
from tests.hq_server.people import _QUICK_HASH, MAKER, PASSWORD, SECOND, SteppingClock, tariff
from tests.outside.bank_account import BankAccount
from tests.station_pos.workers.played_terminal import Line, PlayedTerminal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Download, FilePayload, Page

    from station_pos.commands.orders import Command
    from station_pos.devices.card_terminal import CardTerminal

GOODS = StaffMember(41, "孙七", Role.DISTRIBUTION)
AUDITOR = StaffMember(71, "吴十", Role.AUDITOR)
CODES = ("ST-0417", "ST-0418", "ST-0419")
ELECTRICITY, WATER, WATER_FEE_FEN = 101, 102, 50
OUR_ACCOUNT = "51001870836050000001"
STEP_S = 30
ACQUIRER = "100"


def one_time_code(secret: str, now: datetime) -> str:
    """What a phone shows (RFC 6238), from the key as the page writes it."""
    key = base64.b32decode(secret.replace(" ", ""))
    digest = hmac.digest(key, (int(now.timestamp()) // STEP_S).to_bytes(8), hashlib.sha1)
    start = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**6:06d}"


@dataclass
class Shop:
    """One station: its counter, and what its customers paid, as somebody beside it noted."""

    machine: StationAtWork
    sold: list[int] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.machine.code

    def does(self, order: Command) -> Accepted:
        outcome = self.machine.register.execute(order)
        assert isinstance(outcome, Accepted), outcome
        return outcome

    def syncs(self) -> None:
        self.machine.syncer.sync_once()

    def sells(self, product_code: int, account_no: str, bill_no: str, fen: int) -> int:
        """Take a bill in cash; the fee of water comes on top."""
        fee_fen = WATER_FEE_FEN if product_code == WATER else 0
        number = self.machine.register.open_operation()
        order = TakeBillPayment(OWNER, number, product_code, account_no, bill_no, "2026-10", "*三", fen, fen + fee_fen)
        self.sold.append(self.does(order).seq)
        return self.sold[-1]

    def opens_its_day(self) -> None:
        """What the machine does by itself in the morning: it hears HQ, and ends the days that are over."""
        self.syncs()
        queries = Queries(self.machine.database, self.machine.register.tariffs)
        end_days_due(lambda: queries.next_date_to_end(self.machine.clock()), self.machine.register.execute)
        self.syncs()

    def journals(self, folder: Path) -> Path:
        """The station's own export, as its owner may take it to anybody."""
        file = folder / f"{self.code}.spj"
        file.write_bytes(b"".join(export(self.machine.database, self.machine.keystore.open(1, PHRASE))))
        return file


class Billers:
    """Two companies' front systems with a book of their own, in told time."""

    def __init__(self, folder: Path, clock: SteppingClock) -> None:
        self._clock, self._folder = clock, folder
        self.front = BillerFront(folder / "billers.sqlite3", 0)
        self._server = BillerServer(0, self.front)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._accounts = 0

    def keeps_time(self) -> None:
        self.front.offset_s = int((self._clock() - datetime.now(UTC)).total_seconds())

    def send_a_bill(self, biller: str, fen: int) -> tuple[str, str]:
        """A customer gets a bill: account and number."""
        self._accounts += 1
        account_no = f"{self._accounts:010d}"
        bill = {"bill_no": f"{biller}-{self._accounts}", "period": "2026-10", "amount_fen": fen}
        account = {"account_no": account_no, "payer_name": "张三88", "address": "", "bills": [bill]}
        names = {"code": biller, "name": biller, "service": "utility", "accounts": [account]}
        self.front.control("seed", {"billers": [names]})
        return account_no, str(bill["bill_no"])

    def fault(self, biller: str, kind: str) -> None:
        self.front.control("fault", {"biller": biller, "kind": kind, "count": 1})

    def file_of(self, biller: str, day: date, **plant: int) -> tuple[Path, dict[str, str]]:
        """Write a day's settlement file; gives our numbers of the rows it gets wrong, by what is wrong."""
        order = {"biller": biller, "business_date": day.isoformat(), "out_dir": str(self._folder), "plant": plant}
        _, written = self.front.control("settlement", order)
        return Path(written["file"]), {row["kind"]: row["our_no"] for row in written["planted_rows"]}

    def booked_fen(self, biller: str) -> int:
        return sum(one.amount_fen for one in self.front.book.payments(biller) if one.status == "confirmed")

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.front.book.close()


class Person:
    """A member of staff at a browser of their own, with a phone that shows one-time codes."""

    def __init__(self, browser: Browser, address: str, member: StaffMember, clock: SteppingClock) -> None:
        self._clock, self._address, self.member = clock, address, member
        context = browser.new_context(locale="zh-CN", accept_downloads=True, viewport={"width": 1280, "height": 800})
        self.page: Page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.trouble: list[str] = []
        """What the page's own policy blocked, and scripts that failed."""
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self._secret = ""

    def comes_in(self) -> Person:
        """Sign in by keys alone; the first time the phone is bound to the account."""
        self._clock.step(seconds=2 * STEP_S)  # a code counts once, and an address may knock ten times a minute
        page = self.page
        page.context.clear_cookies()
        self.goes_to("/sign-in")
        page.locator("input:focus").wait_for()  # the page itself puts the cursor into its first field
        page.keyboard.type(str(self.member.staff_no))
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        if self._secret:
            page.keyboard.press("Tab")
            page.keyboard.type(one_time_code(self._secret, self._clock()))
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/console/(account)?$"))
        if not self._secret:
            page.wait_for_url("**/console/account")  # nothing else opens before
            self._secret = page.locator("code.secret").inner_text()
            page.locator("input[name=totp]").fill(one_time_code(self._secret, self._clock()))
            page.locator("input[name=totp]").press("Enter")
            page.wait_for_url("**/account?done=codes")
            self.goes_to("/")
        return self

    def goes_to(self, path: str) -> None:
        self.page.goto(f"{self._address}/console{path}")

    def presses(self, button: str, then: str) -> None:
        """Click a button of the page; the next page is at an address that ends so."""
        self.page.get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_url(f"**{then}")

    def fills(self, **fields: str) -> None:
        """Fill fields by name; a list takes its value."""
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]:not([type=hidden])").first
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def brings(self, name: str, content: bytes) -> None:
        """Upload a file on the page of files."""
        self.goes_to("/files")
        payload: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.page.locator("input[type=file]").set_input_files(payload)
        self.presses("收文件", "/files?done=taken")

    def keeps(self, press: str) -> bytes:
        """Press what leads to a file, and give its bytes."""
        with self.page.expect_download() as waiting:
            self.page.locator(press).first.click()
        download: Download = waiting.value
        return Path(download.path()).read_bytes()

    def reads(self) -> str:
        return self.page.locator("main").inner_text()


class MonthWorld:
    """Everything of a month; whoever plays it tells the time."""

    def __init__(self, hq: HqAtWork, folder: Path, browser: Browser, clock: SteppingClock) -> None:
        self.hq, self.folder, self.clock = hq, folder, clock
        self.billers = Billers(folder, clock)
        self.bank = BankAccount(OUR_ACCOUNT)
        self._browser = browser
        self.shops: list[Shop] = []
        members = (CLERK, BRANCH_HEAD, MAKER, SECOND, FINANCE, GOODS, AUDITOR)
        with self.engine.begin() as connection:
            for member in (CLERK, BRANCH_HEAD, FINANCE, GOODS, AUDITOR):
                row = {"staff_no": member.staff_no, "name": member.name, "role": member.role.value}
                connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH, created_at=clock()))
        self.people = {one.staff_no: Person(browser, hq.url, one, clock) for one in members}

    @property
    def engine(self) -> Engine:
        return self.hq.engine

    def __getitem__(self, member: StaffMember) -> Person:
        return self.people[member.staff_no]

    def opens(self) -> None:
        """HQ's masters as they stand before the month: a tariff, roads to billers, agreements, approved accounts."""
        journal, now = self.hq.hq.journal, self.clock()
        for code in CODES:
            machine = StationAtWork(self.folder / code, self.hq.url, code=code, clock=self.clock)
            machine.enrol(self.hq, self.hq.first_code(code))
            self.shops.append(Shop(machine.open()))
        sold = tariff("2026-11", now.date())
        with self.engine.begin() as connection:
            publish(connection, MAKER, sold, now)
            for number, code in enumerate(CODES):
                terms = (f"张三{number}", f"621799000220{number}", TaxRegime.LABOUR_WITHHOLDING)
                made = enter_agreement(connection, MAKER, Agreement(code, date(2026, 1, 1), *terms), now)
                decide_agreement(connection, SECOND, (code, made.terms_no), now)
            for kind, party in ((PayeeKind.BILLER, "SCDL"), (PayeeKind.BILLER, "JYSW"), (PayeeKind.BRANCH, "江油支局")):
                of = (kind, party, date(2026, 1, 1))
                account = f"51009{len(party)}{int(kind is PayeeKind.BRANCH)}"
                payees.name_payee(connection, MAKER, Payee(*of, party, account, Cycle.DAY, 1), now)
                payees.decide_payee(connection, SECOND, of, now)
        announce_tariffs(self.engine, journal, now)
        for biller in ("SCDL", "JYSW"):
            self.billers.send_a_bill(biller, 100)
            set_road(self.engine, biller, base_url=f"{self.billers.url}/{biller}", timeout_s=5)
        for shop in self.shops:
            shop.machine.open_shop()
            shop.syncs()

    def works(self) -> None:
        """HQ's stages once, then every station hears of it; until there is no news."""
        with make_stages(self.hq.hq, await_billers=True) as stages:
            while sum(run_once(self.engine, self.clock, stages).values()):
                for shop in self.shops:
                    shop.syncs()

    def is_now(self, day: date, hour: int = 9) -> None:
        """A day begins: the clocks show it, and the machines end the days that are over."""
        self.clock.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)
        self.billers.keeps_time()
        for shop in self.shops:
            shop.opens_its_day()
        self.works()

    def reconciles(self, day: date) -> None:
        """Hold a day's files against the journals: both billers' and the acquirer's."""
        journal = self.hq.hq.journal
        for biller in ("SCDL", "JYSW"):
            with suppress(RefusedError):  # no file of that day
                reconcile(self.engine, journal, biller, day, self.clock())
        with suppress(RefusedError):
            settle_day(self.engine, journal, ACQUIRER, day, self.clock())
        self.works()

    def rates_goods(self) -> None:
        """What goods earn: six yuan an item."""
        first, rate = date(2026, 1, 1), '{"basis": "per_item", "value": 600, "version": "fx-1"}'
        with self.engine.begin() as connection:
            branch_figures.enter_rate(connection, MAKER, DISTRIBUTION_PRODUCT, first, rate, self.clock())
            branch_figures.decide_rate(connection, SECOND, (DISTRIBUTION_PRODUCT, first), self.clock())

    def unexplained_fen(self) -> int:
        with self.engine.connect() as connection:
            return bank_position(connection, bank_side.open_lines(connection)[2]).unexplained_fen

    def close(self) -> None:
        for shop in self.shops:
            shop.machine.close()
            shop.machine.client.close()
        self.billers.close()


@contextmanager
def month_world(engine: Engine, folder: Path, browser: Browser, start: datetime) -> Iterator[MonthWorld]:
    """Serve HQ and make the world around it."""
    clock = SteppingClock(start)
    with hq_at_work(engine, clock) as hq:
        world = MonthWorld(hq, folder, browser, clock)
        try:
            yield world
        finally:
            world.close()


def withdraw(shop: Shop, clock: SteppingClock, fen: int) -> list[Line]:
    """A card is put in and the cash paid out at a counter; gives the lines in the terminal's own book."""
    register, terminal = shop.machine.register, PlayedTerminal(clock)
    queries = Queries(shop.machine.database, register.tariffs)
    books = WithdrawalQueries(shop.machine.database, queries.view, queries.business_date, clock)
    played = cast("CardTerminal", terminal)  # it plays what a withdrawal needs
    turn = CardTurn(played, books, register.execute, times=CardTimes(poll_s=0.001), clock=lambda: 0.0)
    order = IntendWithdrawal(OWNER, register.open_operation(), fen, False, "", PersonalId.NOT_NOTED, "")
    future = turn.begin(order)
    turn()
    outcome = future.result()
    assert isinstance(outcome, Accepted), outcome
    shop.does(PayOut(OWNER, outcome.seq))
    shop.syncs()
    return terminal.book


def bank_day(lines: list[Line], day: date, folder: Path) -> None:
    """The acquirer writes its file of a day from what its terminal booked."""
    transactions = [
        {
            "at": line.record.terminal_time.replace(tzinfo=None).isoformat(),
            "trace": int(line.record.trace_no),
            "kind": "sale",
            "code": 0,
            "state": line.state,
            "amount_fen": line.amount_fen,
            "card": "one",
        }
        for line in lines
        if line.record.terminal_time
    ]
    book = folder / "acquirer.json"
    book.write_text(
        json.dumps({"transactions": transactions, "cards": {"one": {"number": lines[0].record.card_last4}}})
    )
    words = ["--book", book, "--into", folder, "--date", day.isoformat(), "--terminal", lines[0].record.terminal_no]
    assert bank_daily_file.main([str(word) for word in words]) == 0
