"""The console as its people and those who would like to be them meet it."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import re
from dataclasses import fields
from html.parser import HTMLParser
from typing import get_args

import pytest
from sqlalchemy import insert, select

from benchmarks.console_pages import is_file
from hq_server import credit
from hq_server.audit import AuditTag, entries
from hq_server.console.pages import all_routes
from hq_server.db.break_tables import break_cases
from hq_server.db.dispute_tables import corrections
from hq_server.gateway import rulings
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.gateway.requests import open_requests
from hq_server.reference import enrolment
from hq_server.statements.record_wording import FIELDS, KINDS, VALUES
from hq_server.statements.revenue import plain_cell
from hq_server.statements.station_services import TITLES
from station_journal.records import (
    AlarmCode,
    AnswerSource,
    BillerAnswered,
    CreditGranted,
    DrawerReason,
    Equipment,
    HqFact,
    InvoiceIssued,
    OperatorRole,
    OutageClosed,
    OutageOpened,
    Outcome,
    ReceiptIssued,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
    StationFact,
)
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, HQ_KEY, Counter
from tests.hq_server.people import ADMIN, MAKER, NOON, SECOND, SteppingClock, profile

PAGES = [route.path for route in all_routes() if "{" not in route.path and not is_file(route.path)]
PAGES = [path for path in PAGES if path not in {"/users", "/audit"}]  # for those who watch, not for the desk
PAGES += [f"/stations/{CODE}", f"/stations/{CODE}?side=H", f"/stations/{CODE}/quality"]
PAGES += [f"/stations/{CODE}/services/{name}" for name in TITLES]
PAGES += [f"/stations/{CODE}/records/{place}" for place in ("S/1", "H/1")]
PAGES += ["/credit?state=", "/float?within=3&order=code"]


def _confirmed(counter: Counter, amount_fen: int = 7_260, product_code: int = 101) -> int:
    seq = counter.pay("0081234567", f"B{counter.operations}", amount_fen, product_code)
    with counter.engine.begin() as connection:
        evidence = Evidence(Outcome.CONFIRMED, AnswerSource.REPLY, f"N{seq}")
        end_unknown(connection, counter.journal, CODE, seq, evidence, NOON)
    counter.post()
    counter.send(ReceiptIssued(seq), operator_no=0)
    return seq


class TestSigningIn:
    def test_opens_the_day_and_signing_out_closes_it(self, browser: Browser) -> None:
        assert browser.get("/").headers["location"] == "/console/sign-in"
        assert browser.sign_in(MAKER).status_code == 303
        assert "今日" in browser.page
        assert "张三" in browser.page
        kept = dict(browser.cookies)
        assert browser.post("/sign-out").status_code == 303
        browser.cookies.update(kept)
        assert browser.get("/").status_code == 303

    def test_with_a_wrong_password_says_neither_which_was_wrong_nor_opens(self, browser: Browser) -> None:
        for number in (MAKER.staff_no, 999_999):
            browser.get("/sign-in")
            answer = browser.post("/sign-in", staff_no=str(number), password="wrong")
            assert answer.status_code == 403
            assert "工号或密码不对" in answer.text
        assert browser.get("/").status_code == 303

    def test_too_often_from_one_address_is_held_off(self, browser: Browser, clock: SteppingClock) -> None:
        browser.get("/sign-in")
        for number in range(10):
            browser.post("/sign-in", staff_no=str(9_000 + number), password="x")
        assert "过于频繁" in browser.sign_in(MAKER).text
        clock.step(minutes=1)
        assert browser.sign_in(MAKER).status_code == 303

    def test_from_another_site_is_refused(self, browser: Browser) -> None:
        browser.get("/sign-in")
        fields = {"csrf": "guess", "staff_no": "11", "password": "correct horse"}
        assert browser.send("POST", "/sign-in", data=fields).status_code == 403
        assert browser.get("/").status_code == 303

    def test_ends_after_half_an_hour_of_silence(self, browser: Browser, clock: SteppingClock) -> None:
        browser.sign_in(MAKER)
        for _ in range(3):
            clock.step(minutes=29)
            assert browser.get("/").status_code == 200
        clock.step(minutes=31)
        assert browser.get("/").status_code == 303

    def test_ends_after_a_long_day_whatever_was_done(self, browser: Browser, clock: SteppingClock) -> None:
        browser.sign_in(MAKER)
        for _ in range(20):
            clock.step(minutes=29)
            browser.get("/")
        clock.step(minutes=21)
        assert browser.get("/").status_code == 303

    def test_keeps_its_cookie_from_scripts_and_other_sites(self, browser: Browser) -> None:
        cookies = browser.sign_in(MAKER).headers.get_list("set-cookie")
        session = next(cookie for cookie in cookies if cookie.startswith("hq_console="))
        assert "httponly" in session.lower()
        assert "samesite=strict" in session.lower()


class TestEveryPage:
    def test_reads_without_a_script_in_both_languages(self, browser: Browser, counter: Counter) -> None:
        _confirmed(counter)
        browser.sign_in(MAKER)
        for path in PAGES:
            chinese = browser.get(path)
            assert chinese.status_code == 200
            assert 'lang="zh-CN"' in chinese.text
            assert re.findall(r"<script(?! src=\"/console/[a-z.]+\" defer></script>)", chinese.text) == []
            assert " style=" not in chinese.text
        browser.post("/language", language="en")
        for path in PAGES:
            english = browser.get(path).text
            assert 'lang="en"' in english
            told = re.sub("中文|张三|李四|[*]三01|太平镇便民服务站|江油支局|太平镇正街 1 号", "", _words(english))
            assert re.findall(r"[\u4e00-\u9fff]+", told) == []

    def test_has_headers_that_let_nothing_in(self, browser: Browser) -> None:
        browser.sign_in(MAKER)
        for path in PAGES:
            headers = browser.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"

    def test_is_closed_to_strangers(self, browser: Browser) -> None:
        browser.cookies.set("hq_console", "x" * 43)
        for path in PAGES:
            assert browser.get(path).headers["location"] == "/console/sign-in"

    def test_takes_no_form_without_its_token(self, browser: Browser, counter: Counter) -> None:
        browser.sign_in(BRANCH_HEAD)
        fields = {"deed": "enter", "station_code": CODE, "amount": "500", "evidence": "1"}
        for path in ("/credit", "/invoices", "/unknown", f"/stations/{CODE}"):
            assert browser.send("POST", path, data=fields).status_code == 403
            assert browser.send("POST", path, data={**fields, "csrf": "guess"}).status_code == 403
        with counter.engine.connect() as connection:
            assert credit.purchases(connection) == []

    def test_takes_no_huge_form(self, browser: Browser) -> None:
        browser.sign_in(MAKER)
        assert browser.send("POST", "/credit", content=b"a=" + b"x" * 70_000).status_code == 413
        assert browser.send("POST", "/credit", content=b"&".join(b"a=1" for _ in range(99))).status_code == 413
        assert browser.send("POST", "/credit", content=b"a=%ff").status_code == 413

    def test_that_cannot_be_says_why_in_a_sentence(self, browser: Browser) -> None:
        browser.sign_in(MAKER)
        wrong = ["/stations/NOSUCH", "/revenue?from=2026-13-01", "/revenue?from=2026-12-01&to=2026-11-01"]
        wrong += [f"/stations/{CODE}/records/S/999", f"/stations/{CODE}/records/S/x", "/stations/NOSUCH/services"]
        wrong += [f"/stations/{CODE}/services/none", "/stations/NOSUCH/services/parcels", "/tariffs/00"]
        wrong += [f"/stations/{CODE}/quality?month=2026-13", f"/stations/{CODE}/quality?month=x"]
        wrong += ["/stations?after=W10", "/stations?before=x", "/stations?enrolment=NONE"]
        for path in [*wrong, "/commission/months/1", "/breaks?from=x"]:
            answer = browser.get(path)
            assert answer.status_code == 409
            assert 'role="alert"' in answer.text


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def _words(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return " ".join(parser.found)


class TestACreditPurchase:
    def test_is_entered_by_one_and_approved_by_another(
        self, browser: Browser, second: Browser, counter: Counter
    ) -> None:
        browser.sign_in(CLERK)
        browser.get("/credit")
        done = browser.post("/credit", deed="enter", station_code=CODE, amount="1,500.50", evidence="存款单 7")
        assert done.status_code == 409
        done = browser.post("/credit", deed="enter", station_code=CODE, amount="1500.50", evidence="存款单 7")
        assert done.headers["location"] == "/console/credit?done=entered"
        second.sign_in(BRANCH_HEAD)
        second.get("/credit")
        assert "1,500.50" in second.page
        second.post("/credit", deed="approve", station_code=CODE, purchase_no="1")
        assert counter.told(CreditGranted)[-1] == CreditGranted(150_050, 1, CLERK.staff_no, BRANCH_HEAD.staff_no)
        again = second.post("/credit", deed="approve", station_code=CODE, purchase_no="1")
        assert "已处理过" in again.text
        assert len(counter.told(CreditGranted)) == 2  # with the one the station opened with

    def test_that_is_refused_keeps_what_was_typed(self, browser: Browser) -> None:
        browser.sign_in(CLERK)
        browser.get("/credit")
        answer = browser.post("/credit", deed="enter", station_code=CODE, amount="499.99", evidence="存款单 8")
        assert answer.status_code == 409
        assert "500.00" in answer.text
        assert 'value="499.99"' in answer.text
        assert 'value="存款单 8"' in answer.text

    def test_offers_no_deed_that_the_person_has_no_right_to(self, browser: Browser, counter: Counter) -> None:
        with counter.engine.begin() as connection:
            credit.enter(connection, CLERK, CODE, 50_000, "1", NOON)
        browser.sign_in(ADMIN)
        browser.get("/credit")
        assert 'value="approve"' not in browser.page
        assert 'value="enter"' not in browser.page
        assert browser.post("/credit", deed="approve", station_code=CODE, purchase_no="1").status_code == 409

    def test_shows_a_hostile_slip_number_as_text(self, browser: Browser, counter: Counter) -> None:
        hostile = '<script>alert(1)</script>"><img src=x>'
        with counter.engine.begin() as connection:
            credit.enter(connection, CLERK, CODE, 50_000, hostile, NOON)
        browser.sign_in(BRANCH_HEAD)
        browser.get("/credit")
        assert "<script>" not in browser.page
        assert "<img" not in browser.page
        assert html.escape(hostile, quote=False).split("&")[1] in browser.page


class TestAStation:
    def test_is_approved_on_its_page_by_a_second_person(
        self, browser: Browser, second: Browser, counter: Counter
    ) -> None:
        public_key = b"\x07" * 32
        with counter.engine.begin() as connection:
            code = enrolment.add_station(connection, HQ_KEY, MAKER, profile("ST-0999"), NOON)
            proof = enrolment.code_proof(code, "ST-0999", public_key)
            enrolment.request_enrolment(connection, HQ_KEY, "ST-0999", proof, public_key, NOON)
        browser.sign_in(MAKER)
        browser.get("/stations/ST-0999")
        assert "须由另一人审批" in browser.page
        assert browser.post("/stations/ST-0999", decision="approve").status_code == 409
        second.sign_in(SECOND)
        second.get("/stations/ST-0999")
        assert "07" * 8 in second.page
        assert second.post("/stations/ST-0999", decision="approve").status_code == 303
        second.get("/stations/ST-0999")
        assert "已批准" in second.page

    def test_shows_who_wrote_what(self, browser: Browser, counter: Counter) -> None:
        _confirmed(counter)
        browser.sign_in(MAKER)
        browser.get(f"/stations/{CODE}")
        assert "营业员 1" in browser.page
        assert "站点系统" in browser.page
        browser.get(f"/stations/{CODE}?side=H")
        assert "总部系统" in browser.page

    def test_shows_which_device_is_away_and_how_often_it_was(self, browser: Browser, counter: Counter) -> None:
        browser.sign_in(MAKER)
        browser.get(f"/stations/{CODE}")
        assert "没有设备中断过" in browser.page
        [opened] = counter.send(OutageOpened(Equipment.SCANNER), operator_no=0)
        counter.send(OutageOpened(Equipment.ID_READER), operator_no=0)
        counter.post()
        browser.get(f"/stations/{CODE}")
        assert re.findall("扫码枪 中断|身份证阅读器 中断", _words(browser.page)) == ["扫码枪 中断", "身份证阅读器 中断"]
        counter.send(OutageClosed(Equipment.SCANNER, opened), operator_no=0)
        counter.post()
        browser.get(f"/stations/{CODE}")
        assert re.findall("扫码枪 正常|身份证阅读器 中断", _words(browser.page)) == ["身份证阅读器 中断", "扫码枪 正常"]

    def test_has_words_in_both_languages_for_all_that_a_journal_can_hold(self) -> None:
        for fact in get_args(StationFact) + get_args(HqFact):
            assert fact.__name__ in KINDS
            assert {field.name for field in fields(fact)} <= FIELDS.keys(), fact.__name__
        for kind in (Outcome, AnswerSource, OperatorRole, Equipment, DrawerReason, ReversalReason, AlarmCode):
            assert {value.name for value in kind} <= VALUES.keys(), kind.__name__
        worded = [*KINDS.values(), *FIELDS.values(), *VALUES.values()]
        assert all(word.zh and word.en and word.zh != word.en for word in worded)

    def test_with_an_open_break_shows_its_class_in_words(self, browser: Browser, counter: Counter) -> None:
        case = {
            "layer": "BILLER",
            "counterparty": "SCDL",
            "business_date": NOON.date(),
            "item": "L:1",
            "break_class": "THEIRS_ONLY",
            "match_key": "NONE",
            "our_no": "",
            "their_no": "N9",
            "account_no": "0081234567",
            "theirs_fen": 1_234,
            "difference_fen": 1_234,
            "state": "OPEN",
            "opened_at": NOON,
            "due_on": NOON.date(),
            "owner_no": MAKER.staff_no,
        }
        with counter.engine.begin() as connection:
            connection.execute(insert(break_cases).values(station_code=CODE, **case))
        browser.sign_in(MAKER)
        assert "长款" in browser.get("/breaks?biller=SCDL&from=2026-11-23").text
        assert "12.34" in browser.page
        assert "没有未结差错" in browser.get("/breaks?biller=JYSW").text

        browser.get("/breaks")
        number = int(re.findall(r"/breaks/([0-9]+)", browser.page)[0])
        ending = {"action": "PAY_COUNTERPARTY", "cause": "ANSWER_LOST", "finding": "called them, note 7"}
        shown = browser.post("/breaks", deed="preview", pick=str(number), **ending).text
        assert "补付对方" in shown
        assert "12.34" in shown
        assert browser.post("/breaks", deed="propose", pick=str(number), **ending).status_code == 303
        page = browser.get(f"/breaks/{number}").text
        assert "原因不明" in page, "until somebody has approved what was found"
        assert "called them, note 7" in page
        browser.post("/language", language="en")
        told = _words(browser.get(f"/breaks/{number}").text)
        assert re.findall(r"[\u4e00-\u9fff]+", re.sub("中文|张三|李四", "", told)) == []
        assert "second person" in browser.post(f"/breaks/{number}", deed="approve").text
        browser.sign_in(SECOND)
        browser.get(f"/breaks/{number}")
        assert browser.post(f"/breaks/{number}", deed="approve").status_code == 303
        browser.get(f"/breaks/{number}")
        assert "resolved" in browser.page or "已处理" in browser.page

    def test_is_corrected_at_the_station_from_the_break_and_names_its_like(
        self, browser: Browser, counter: Counter
    ) -> None:
        seq = _confirmed(counter)
        case = {"layer": "BILLER", "counterparty": "SCDL", "business_date": NOON.date(), "match_key": "NONE"}
        case |= {"state": "OPEN", "opened_at": NOON, "due_on": NOON.date(), "owner_no": MAKER.staff_no}
        case |= {"account_no": "0081234567", "our_no": "", "their_no": "", "station_code": CODE}
        sale = {"item": f"S:{seq}", "payment_seq": seq, "break_class": "AMOUNT_MISMATCH", "ours_fen": 7_260}
        line = {"item": "L:1", "break_class": "THEIRS_ONLY", "theirs_fen": 60, "difference_fen": 60}
        with counter.engine.begin() as connection:
            made = insert(break_cases).returning(break_cases.c.case_no)
            number = connection.scalar(made.values(**case, **sale, theirs_fen=7_200, difference_fen=-60))
            other = connection.scalar(made.values(**case, **line))
        browser.sign_in(MAKER)
        page = browser.get(f"/breaks/{number}").text
        assert f'href="/console/breaks/{other}">{other}</a> 长款' in page
        assert "连同本笔合计 (元): 0.00" in " ".join(page.split())
        assert "站点认可后退给站点 (元) 0.60" in " ".join(page.split()), "its credit paid 60 fen that nobody got"
        assert browser.post(f"/breaks/{number}", deed="correct", why="").status_code == 409
        assert browser.post(f"/breaks/{number}", deed="correct", why="对方少收六角").status_code == 303
        assert "向站点提出更正" in browser.get(f"/breaks/{number}").text
        with counter.engine.connect() as connection:
            (row,) = connection.execute(select(corrections)).all()
        assert (row.cited_seq, row.old_fen, row.new_fen, row.state) == (seq, -7_260, -7_200, "PROPOSED")
        assert row.explanation == f"对方少收六角 (差错 {number})"
        assert "提出更正" not in re.sub("向站点提出更正", "", browser.get(f"/breaks/{other}").text)
        assert "open already" in browser.post(f"/breaks/{number}", deed="correct", why="again").text or "未了结" in (
            browser.page
        )


class TestAnInvoice:
    def test_is_found_and_handed_out_once(self, browser: Browser, counter: Counter) -> None:
        seq = _confirmed(counter)
        browser.sign_in(CLERK)
        asked = {"reference": f"{counter.our_no(seq)}|7260|ABCD", "account_no": "0081234567"}
        browser.send("GET", "/invoices", params=asked)
        assert "72.60" in browser.page
        assert browser.post("/invoices", **asked, invoice_no="FP-100").status_code == 303
        assert counter.told(InvoiceIssued) == [InvoiceIssued(seq, "FP-100")]
        again = browser.post("/invoices", **asked, invoice_no="FP-101")
        assert "已开发票 FP-100" in again.text

    def test_is_not_found_by_a_guess(self, browser: Browser, counter: Counter) -> None:
        _confirmed(counter)
        browser.sign_in(CLERK)
        browser.send("GET", "/invoices", params={"reference": "1", "station_code": CODE, "account_no": "1"})
        assert "没有与收据号和户号都相符的缴费" in browser.page


class TestTheRevenueReport:
    @pytest.fixture
    def sold(self, counter: Counter) -> int:
        amounts = [(7_260, 101), (10_000, 101), (333, 102)]
        for amount_fen, product_code in amounts:
            _confirmed(counter, amount_fen, product_code)
        counter.pay("0081234567", "HELD", 5_000)
        return sum(amount_fen for amount_fen, _ in amounts)

    def test_has_one_total_on_screen_and_in_both_files(self, browser: Browser, sold: int) -> None:
        from openpyxl import load_workbook

        browser.sign_in(MAKER)
        fields = "from=2026-11-01&to=2026-11-30"
        browser.get(f"/revenue?{fields}")
        last = re.findall(r'<tr class="sum">(.*?)</tr>', browser.page, re.DOTALL)[-1]
        screen = re.findall(r'<td class="n">([^<]*)</td>', last)
        lines = list(csv.reader(io.StringIO(browser.get(f"/revenue.csv?{fields}").content.decode("utf-8-sig"))))
        sheet = load_workbook(io.BytesIO(browser.get(f"/revenue.xlsx?{fields}").content)).active
        assert sheet is not None
        cells = [cell.value for cell in list(sheet.rows)[-1]]
        assert sold == 17_593
        assert screen == ["3", "175.93", "0.00", "1", "50.00"]
        assert lines[-1] == ["合计", "", "3", "175.93", "0.00", "1", "50.00"]
        assert [cells[2], round(cells[3] * 100), cells[5], round(cells[6] * 100)] == [3, 17_593, 1, 5_000]
        assert len(lines) == len(list(sheet.rows))

    def test_notes_each_file_with_digests_of_the_screen_and_of_itself(
        self, browser: Browser, counter: Counter, sold: int
    ) -> None:
        browser.sign_in(MAKER)
        fields = "from=2026-11-01&to=2026-11-30"
        table = browser.get(f"/revenue?{fields}").text.partition("<table")[2].partition("</table>")[0]
        rows = [re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", row) for row in table.split("<tr")[1:]]
        screen = hashlib.sha256("".join("\t".join(row) + "\n" for row in rows).encode()).hexdigest()
        files = [browser.get(f"/revenue.{ending}?{fields}").content for ending in ("csv", "xlsx")]
        with counter.engine.connect() as connection:
            noted = [one.details for one in entries(connection) if one.tag == AuditTag.LIST_EXPORTED.value]
        assert [one["file_sha256"] for one in noted] == [hashlib.sha256(data).hexdigest() for data in files]
        assert [one["screen_sha256"] for one in noted] == [screen, screen]
        assert [one["totals"]["confirmed_fen"] for one in noted] == [sold, sold]

    def test_groups_by_service_with_subtotals(self, browser: Browser, sold: int) -> None:
        browser.sign_in(MAKER)
        rows = list(csv.reader(io.StringIO(browser.get("/revenue.csv").content.decode("utf-8-sig"))))
        assert [row[:3] for row in rows[1:]] == [
            ["电力", "电费", "2"],
            ["电力", "小计", "2"],
            ["水务", "水费", "1"],
            ["水务", "小计", "1"],
            ["合计", "", "3"],
        ]
        assert sold

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_writes_nothing_that_a_spreadsheet_would_run(self, text: str) -> None:
        assert plain_cell(text) == f"'{text}"
        assert plain_cell("电费") == "电费"


class TestAnUnknownPayment:
    def test_is_ruled_on_by_two_people(self, browser: Browser, second: Browser, counter: Counter) -> None:
        seq = counter.pay("0081234567", "B1", 7_260)
        with counter.engine.begin() as connection:
            open_requests(connection, NOON)
        browser.sign_in(MAKER)
        browser.get("/unknown")
        assert counter.our_no(seq) in browser.page
        ruling = {"our_no": counter.our_no(seq), "outcome": "DECLINED", "finding": "营业厅查无此笔"}
        assert browser.post("/unknown", deed="propose", **ruling).status_code == 303
        assert browser.post("/unknown", deed="approve", our_no=counter.our_no(seq)).status_code == 409
        second.sign_in(FINANCE)
        second.get("/unknown")
        assert "营业厅查无此笔" in second.page
        assert second.post("/unknown", deed="approve", our_no=counter.our_no(seq)).status_code == 303
        last = counter.told(BillerAnswered)[-1]
        assert last == BillerAnswered(seq, Outcome.DECLINED, AnswerSource.RULING, "", "营业厅查无此笔")
        with counter.engine.connect() as connection:
            assert rulings.unknown_payments(connection) == []

    def test_reversal_without_an_answer_is_ruled_on_by_two_people(
        self, browser: Browser, second: Browser, counter: Counter
    ) -> None:
        seq = _confirmed(counter)
        counter.send(ReversalRequested(seq, ReversalReason.WRONG_AMOUNT))
        with counter.engine.begin() as connection:
            open_requests(connection, NOON)
        about = {"our_no": counter.our_no(seq), "kind": "REVERSE"}
        browser.sign_in(MAKER)
        browser.get("/unknown")
        assert counter.our_no(seq) in browser.page
        assert "ACCEPTED" in browser.page
        wrong = browser.post("/unknown", deed="propose", outcome="CONFIRMED", finding="营业厅称已冲正", **about)
        assert wrong.status_code == 409
        done = browser.post("/unknown", deed="propose", outcome="ACCEPTED", finding="营业厅称已冲正", **about)
        assert done.status_code == 303
        assert browser.post("/unknown", deed="approve", **about).status_code == 409
        second.sign_in(FINANCE)
        second.get("/unknown")
        assert "已冲正: 营业厅称已冲正" in second.page
        assert second.post("/unknown", deed="approve", **about).status_code == 303
        assert counter.told(ReversalAnswered) == [ReversalAnswered(seq, accepted=True, reason="营业厅称已冲正")]
        second.get("/unknown")
        assert counter.our_no(seq) not in second.page
