"""The biller simulator as a caller and an auditor meet it: over HTTP, in its book, in its settlement files."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.outside.processes import Process, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket


class Caller:
    """Plain HTTP client of one biller."""

    def __init__(self, port: int) -> None:
        self.port = port

    def raw(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        status, content = self.raw("POST", path, json.dumps(body).encode())
        return status, json.loads(content)

    def get(self, path: str) -> Any:
        return json.loads(self.raw("GET", path)[1])

    def pay(self, our_no: str, bill: dict[str, Any], biller: str = "SCDL") -> Any:
        asked = {"our_no": our_no, "account_no": bill["account_no"], "bill_no": bill["bill_no"]}
        return self.post(f"/{biller}/pay", **asked, amount_fen=bill["amount_fen"])[1]

    def fault(self, kind: str, times: int = 1, biller: str = "SCDL", **more: Any) -> None:
        status, answer = self.post("/control/fault", biller=biller, kind=kind, times=times, **more)
        assert status == 200, answer

    def booked(self, biller: str = "SCDL") -> tuple[int, int]:
        days = self.get("/control/book")["billers"][biller].values()
        return sum(day["count"] for day in days), sum(day["amount_fen"] for day in days)


def open_bills(book: Path, biller: str = "SCDL") -> list[dict[str, Any]]:
    """Read the open bills straight from the book."""
    with sqlite3.connect(book) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute("SELECT * FROM bill WHERE biller = ? AND paid_by IS NULL ORDER BY bill_no", (biller,))
        result = [dict(row) for row in rows]
    db.close()
    return result


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, Path]]:
    """One biller process for the tests that use bills of their own."""
    book = tmp_path_factory.mktemp("biller") / "book.sqlite3"
    with running("biller_simulator", "--book", book, "--seed", "demo") as process:
        yield Caller(process.hello["port"]), book


@contextmanager
def biller(tmp_path: Path, *more: object) -> Iterator[tuple[Process, Caller, Path]]:
    """A biller process of one test's own."""
    book = tmp_path / "book.sqlite3"
    with running("biller_simulator", "--book", book, "--seed", "demo", *more) as process:
        yield process, Caller(process.hello["port"]), book


def test_demo_seed_holds_twenty_payable_bills_per_utility_and_the_account_shapes(shared: tuple[Caller, Path]) -> None:
    _, book = shared
    with sqlite3.connect(book) as db:
        counts = dict(db.execute("SELECT biller, COUNT(*) FROM bill GROUP BY biller"))
        accounts = db.execute("SELECT biller, account_no, payer_name FROM account").fetchall()
    db.close()
    assert counts == {"SCDL": 20, "JYSW": 20, "ZYRQ": 20}
    shapes = {"SCDL": r"\d{10}", "JYSW": r"\d{8}", "ZYRQ": r"\d{9}", "YDCZ": r"1[3-9]\d{9}"}
    for code, account_no, payer_name in accounts:
        assert re.fullmatch(shapes[code], account_no)
        assert re.fullmatch(r"(张三|李四|王五|赵六)\d\d", payer_name)
    assert sum(code == "YDCZ" for code, _, _ in accounts) >= 5


def test_inquiry_names_the_payer_and_the_open_bills_and_a_paid_bill_leaves_the_list(
    shared: tuple[Caller, Path],
) -> None:
    caller, book = shared
    bill = open_bills(book)[0]
    status, account = caller.post("/SCDL/inquiry", account_no=bill["account_no"])
    assert status == 200
    assert account["payer_name"]
    assert account["address"]
    assert bill["bill_no"] in [b["bill_no"] for b in account["bills"]]
    assert caller.post("/SCDL/inquiry", account_no="0000000000") == (404, {"error": "unknown account"})
    assert caller.pay("A0001", bill)["outcome"] == "confirmed"
    _, after = caller.post("/SCDL/inquiry", account_no=bill["account_no"])
    assert bill["bill_no"] not in [b["bill_no"] for b in after["bills"]]


