"""The ZVT driver against a terminal in a process of its own: every scripted fault, judged by the bank's own book."""

from __future__ import annotations

import threading

import pytest

from station_pos.devices.card_terminal import CardVerdict, any_card, refuse
from station_pos.devices.card_terminal_state import Progress, TerminalCondition
from station_pos.devices.zvt.conversation import Conversation, EndKind, Judgement, Setting
from station_pos.devices.zvt.link import ZvtTimes
from tests.station_pos.devices.card_benches import now, zvt_bench, zvt_driver

APPROVED, DECLINED, CANCELLED = CardVerdict.APPROVED, CardVerdict.DECLINED, CardVerdict.CANCELLED
UNKNOWN, NOT_STARTED = CardVerdict.UNKNOWN, CardVerdict.NOT_STARTED


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with zvt_bench(tmp_path_factory.mktemp("zvt")) as bench:
        yield bench


@pytest.fixture
def bench(shared):
    shared.begin()
    yield shared
    assert shared.end() == []  # each scripted fault happened


class TestAWithdrawal:
    def test_is_committed_before_the_terminal_completes(self, bench):
        states = []

        def commit(record):
            states.extend(bench.states())
            return bench.accept(record)

        outcome = bench.withdraw(commit=commit)
        assert outcome.verdict is APPROVED
        assert states == ["approved"]  # at the bank, and not yet taken over
        assert bench.states() == ["completed"]
        record = bench.commits[0]
        assert outcome.record == record
        booked = bench.book()[-1]
        assert (record.amount_fen, int(record.trace_no), int(record.receipt_no)) == (
            booked["amount_fen"],
            booked["trace"],
            booked["receipt"],
        )
        assert (record.card_last4, record.issuer, record.auth_code) == ("0128", "ICBC DEBIT", booked["auth"])
        assert record.terminal_time is not None
        assert record.terminal_time.isoformat() == booked["at"]
        assert outcome.lines[-1].startswith("RECEIPT")
        assert bench.seen[:3] == [Progress.INSERT_CARD, Progress.LOOK_AT_PIN_PAD, Progress.ASKING_BANK]

    def test_shows_a_wrong_pin_and_goes_on(self, bench):
        bench.fault("wrong_pin", times=1)
        assert bench.withdraw().verdict is APPROVED
        assert bench.seen.count(Progress.WRONG_PIN) == 1

    def test_over_the_accounts_balance_is_declined_in_the_banks_words(self, bench):
        bench.tell("auto_card", card=2)
        outcome = bench.withdraw()
        assert (outcome.verdict, outcome.reason.code) == (DECLINED, "host_51")
        assert "余额不足" in outcome.reason.chinese
        assert bench.commits == []

    def test_may_be_cancelled_from_another_thread_while_it_waits_for_the_card(self, bench):
        def on_progress(progress):
            if progress is Progress.INSERT_CARD:
                other = threading.Thread(target=bench.driver.cancel)
                other.start()
                other.join()

        bench.tell("auto_card", card=None)
        assert bench.withdraw(on_progress=on_progress).verdict is CANCELLED
        assert bench.states() == []

    def test_of_an_impossible_amount_is_not_sent(self, bench):
        before = bench.tell("status")["commands"]
        for amount_fen in (0, -1, 10**12):
            assert bench.withdraw(amount_fen).verdict is NOT_STARTED
        assert bench.tell("status")["commands"] == before

    def test_two_of_equal_amounts_in_a_row_are_two(self, bench):
        first, second = bench.withdraw(), bench.withdraw()
        assert (first.verdict, second.verdict) == (APPROVED, APPROVED)
        assert first.record.receipt_no != second.record.receipt_no
        assert bench.last_result().record == second.record


def test_a_rehearsed_amount_meets_its_fault_every_time_and_others_none(tmp_path):
    rule = '13000={"do": "decline", "code": 51}'
    with zvt_bench(tmp_path, auto_after_s=0.01, rehearse=rule) as bench:
        verdicts = [bench.withdraw(amount_fen).verdict for amount_fen in (13_000, 20_000, 13_000)]
        assert verdicts == [DECLINED, APPROVED, DECLINED]
        assert [one["amount_fen"] for one in bench.book() if one["state"] == "completed"] == [20_000]


