"""What every card terminal driver keeps, each against its own terminal: the bank's book is the judge."""

from __future__ import annotations

import logging

import pytest

from station_pos.devices.card_terminal import CardOperation, CardVerdict, Correlation
from station_pos.devices.card_terminal_state import Progress, TerminalCondition
from tests.station_pos.devices.card_benches import CARD_NUMBERS, transbank_bench, zvt_bench
from tests.station_pos.devices.nonce_terminal import nonce_bench

APPROVED, DECLINED, CANCELLED = CardVerdict.APPROVED, CardVerdict.DECLINED, CardVerdict.CANCELLED
UNKNOWN, NOT_STARTED = CardVerdict.UNKNOWN, CardVerdict.NOT_STARTED
MAKERS = {
    "zvt": lambda folder: zvt_bench(folder, card_s=0.3),
    "zvt-tcp": lambda folder: zvt_bench(folder, tcp=0, card_s=0.3),
    "transbank": transbank_bench,
    "example": nonce_bench,
}
pytestmark = pytest.mark.enable_socket  # ZVT over TCP, on loopback


@pytest.fixture(scope="module", params=list(MAKERS))
def shared(request, tmp_path_factory):
    with MAKERS[request.param](tmp_path_factory.mktemp("terminal")) as bench:
        yield bench


@pytest.fixture
def bench(shared):
    shared.begin()
    yield shared
    assert shared.end() == []


def test_it_says_what_it_can_do(bench):
    able = bench.driver.capabilities
    assert {
        CardOperation.WITHDRAW,
        CardOperation.VOID,
        CardOperation.LAST_RESULT,
        CardOperation.STATUS,
    } <= able.operations
    assert bench.driver.correlation in Correlation
    assert bench.driver.status().condition is TerminalCondition.READY


def test_an_approved_withdrawal_is_committed_once_and_stands_at_the_bank(bench):
    outcome = bench.withdraw(50_000, "S7-000123")
    assert (outcome.verdict, outcome.pay_out) == (APPROVED, True)
    assert [outcome.record] == bench.commits
    bench.until(lambda: bench.states() == ["completed"])  # the terminal has its last acknowledgement a moment later
    booked = bench.book()[-1]
    assert booked["amount_fen"] == 50_000
    assert outcome.record.amount_fen == 50_000
    assert int(outcome.record.receipt_no) == booked["receipt"]
    assert outcome.record.card.limit_key in {"ICBC DEBIT:0128", "ICBC:0128"}
    assert outcome.record.terminal_time.isoformat() == booked["at"]


def test_a_declined_one_is_not_committed(bench):
    bench.fault("decline", code=1)
    outcome = bench.withdraw()
    assert outcome.verdict is DECLINED
    assert outcome.reason.chinese
    assert outcome.reason.english
    assert (bench.commits, bench.states()) == ([], ["declined"])


def test_without_a_card_it_ends_cancelled(bench):
    bench.tell("auto_card", card=None)
    if CardOperation.CANCEL in bench.driver.capabilities:
        bench.driver.cancel()  # nothing is under way: it does nothing to the next
    outcome = bench.withdraw()
    assert outcome.verdict in {CANCELLED, UNKNOWN}
    assert bench.states() == []


@pytest.mark.parametrize("refuser", ["commit", "on_card"])
def test_a_refused_result_is_reversed_in_the_terminals_own_book(bench, refuser):
    outcome = bench.withdraw(**{refuser: lambda _told: False})
    assert outcome.verdict is DECLINED
    assert not outcome.pay_out
    assert bench.states() == ["reversed"]
    assert bench.commits == []


def test_a_result_for_another_amount_is_reversed_and_never_committed(bench):
    bench.fault("wrong_amount", fen=5_000)
    outcome = bench.withdraw()
    assert (outcome.verdict, outcome.reason.code) == (DECLINED, "amount_differs")
    assert (bench.commits, bench.states()) == ([], ["reversed"])


def test_a_journal_that_fails_is_told_to_the_caller_after_the_terminal(bench):
    def commit(_record):
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space left"):
        bench.withdraw(commit=commit)
    assert bench.states() == ["reversed"]


def test_a_reversal_that_fails_is_unknown(bench):
    bench.fault("reversal_fails")
    outcome = bench.withdraw(commit=lambda _record: False)
    assert (outcome.verdict, outcome.reason.code) == (UNKNOWN, "reversal_failed")


@pytest.mark.parametrize(("point", "found"), [("accepted", DECLINED), ("before_result", APPROVED)])
def test_silence_is_unknown_until_it_is_asked(bench, point, found):
    bench.withdraw(7_700, "S7-000001")
    bench.fault("silence", point)
    with bench.in_vain(call_s=1.0):
        assert bench.withdraw(50_000, "S7-000002").verdict is UNKNOWN
    bench.seen.clear()
    assert bench.last_result(50_000, "S7-000002").verdict is found
    told = [one for one in bench.seen if one in {Progress.LISTENING, Progress.ASKING_AGAIN}]
    assert told in ([], [Progress.LISTENING, Progress.ASKING_AGAIN]), "the counter says what it waits for"
    assert bench.states().count("approved") == (found is APPROVED)


def test_a_void_gives_the_money_back_and_a_second_is_refused(bench):
    held_fen = bench.tell("status")["balances_fen"][0]
    sale = bench.withdraw()
    assert sale.verdict is APPROVED, sale.reason
    assert bench.driver.void(sale.record, commit=bench.accept).verdict is APPROVED
    again = bench.driver.void(sale.record, commit=bench.accept)
    assert (again.verdict, again.reason.code) == (DECLINED, "reversed")
    assert bench.tell("status")["balances_fen"][0] == held_fen


def test_what_it_cannot_do_is_said_without_touching_the_line(bench):
    able = bench.driver.capabilities
    calls = {CardOperation.BALANCE: bench.driver.balance, CardOperation.DISPLAY: lambda: bench.driver.display("hello")}
    for operation, call in calls.items():
        outcome = call()
        assert (outcome.verdict is APPROVED) == (operation in able)
        assert operation in able or outcome.reason.code == "unsupported"


def test_a_mute_terminal_costs_a_moment_and_nothing_else(bench):
    requests = bench.tell("status")["requests"]
    bench.tell("mute")
    with bench.in_vain(status_s=0.2):
        outcome = bench.withdraw()
    assert outcome.verdict is NOT_STARTED
    assert not outcome.may_have_reached_terminal
    assert bench.tell("status")["requests"] == requests


def test_a_terminal_that_tells_too_much_leaks_nothing(bench, caplog, capfd, tmp_path):
    """Card number, expiry and track that the terminal sends are in no value, log, output or file of ours."""
    caplog.set_level(logging.DEBUG)
    bench.tell("leaky")
    sale = bench.withdraw()
    kept = [sale, *bench.commits, bench.driver.reprint(), bench.last_result(), bench.driver.balance(), bench.driver]
    (tmp_path / "kept").write_text("\n".join(map(repr, kept)), "utf-8")
    outputs = capfd.readouterr()
    seen = "".join([caplog.text, outputs.out, outputs.err, *(str(getattr(sale, "lines", ())),)])
    seen += "".join(file.read_text("utf-8") for file in tmp_path.iterdir())
    assert sale.verdict is APPROVED
    for number in CARD_NUMBERS:
        assert number not in seen
        assert number[:-4] not in seen
        assert number[4:12] not in seen
    for expiry in ("12/30", "3012", "=3012"):
        assert expiry not in seen