def test_same_number_is_booked_once_and_another_number_for_the_bill_is_already_paid(
    shared: tuple[Caller, Path],
) -> None:
    caller, book = shared
    bill = open_bills(book)[0]
    count, amount_fen = caller.booked()
    first = caller.pay("B0001", bill)
    assert [caller.pay("B0001", bill) for _ in range(3)] == [first] * 3
    assert caller.pay("B0002", bill) == {"outcome": "declined", "code": "E03", "reason": "账单已缴", "our_no": "B0002"}
    assert caller.booked() == (count + 1, amount_fen + bill["amount_fen"])
    status, answer = caller.post("/SCDL/pay", our_no="B0001", account_no=bill["account_no"], bill_no="", amount_fen=1)
    assert (status, answer) == (409, {"error": "our_no stands for another payment"})


def test_twenty_callers_at_once_with_one_number_book_once(shared: tuple[Caller, Path]) -> None:
    caller, book = shared
    bill = open_bills(book)[0]
    count, _ = caller.booked()
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(caller.pay("C0001", bill))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["biller_no"] for answer in answers}) == 1
    assert len(answers) == 20
    assert caller.booked()[0] == count + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account_no": "9999999999"}, "E01 户号不存在"),
        ({"bill_no": "209901"}, "E02 账单不存在"),
        ({"amount_fen": 1}, "E04 金额与账单不符"),
        ({"bill_no": "", "amount_fen": 1}, "E06 没有这个金额的欠费"),
    ],
)
def test_refusals_name_their_reason_and_book_nothing(
    shared: tuple[Caller, Path], change: dict[str, Any], reason: str
) -> None:
    caller, book = shared
    count = caller.booked()
    asked = {k: v for k, v in open_bills(book)[0].items() if k in {"account_no", "bill_no", "amount_fen"}} | change
    our_no = "D" + hashlib.sha256(reason.encode()).hexdigest()[:12]
    code, words = reason.split()
    declined = {"outcome": "declined", "code": code, "reason": words, "our_no": our_no}
    assert caller.post("/SCDL/pay", our_no=our_no, **asked)[1] == declined
    assert caller.get(f"/SCDL/status?our_no={our_no}") == declined
    assert caller.booked() == count


def test_top_up_takes_any_amount_up_to_its_limit(shared: tuple[Caller, Path]) -> None:
    caller, _ = shared
    top_up = {"account_no": "13908162001", "bill_no": ""}
    for amount_fen, outcome in ((1, "confirmed"), (5_000_000, "confirmed"), (5_000_001, "declined")):
        assert caller.pay(f"E{amount_fen}", {**top_up, "amount_fen": amount_fen}, "YDCZ")["outcome"] == outcome
    answer = caller.post("/YDCZ/reverse", our_no="E1")[1]
    assert answer == {"outcome": "declined", "code": "E13", "reason": "充值已到账, 不能冲正", "our_no": "E1"}


def test_reversal_opens_the_bill_again_once(shared: tuple[Caller, Path]) -> None:
    caller, book = shared
    bill = open_bills(book)[0]
    count = caller.booked()
    caller.pay("F0001", bill)
    for _ in range(2):
        assert caller.post("/SCDL/reverse", our_no="F0001")[1] == {"outcome": "reversed", "our_no": "F0001"}
    assert caller.booked() == count
    assert caller.get("/SCDL/status?our_no=F0001")["outcome"] == "reversed"
    assert bill["bill_no"] in [b["bill_no"] for b in open_bills(book)]
    assert caller.post("/SCDL/reverse", our_no="F9999")[1]["reason"] == "没有这笔缴费"