class TestARefusedResult:
    def test_is_reversed_by_the_terminal(self, bench):
        outcome = bench.withdraw(commit=lambda _record: False)
        assert (outcome.verdict, outcome.reason.code) == (DECLINED, "not_issued")
        assert Progress.AUTO_REVERSAL in bench.seen
        assert bench.states() == ["reversed"]

    def test_for_the_card_is_never_committed(self, bench):
        outcome = bench.withdraw(on_card=lambda card: card.last4 != "0128")
        assert (outcome.verdict, outcome.reason.code) == (DECLINED, "card_refused")
        assert (bench.commits, bench.states()) == ([], ["reversed"])

    def test_for_another_amount_is_never_committed(self, bench):
        bench.fault("wrong_amount", fen=5_000)
        outcome = bench.withdraw()
        assert (outcome.verdict, outcome.reason.code) == (DECLINED, "amount_differs")
        assert (bench.commits, bench.states()) == ([], ["reversed"])

    def test_because_the_journal_failed_reverses_and_says_so(self, bench):
        def commit(_record):
            raise OSError(28, "no space left")

        with pytest.raises(OSError, match="no space left"):
            bench.withdraw(commit=commit)
        assert bench.states() == ["reversed"]

    def test_whose_reversal_fails_is_unknown(self, bench):
        bench.fault("reversal_fails")
        outcome = bench.withdraw(commit=lambda _record: False)
        assert (outcome.verdict, outcome.reason.code) == (UNKNOWN, "reversal_failed")
        assert bench.states() == ["approved"]
        assert bench.last_result().verdict is APPROVED  # the bank has the money: the clerk decides


class TestTheLine:
    @pytest.mark.parametrize("fault", ["nak_once", "bad_crc_once", "lose_ack_once", "withhold_ack_once"])
    def test_disturbed_once_books_and_commits_once(self, bench, fault):
        bench.driver.status()
        bench.fault(fault)
        assert bench.withdraw().verdict is APPROVED
        assert (len(bench.commits), bench.states()) == (1, ["completed"])

    def test_whose_acknowledgement_of_the_result_is_lost_commits_once(self, bench):
        def on_progress(progress):
            if progress is Progress.ASKING_BANK:
                bench.fault("lose_ack_once")  # the counter's next ACK is that of the result

        outcome = bench.driver.withdraw(50_000, "A00001", commit=bench.accept, on_progress=on_progress)
        assert outcome.verdict is APPROVED
        assert (len(bench.commits), bench.states()) == (1, ["completed"])

    @pytest.mark.parametrize(
        ("accepts", "verdict", "state"), [(True, APPROVED, "completed"), (False, DECLINED, "reversed")]
    )
    def test_that_swallows_the_answer_gets_the_same_one_when_the_result_is_told_again(
        self, bench, accepts, verdict, state
    ):
        def commit(record):
            bench.tell("cable", out=True, for_ms=750)
            bench.accept(record)
            return accepts

        assert bench.withdraw(commit=commit).verdict is verdict
        assert (len(bench.commits), bench.states()) == (1, [state])

    @pytest.mark.parametrize("point", ["accepted", "before_result", "between", "after_result"])
    def test_with_garbage_on_it_books_once_at_most(self, bench, point):
        bench.fault("garbage", point, bytes=60)
        outcome = bench.withdraw()
        if outcome.verdict is UNKNOWN:
            outcome = bench.last_result(commit=bench.accept)
        assert outcome.verdict is APPROVED
        assert len(bench.states()) == 1
        assert len({record.trace_no for record in bench.commits}) == 1

    def test_that_is_late_within_the_time_is_waited_for(self, bench):
        bench.fault("late", "before_result", for_s=0.3)
        assert bench.withdraw().verdict is APPROVED

    def test_with_a_mute_terminal_sends_no_request(self, bench):
        requests = bench.tell("status")["requests"]
        bench.tell("mute")
        began_s = bench.told.clock()
        outcome = bench.withdraw()
        assert (outcome.verdict, outcome.reason.code) == (NOT_STARTED, "silent")
        assert bench.told.clock() - began_s < 3
        assert bench.driver.status().condition is TerminalCondition.NO_ANSWER
        assert bench.tell("status")["requests"] == requests

    def test_that_does_not_exist_is_a_verdict(self, tmp_path):
        driver = zvt_driver(str(tmp_path / "nothing"))
        outcome = driver.withdraw(50_000, "A00001", commit=lambda _record: True)
        assert (outcome.verdict, outcome.reason.code) == (NOT_STARTED, "line_missing")
        assert driver.status().condition is TerminalCondition.LINE_MISSING

    def test_with_a_busy_terminal_sends_no_request(self, bench):
        bench.tell("busy")
        outcome = bench.withdraw()
        assert outcome.verdict is NOT_STARTED
        assert "正忙" in outcome.reason.chinese
        assert bench.states() == []