def test_lost_reply_is_booked_and_status_tells_and_a_dropped_call_is_not(shared: tuple[Caller, Path]) -> None:
    caller, book = shared
    lost, dropped, *_ = open_bills(book, "JYSW")
    caller.fault("lose_reply", biller="JYSW")
    with pytest.raises((ConnectionError, http.client.BadStatusLine)):
        caller.pay("G0001", lost, "JYSW")
    assert caller.get("/JYSW/status?our_no=G0001")["outcome"] == "confirmed"
    caller.fault("drop", biller="JYSW")
    with pytest.raises((ConnectionError, http.client.BadStatusLine)):
        caller.pay("G0002", dropped, "JYSW")
    assert caller.get("/JYSW/status?our_no=G0002") == {"outcome": "not_found", "our_no": "G0002"}
    assert caller.pay("G0002", dropped, "JYSW")["outcome"] == "confirmed"
    assert caller.booked("JYSW") == (2, lost["amount_fen"] + dropped["amount_fen"])


def test_decline_garbage_error_and_forget_show_as_often_as_asked(shared: tuple[Caller, Path]) -> None:
    caller, book = shared
    bills = open_bills(book, "ZYRQ")
    caller.fault("decline", biller="ZYRQ", times=2)
    outcomes = [caller.pay(f"H{i}", bills[0], "ZYRQ")["outcome"] for i in range(3)]
    assert outcomes == ["declined", "declined", "confirmed"]
    caller.fault("garbage", biller="ZYRQ")
    asked = {k: bills[1][k] for k in ("account_no", "bill_no", "amount_fen")}
    status, content = caller.raw("POST", "/ZYRQ/pay", json.dumps({"our_no": "H5", **asked}).encode())
    assert status == 200
    with pytest.raises(ValueError, match=r"."):
        json.loads(content)
    assert caller.get("/ZYRQ/status?our_no=H5")["outcome"] == "confirmed"
    caller.fault("error500", biller="ZYRQ")
    assert caller.post("/ZYRQ/pay", our_no="H6", account_no="1", bill_no="", amount_fen=5)[0] == 500
    assert caller.get("/ZYRQ/status?our_no=H6") == {"outcome": "not_found", "our_no": "H6"}
    caller.fault("forget", biller="ZYRQ")
    told = [caller.get("/ZYRQ/status?our_no=H5")["outcome"] for _ in range(2)]
    assert told == ["not_found", "confirmed"]


def test_answer_twice_sends_two_whole_answers_and_books_once(shared: tuple[Caller, Path]) -> None:
    caller, book = shared
    bill = open_bills(book, "ZYRQ")[-1]
    count, _ = caller.booked("ZYRQ")
    caller.fault("answer_twice", biller="ZYRQ")
    connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=60)
    asked = {k: bill[k] for k in ("account_no", "bill_no", "amount_fen")}
    connection.request("POST", "/ZYRQ/pay", json.dumps({"our_no": "I1", **asked}))
    wire = connection.sock.makefile("rb")
    answers = []
    for _ in range(2):
        length = 0
        while (line := wire.readline().strip()) != b"":
            length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
        answers.append(json.loads(wire.read(length)))
    wire.close()
    connection.close()
    assert answers[0] == answers[1] == caller.pay("I1", bill, "ZYRQ")
    assert caller.booked("ZYRQ")[0] == count + 1


def test_merged_top_up_is_answered_with_the_earlier_serial_and_books_nothing(shared: tuple[Caller, Path]) -> None:
    caller, _ = shared
    top_up = {"account_no": "13908162009", "bill_no": "", "amount_fen": 4_321}
    first = caller.pay("merge-1", top_up, "YDCZ")
    booked = caller.booked("YDCZ")
    caller.fault("merge", biller="YDCZ")
    second = caller.pay("merge-2", top_up, "YDCZ")
    assert (second["outcome"], second["our_no"], second["biller_no"]) == ("confirmed", "merge-2", first["biller_no"])
    assert caller.booked("YDCZ") == booked
    assert caller.get("/YDCZ/status?our_no=merge-2")["outcome"] == "not_found"
    third = caller.pay("merge-3", top_up, "YDCZ")
    assert third["biller_no"] != first["biller_no"]


def test_delayed_payment_is_pending_until_it_is_booked(shared: tuple[Caller, Path]) -> None:
    caller, book = shared
    bill = open_bills(book, "JYSW")[-1]
    caller.fault("delay", biller="JYSW", seconds=0.5)
    paying = threading.Thread(target=caller.pay, args=("J1", bill, "JYSW"))
    paying.start()
    assert until(lambda: caller.get("/JYSW/status?our_no=J1")["outcome"] == "pending", 0.4)
    paying.join()
    assert caller.get("/JYSW/status?our_no=J1")["outcome"] == "confirmed"


def test_malformed_requests_get_one_sentence_and_change_nothing(shared: tuple[Caller, Path]) -> None:
    caller, _ = shared
    before = caller.get("/control/book")
    for body in (b"{", b"[]", b"\xff\xfe", b'{"our_no": 5}', b'{"our_no": "a|b", "account_no": "1", "amount_fen": 1}'):
        status, content = caller.raw("POST", "/SCDL/pay", body)
        assert status == 400
        assert json.loads(content)["error"]
    for amount in (0, -1, 1.5, True, "5", None):
        asked = {"our_no": "K1", "account_no": "1", "bill_no": "", "amount_fen": amount}
        assert caller.post("/SCDL/pay", **asked)[0] == 400
    assert caller.raw("GET", "/NONE/status?our_no=1")[0] == 404
    assert caller.post("/control/fault", biller="SCDL", kind="earthquake")[0] == 400
    assert caller.post("/control/seed", billers=[{"code": "x"}])[0] == 400
    assert caller.get("/control/book") == before


def test_seeded_biller_answers_and_seeding_twice_opens_no_paid_bill(shared: tuple[Caller, Path]) -> None:
    caller, _ = shared
    bill = {"bill_no": "1", "period": "2026-10", "amount_fen": 120}
    account = {"account_no": "7001", "payer_name": "张三", "address": "", "bills": [bill]}
    seed = {"billers": [{"code": "GDTV", "name": "广电", "service": "tv", "accounts": [account]}]}
    assert caller.post("/control/seed", **seed) == (200, {"seeded": {"billers": 1, "accounts": 1, "bills": 1}})
    assert caller.pay("L1", {**bill, "account_no": "7001"}, "GDTV")["outcome"] == "confirmed"
    caller.post("/control/seed", **seed)
    assert caller.pay("L2", {**bill, "account_no": "7001"}, "GDTV")["reason"] == "账单已缴"


def test_book_and_clock_survive_kill_and_cut_off_moves_the_business_date(tmp_path: Path) -> None:
    with biller(tmp_path) as (process, caller, book):
        clock = caller.post("/control/clock", offset_s=0)[1]
        seconds = [int(part) for part in clock["now"][11:19].split(":")]
        utc_s = seconds[0] * 3600 + seconds[1] * 60 + seconds[2]
        to_cut_off_s = (15 * 3600 - utc_s) % 86_400  # 23:00 in Shanghai is 15:00 UTC
        before = caller.post("/control/clock", offset_s=to_cut_off_s - 60)[1]["business_date"]
        bills = open_bills(book)
        assert caller.pay("M1", bills[0])["business_date"] == before
        after = caller.post("/control/clock", offset_s=to_cut_off_s + 1)[1]["business_date"]
        assert after > before
        assert caller.pay("M2", bills[1])["business_date"] == after
        assert caller.post("/SCDL/reverse", our_no="M1")[1]["reason"] == "已日切, 不能冲正"
        process.kill()
    with biller(tmp_path) as (_, caller, _):
        assert caller.get("/control")["clock"]["offset_s"] == to_cut_off_s + 1
        days = caller.get("/control/book")["billers"]["SCDL"]
        assert {day: total["count"] for day, total in days.items()} == {before: 1, after: 1}
        assert caller.pay("M1", bills[0])["outcome"] == "confirmed"
        assert caller.booked()[0] == 2