class TestAfterACut:
    """Line or power fails in the middle: the answer is unknown, and asking finds what the bank's book says."""

    @pytest.mark.parametrize(
        ("point", "committed", "found"),
        [
            ("command", 0, DECLINED),  # the request arrived, its acceptance did not; the terminal then waited in vain
            ("before_result", 0, APPROVED),
            ("between", 1, APPROVED),
            ("after_result", 1, APPROVED),
        ],
    )
    def test_of_the_cable_the_terminal_is_asked_and_not_told_again(self, bench, point, committed, found):
        bench.fault("cable_out", point)
        outcome = bench.withdraw()
        assert outcome.verdict is UNKNOWN
        assert not outcome.pay_out
        assert len(bench.commits) == committed
        bench.tell("cable", out=False)
        bench.until_idle()
        requests = bench.tell("status")["requests"]["06 01"]
        asked = bench.last_result(commit=bench.accept)
        assert asked.verdict is found
        assert (len(bench.states()) == 1) == (found is APPROVED)
        if found is APPROVED:
            assert int(asked.record.trace_no) == bench.book()[-1]["trace"]
        assert bench.tell("status")["requests"]["06 01"] == requests

    def test_a_terminal_that_still_holds_the_result_is_answered_as_at_first(self, bench):
        bench.fault("cable_out", "before_result", for_s=1.1)
        outcome = bench.withdraw()
        assert (outcome.verdict, bench.commits) == (UNKNOWN, [])
        asked = bench.until(lambda: (found := bench.last_result(commit=bench.accept)).verdict is not UNKNOWN and found)
        assert asked.verdict is APPROVED
        assert len({record.trace_no for record in bench.commits}) <= 1

    def test_silence_after_acceptance_is_unknown_and_did_not_happen(self, bench):
        bench.withdraw()
        bench.fault("silence", "accepted")
        outcome = bench.withdraw()
        assert (outcome.verdict, outcome.reason.code) == (UNKNOWN, "silent")
        assert bench.last_result().verdict is DECLINED
        assert bench.states() == ["completed"]

    @pytest.mark.parametrize(
        ("point", "stored", "found"),
        [
            ("before_result", True, APPROVED),
            ("before_result", False, DECLINED),
            ("between", False, DECLINED),
            ("after_result", True, APPROVED),
        ],
    )
    def test_of_the_terminals_power_it_happened_if_it_is_stored(self, bench, point, stored, found):
        bench.withdraw(12_300)
        bench.fault("power_cycle", point, stored=stored)
        outcome = bench.withdraw()
        assert outcome.verdict is UNKNOWN
        assert bench.last_result(commit=bench.accept).verdict is found
        standing = [state for state in bench.states() if state in {"approved", "completed"}]
        assert len(standing) == (2 if found is APPROVED else 1)

    def test_a_terminal_that_reverses_what_nobody_took_over_has_reversed(self, bench):
        bench.tell("reverse_on_silence")
        bench.fault("cable_out", "before_result")
        assert bench.withdraw().verdict is UNKNOWN
        bench.until(lambda: bench.states() == ["reversed"])
        bench.tell("cable", out=False)
        asked = bench.last_result()
        assert (asked.verdict, asked.reason.code) == (DECLINED, "reversed")

    def test_a_terminal_that_tells_no_last_result_leaves_it_unknown(self, bench):
        bench.fault("silence", "before_result")
        assert bench.withdraw().verdict is UNKNOWN
        bench.fault("no_repeat_result")
        asked = bench.last_result()
        assert (asked.verdict, asked.reason.code) == (UNKNOWN, "no_result")
        assert bench.last_result().verdict is APPROVED

    def test_of_the_adapter_the_line_is_opened_anew(self, bench):
        bench.fault("hang_up", "before_result")
        outcome = bench.withdraw()
        assert (outcome.verdict, outcome.reason.code) == (UNKNOWN, "line_lost")
        asked = bench.until(lambda: (found := bench.last_result(commit=bench.accept)).record and found)
        assert asked.verdict is APPROVED
        assert bench.withdraw().verdict is APPROVED

    @pytest.mark.parametrize(
        ("fault", "code"), [("abort_after_result", "aborted_after_approval"), ("double_result", "two_results")]
    )
    def test_a_terminal_that_contradicts_its_approval_is_not_believed_either_way(self, bench, fault, code):
        bench.fault(fault)
        outcome = bench.withdraw()
        assert (outcome.verdict, outcome.reason.code) == (UNKNOWN, code)

    def test_an_unfinished_transaction_hinders_the_next_request(self, bench):
        bench.fault("cable_out", "before_result", for_s=0.9)
        assert bench.withdraw().verdict is UNKNOWN
        nxt = bench.withdraw(7_000)
        assert nxt.verdict in {NOT_STARTED, APPROVED}
        booked = [one["amount_fen"] for one in bench.book()[-2:]]
        assert (7_000 in booked) == (nxt.verdict is APPROVED)