def read_file(path: str, encoding: str, newline: str) -> tuple[list[list[str]], list[str]]:
    """Read a settlement file by the published layout; check its trailer; return (detail rows, header)."""
    content = Path(path).read_bytes()
    assert content.endswith(newline.encode())
    body, _, trailer = content[: -len(newline)].rpartition(newline.encode())
    body += newline.encode()
    header, *details = (line.split("|") for line in body.decode(encoding).split(newline)[:-1])
    kind, count, total_fen, digest = trailer.decode().split("|")
    assert kind == "T"
    assert int(count) == len(details)
    assert int(total_fen) == sum(int(row[7]) for row in details)
    assert digest == hashlib.sha256(body).hexdigest()
    assert [int(row[1]) for row in details] == list(range(1, len(details) + 1))
    return details, header


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, str, list[dict[str, Any]]]]:
    """A biller with 20 payments of one date, the last reversed."""
    book = tmp_path_factory.mktemp("settled") / "book.sqlite3"
    with running("biller_simulator", "--book", book, "--seed", "demo", "--clock-offset-s", 0) as process:
        caller = Caller(process.hello["port"])
        bills = open_bills(book)
        for i, bill in enumerate(bills):
            caller.pay(f"N{i:02d}", bill)
        caller.post("/SCDL/reverse", our_no="N19")
        yield caller, next(iter(caller.get("/control/book")["billers"]["SCDL"])), bills


@pytest.mark.parametrize(("encoding", "newline", "end"), [("utf-8", "lf", "\n"), ("gb18030", "crlf", "\r\n")])
def test_sound_settlement_file_equals_the_book(
    day: tuple[Caller, str, list[dict[str, Any]]], tmp_path: Path, encoding: str, newline: str, end: str
) -> None:
    caller, date, bills = day
    asked = {"biller": "SCDL", "business_date": date, "out_dir": str(tmp_path), "encoding": encoding}
    status, answer = caller.post("/control/settlement", **asked, newline=newline)
    assert (status, answer["planted"]) == (200, {})
    rows, header = read_file(answer["file"], encoding, end)
    assert header == ["H", "SCDL", date.replace("-", ""), str(answer["seq"]), "1"]
    assert {(row[2], row[4], int(row[7])) for row in rows} == {
        (f"N{i:02d}", bill["account_no"], bill["amount_fen"]) for i, bill in enumerate(bills)
    }
    assert {row[2]: (row[6], row[8]) for row in rows}["N19"] == ("REV", "REVERSED")
    assert sum(int(row[7]) for row in rows if row[8] == "SUCCESS") == caller.booked()[1]
    name = f"SCDL_{date.replace('-', '')}_{answer['seq']}.txt"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"{name}.ok"]
    assert (tmp_path / f"{name}.ok").read_bytes() == b""