class TestOtherRequests:
    def test_balance_moves_nothing(self, bench):
        held_fen = bench.tell("status")["balances_fen"][0]
        outcome = bench.driver.balance()
        assert (outcome.verdict, outcome.balance_fen) == (APPROVED, held_fen)
        assert bench.tell("status")["balances_fen"][0] == held_fen

    def test_void_gives_the_money_back_once(self, bench):
        held_fen = bench.tell("status")["balances_fen"][0]
        sale = bench.withdraw()
        undone = bench.driver.void(sale.record, commit=bench.accept)
        assert undone.verdict is APPROVED
        assert undone.record.reverses_trace_no == sale.record.trace_no
        again = bench.driver.void(sale.record, commit=bench.accept)
        assert (again.verdict, again.reason.code) == (DECLINED, "reversed")
        assert bench.tell("status")["balances_fen"][0] == held_fen

    def test_refund_reprint_display_settle_and_sign_on(self, bench):
        held_fen = bench.tell("status")["balances_fen"][0]
        assert bench.driver.sign_on().verdict is APPROVED
        assert bench.driver.refund(1_500, "R1", commit=bench.accept).verdict is APPROVED
        assert bench.tell("status")["balances_fen"][0] == held_fen + 1_500
        sale = bench.withdraw()
        assert bench.driver.reprint().record == sale.record
        assert bench.driver.display("station 410000123 ready").verdict is APPROVED
        settled = bench.driver.settle()
        assert settled.totals is not None
        assert settled.totals.count >= 1
        assert bench.driver.settle().totals.count == 0

    def test_status_names_the_software(self, bench):
        status = bench.driver.status()
        assert (status.condition, status.software) == (TerminalCondition.READY, "SIM-ZVT 1.0")


def test_killed_and_started_again_the_terminal_still_knows_its_last_transaction(tmp_path):
    with zvt_bench(tmp_path) as bench:
        bench.fault("silence", "between")
        assert bench.withdraw().verdict is UNKNOWN
        bench.process.kill()
        numbers, asked_at = bench.numbers, bench.asked_at
    with zvt_bench(tmp_path) as again:
        again.numbers, again.asked_at = numbers, asked_at
        assert again.last_result().verdict is APPROVED


def test_an_answer_from_before_a_cut_does_not_begin_the_long_wait_for_a_transactions_next_message():
    """The terminal answered what the killed program had sent, and rests: it is asked after one more patience."""

    class Line:
        def __init__(self):
            self.now_s = 0.0
            self.said = [b"\x84\x83\x00"]

        def receive(self, timeout_s):
            if self.said:
                return self.said.pop()
            self.now_s += timeout_s
            return None

    line, times = Line(), ZvtTimes()
    setting = Setting(line, times, lambda: line.now_s, now, "cp437", lambda: False)  # type: ignore[arg-type]
    end = Conversation(setting, lambda _: None, Judgement(50_000, any_card, refuse)).listen(times.resumption_s)
    assert end.kind is EndKind.QUIET
    assert line.now_s <= times.resumption_s


def test_a_terminal_tells_its_own_number(tmp_path):
    with zvt_bench(tmp_path, terminal="29007777") as bench:
        outcome = bench.withdraw()
        assert outcome.record is not None
        assert outcome.record.terminal_no == "29007777"