def test_every_difference_is_planted_as_often_as_asked(tmp_path: Path) -> None:
    plant = {
        "theirs_only": 2,
        "ours_only": 1,
        "amount_mismatch": 2,
        "status_mismatch": 1,
        "duplicate_theirs": 1,
        "account_mismatch": 1,
        "cutoff_shift": 1,
    }
    with biller(tmp_path, "--clock-offset-s", 0) as (_, caller, book):
        bills = open_bills(book)
        for i, bill in enumerate(bills):
            caller.pay(f"N{i:02d}", bill)
        date = next(iter(caller.get("/control/book")["billers"]["SCDL"]))
        asked = {"biller": "SCDL", "out_dir": str(tmp_path / "out")}
        answer = caller.post("/control/settlement", **asked, business_date=date, plant=plant)[1]
        assert answer["planted"] == {kind.upper(): count for kind, count in plant.items()}
        rows, _ = read_file(answer["file"], "utf-8", "\n")
        true = {f"N{i:02d}": bill for i, bill in enumerate(bills)}
        by_no: dict[str, list[list[str]]] = {}
        for row in rows:
            by_no.setdefault(row[2], []).append(row)
        single = {no: found[0] for no, found in by_no.items() if len(found) == 1 and no in true}
        assert len(by_no.keys() - true.keys()) == 2
        assert len(true.keys() - by_no.keys()) == 2  # left out for good, and kept for tomorrow
        assert sum(int(row[7]) != true[no]["amount_fen"] for no, row in single.items()) == 2
        assert sum(row[8] == "REVERSED" for row in single.values()) == 1
        assert sum(row[4] != true[no]["account_no"] for no, row in single.items()) == 1
        (pair,) = [found for found in by_no.values() if len(found) > 1]
        assert pair[0][3] != pair[1][3]
        shifted = [row["our_no"] for row in answer["planted_rows"] if row["kind"] == "CUTOFF_SHIFT"]
        caller.post("/control/clock", offset_s=86_400)
        tomorrow = caller.get("/control")["clock"]["business_date"]
        late = caller.post("/control/settlement", **asked, business_date=tomorrow)[1]
        rows, _ = read_file(late["file"], "utf-8", "\n")
        assert [row[2] for row in rows] == shifted == late["carried_in"]
        again = caller.post("/control/settlement", **asked, business_date=date)[1]
        assert again["seq"] == 2
        assert {row[2] for row in read_file(again["file"], "utf-8", "\n")[0]} == true.keys() - set(shifted)


@pytest.mark.parametrize("damage", ["total_mismatch", "bad_byte", "half_line", "no_trailer", "wrong_biller"])
def test_damaged_file_is_damaged_in_that_one_way(
    day: tuple[Caller, str, list[dict[str, Any]]], tmp_path: Path, damage: str
) -> None:
    caller, date, _ = day
    asked = {"biller": "SCDL", "business_date": date, "out_dir": str(tmp_path), "plant": {damage: 1}}
    answer = caller.post("/control/settlement", **asked)[1]
    assert answer["planted"] == {damage.upper(): 1}
    content = (tmp_path / answer["file"]).read_bytes()
    lines = content.split(b"\n")
    assert (b"\xff" in content) == (damage == "bad_byte")
    assert content.endswith(b"\n") == (damage != "half_line")
    assert (b"\nT|" in content) == (damage not in {"half_line", "no_trailer"})
    assert (lines[0].split(b"|")[1] != b"SCDL") == (damage == "wrong_biller")
    if damage in {"total_mismatch", "bad_byte", "wrong_biller"}:
        body, trailer = b"\n".join(lines[:-2]) + b"\n", lines[-2].split(b"|")
        assert trailer[3].decode() == hashlib.sha256(body).hexdigest()
        total_fen = sum(int(line.split(b"|")[7]) for line in lines[1:-2])
        assert (int(trailer[2]) != total_fen) == (damage == "total_mismatch")


def test_too_many_differences_are_refused_and_nothing_is_written(
    day: tuple[Caller, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    caller, date, _ = day
    asked = {"biller": "SCDL", "business_date": date, "out_dir": str(tmp_path / "none")}
    status, answer = caller.post("/control/settlement", **asked, plant={"ours_only": 20})
    assert status == 400
    assert "20 differences" in answer["error"]
    assert caller.post("/control/settlement", **asked, plant={"sabotage": 1})[0] == 400
    assert not (tmp_path / "none").exists()


def test_unusable_book_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(b"this is no database, only text" * 50)
    with pytest.raises(AssertionError, match=r"^biller_simulator cannot start: file is not a database\n$"):
        Process("biller_simulator", "--book", tmp_path / "book")
