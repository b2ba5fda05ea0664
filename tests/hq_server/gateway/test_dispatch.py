"""Asking a biller, as its book and HQ's journal tell it afterwards. The biller is a process of its own."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hq_server.db.desk_tables import invoices
from hq_server.db.gateway_tables import gateway_requests
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.gateway.dispatch import Dispatcher
from hq_server.gateway.requests import (
    LEASE,
    ask_later,
    claim,
    due_requests,
    find_request,
    open_requests,
    put_back,
)
from hq_server.gateway.schedule import delay_after
from hq_server.made_good import Cited, MadeGood, Remedy, note_made_good
from hq_server.wording import RefusedError
from station_journal.records import (
    AnswerSource,
    BillerAnswered,
    Outcome,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
)
from station_journal.side import Side
from tests.hq_server.counter_side import CODE, Counter, set_road
from tests.hq_server.gateway.conftest import BillerSide
from tests.hq_server.people import NOON
from tests.outside.processes import until

pytestmark = pytest.mark.enable_socket


def _outcomes(counter: Counter) -> list[Outcome]:
    return [fact.outcome for fact in counter.told(BillerAnswered)]


def _round(counter: Counter, dispatcher: Dispatcher) -> None:
    dispatcher.run_and_wait()
    counter.post()


class TestAPayment:
    def test_is_booked_once_under_our_number_and_confirmed(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        account, bill, amount_fen = biller.bill()
        seq = counter.pay(account, bill, amount_fen)
        for _ in range(3):
            _round(counter, dispatcher)
        (booked,) = biller.booked()
        assert (booked["our_no"], booked["amount_fen"]) == (counter.our_no(seq), amount_fen)
        assert counter.told(BillerAnswered) == [
            BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, booked["biller_no"], "")
        ]

    def test_of_nothing_is_never_sent_and_stands_in_nobodys_way(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        account, bill, amount_fen = biller.bill()
        counter.pay(account, "B-0", 0)
        seq = counter.pay(account, bill, amount_fen)
        _round(counter, dispatcher)
        assert [booked["our_no"] for booked in biller.booked()] == [counter.our_no(seq)]

    def test_that_the_biller_declines_says_why(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        biller.fault("decline")
        seq = counter.pay(*biller.bill())
        _round(counter, dispatcher)
        assert counter.told(BillerAnswered) == [
            BillerAnswered(seq, Outcome.DECLINED, AnswerSource.REPLY, "", "E99 暂停受理")
        ]

    def test_in_suspense_is_never_sent(self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher) -> None:
        account, bill, amount_fen = biller.bill()
        counter.pay(account, bill, amount_fen)
        counter.pay(account, bill, amount_fen)  # the same bill again: suspended by the posting rules
        _round(counter, dispatcher)
        _round(counter, dispatcher)
        assert len(biller.booked()) == 1
        assert _outcomes(counter) == [Outcome.CONFIRMED]

    @pytest.mark.parametrize("fault", ["lose_reply", "garbage", "error500", "answer_twice", "delay"])
    def test_of_two_neighbours_is_never_answered_by_the_others_word(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher, fault: str
    ) -> None:
        biller.fault(fault, booked=True, times=1, seconds=2.5)  # the road's own timeout is 2 s
        seqs = [counter.pay(*biller.bill(nth)) for nth in range(2)]
        _round(counter, dispatcher)
        until(lambda: len(biller.booked()) == len(seqs))
        counter.minutes_later(2)
        _round(counter, dispatcher)
        numbers = {row["our_no"]: row["biller_no"] for row in biller.booked()}
        told = counter.told(BillerAnswered)
        ends = {fact.payment_seq: fact.biller_no for fact in told if fact.outcome is not Outcome.UNKNOWN}
        assert ends == {seq: numbers[counter.our_no(seq)] for seq in seqs}


class TestALostReply:
    @pytest.mark.parametrize("fault", ["lose_reply", "garbage", "error500"])
    def test_is_unknown_told_once_and_ended_by_the_status(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher, fault: str
    ) -> None:
        biller.fault(fault, booked=True)
        counter.pay(*biller.bill())
        _round(counter, dispatcher)
        assert _outcomes(counter) == [Outcome.UNKNOWN]
        _round(counter, dispatcher)  # its time has not come
        counter.minutes_later(0.1)
        _round(counter, dispatcher)
        (booked,) = biller.booked()
        answers = counter.told(BillerAnswered)
        assert [fact.outcome for fact in answers] == [Outcome.UNKNOWN, Outcome.CONFIRMED]
        assert answers[1].source is AnswerSource.STATUS
        assert answers[1].biller_no == booked["biller_no"]

    def test_to_a_biller_that_forgot_stays_unknown_for_400_days_and_is_never_sent_again(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        biller.fault("lose_reply")
        biller.fault("forget", times=-1)
        seq = counter.pay(*biller.bill())
        for _ in range(100):
            dispatcher.run_and_wait()
            counter.clock.step(days=4)
        assert _outcomes(counter) == [Outcome.UNKNOWN]
        with counter.engine.connect() as connection:
            row = connection.execute(select(gateway_requests)).one()
        assert (row.state, row.polls, row.trouble) == ("SENT", 100, "not_found")
        assert len(biller.booked()) == 1
        biller.fault("none")
        dispatcher.run_and_wait()
        answers = counter.told(BillerAnswered)
        assert [fact.outcome for fact in answers] == [Outcome.UNKNOWN, Outcome.CONFIRMED]
        assert answers[1].payment_seq == seq

    def test_to_a_biller_that_books_once_by_contract_is_sent_again_and_booked_once(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        set_road(counter.engine, "SCDL", base_url=f"{biller.url}/SCDL", resend_safe=True)
        biller.fault("drop")
        counter.pay(*biller.bill())
        _round(counter, dispatcher)
        assert biller.booked() == []
        counter.minutes_later(1)
        _round(counter, dispatcher)
        assert len(biller.booked()) == 1
        assert _outcomes(counter) == [Outcome.UNKNOWN, Outcome.CONFIRMED]

    def test_refused_when_sent_again_waits_for_the_status(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        set_road(counter.engine, "SCDL", base_url=f"{biller.url}/SCDL", resend_safe=True)
        biller.fault("drop")
        counter.pay(*biller.bill())
        _round(counter, dispatcher)
        biller.fault("decline")
        counter.minutes_later(1)
        _round(counter, dispatcher)
        assert _outcomes(counter) == [Outcome.UNKNOWN]
        counter.minutes_later(1)
        _round(counter, dispatcher)
        assert _outcomes(counter) == [Outcome.UNKNOWN, Outcome.DECLINED]

    def test_is_not_sent_again_after_a_day_even_then(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        set_road(counter.engine, "SCDL", base_url=f"{biller.url}/SCDL", resend_safe=True)
        biller.fault("drop")
        counter.pay(*biller.bill())
        _round(counter, dispatcher)
        counter.clock.step(days=1)
        _round(counter, dispatcher)
        assert biller.booked() == []
        assert _outcomes(counter) == [Outcome.UNKNOWN]

    def test_is_asked_about_soon_then_calmly_then_hourly(self) -> None:
        waits = [delay_after(polls) for polls in range(40)]
        assert waits[:4] == [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60), timedelta(minutes=5)]
        assert set(waits[3:27]) == {timedelta(minutes=5)}
        assert set(waits[27:]) == {timedelta(hours=1)} == {delay_after(10**6)}


class TestABillerThatCannotBeReached:
    def test_is_sent_to_when_it_comes_back_since_nothing_had_left(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        account, bill, amount_fen = biller.bill()
        set_road(counter.engine, "SCDL", base_url="http://127.0.0.1:9/SCDL")
        counter.pay(account, bill, amount_fen)
        _round(counter, dispatcher)
        assert _outcomes(counter) == [Outcome.UNKNOWN]
        set_road(counter.engine, "SCDL", base_url=f"{biller.url}/SCDL")
        counter.minutes_later(1)
        _round(counter, dispatcher)
        assert len(biller.booked()) == 1
        assert _outcomes(counter) == [Outcome.UNKNOWN, Outcome.CONFIRMED]

    def test_does_not_stop_another_biller(self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher) -> None:
        for nth in range(6):
            counter.pay(*biller.bill(nth))
        water = counter.pay(*biller.bill(0, "JYSW"), product_code=102)
        with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections and never answers
            set_road(counter.engine, "SCDL", base_url=f"http://127.0.0.1:{mute.getsockname()[1]}/SCDL", timeout_s=60)
            dispatcher.run()
            until(lambda: counter.told(BillerAnswered))
            assert [fact.payment_seq for fact in counter.told(BillerAnswered)] == [water]


class TestTwoWorkers:
    def test_of_two_processes_never_send_one_payment_at_once(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        for nth in range(4):
            counter.pay(*biller.bill(nth))
        biller.fault("delay", seconds=0.5, times=-1)
        with Dispatcher(counter.engine, counter.journal, counter.clock) as second:
            threads = [threading.Thread(target=each.run_and_wait) for each in (dispatcher, second)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        with counter.engine.connect() as connection:
            claims = connection.execute(select(gateway_requests.c.version)).scalars().all()
        assert claims == [2, 2, 2, 2]  # one claim and one end each
        assert _outcomes(counter) == [Outcome.CONFIRMED] * 4

    def test_one_that_died_between_claim_and_answer_is_followed_by_a_question_not_a_payment(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        counter.pay(*biller.bill())
        with counter.engine.begin() as connection:
            open_requests(connection, counter.clock())
            (request,) = due_requests(connection, "SCDL", counter.clock(), 10)
            assert claim(connection, request, counter.clock()) is not None
        _round(counter, dispatcher)
        assert biller.booked() == []
        counter.minutes_later(4)
        _round(counter, dispatcher)
        assert biller.booked() == []
        assert _outcomes(counter) == [Outcome.UNKNOWN]

    @pytest.mark.usefixtures("biller")
    def test_of_a_row_already_sent_hold_it_one_at_a_time(self, counter: Counter) -> None:
        counter.pay("0081234567", "B1", 7_260)
        with counter.engine.begin() as connection:
            open_requests(connection, counter.clock())
            (new,) = due_requests(connection, "SCDL", counter.clock(), 10)
            first = claim(connection, new, counter.clock())
            assert first is not None
            seen = find_request(connection, CODE, new.kind, new.seq)
            assert seen is not None
            assert claim(connection, seen, counter.clock()) is None  # the lease runs
            later = counter.clock() + LEASE
            assert claim(connection, seen, later) is not None
            assert claim(connection, seen, later + LEASE) is None  # seen before the other's claim
            assert not ask_later(connection, first, later, "too late")
            assert not put_back(connection, first, later, "too late")


class TestEvidenceFromElsewhere:
    def _unknown(self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher) -> int:
        biller.fault("lose_reply")
        biller.fault("forget", times=-1)
        seq = counter.pay(*biller.bill())
        _round(counter, dispatcher)
        return seq

    def test_ends_an_unknown_once(self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher) -> None:
        seq = self._unknown(counter, biller, dispatcher)
        found = Evidence(Outcome.CONFIRMED, AnswerSource.SETTLEMENT_FILE, "N77")
        for expected in (True, False):
            with counter.engine.begin() as connection:
                ended = end_unknown(connection, counter.journal, CODE, seq, found, NOON)
            assert ended is expected
        counter.clock.step(days=2)
        _round(counter, dispatcher)
        last = counter.told(BillerAnswered)[-1]
        assert last == BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.SETTLEMENT_FILE, "N77", "")
        assert len(_outcomes(counter)) == 2

    def test_can_confirm_what_was_declined_but_never_undo_a_confirmation(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = self._unknown(counter, biller, dispatcher)
        words = [Outcome.DECLINED, Outcome.CONFIRMED, Outcome.DECLINED]
        with counter.engine.begin() as connection:
            ended = [
                end_unknown(connection, counter.journal, CODE, seq, Evidence(word, AnswerSource.RULING), NOON)
                for word in words
            ]
        assert ended == [True, True, False]

    def test_about_a_payment_that_is_not_there_is_refused(self, counter: Counter) -> None:
        found = Evidence(Outcome.CONFIRMED, AnswerSource.SETTLEMENT_FILE, "N77")
        with counter.engine.begin() as connection, pytest.raises(RefusedError, match="no payment 999"):
            end_unknown(connection, counter.journal, CODE, 999, found, NOON)

    def test_before_anything_was_sent_keeps_it_from_being_sent(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = counter.pay(*biller.bill())
        with counter.engine.begin() as connection:
            end_unknown(connection, counter.journal, CODE, seq, Evidence(Outcome.DECLINED, AnswerSource.RULING), NOON)
        _round(counter, dispatcher)
        assert biller.booked() == []


class TestAReversal:
    def _confirmed(self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher, **which: object) -> int:
        seq = counter.pay(*biller.bill(**which))  # type: ignore[arg-type]
        _round(counter, dispatcher)
        return seq

    def _ask_back(self, counter: Counter, seq: int) -> None:
        counter.send(ReversalRequested(seq, ReversalReason.WRONG_AMOUNT))

    def test_that_the_biller_takes_is_told_and_booked_back(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = self._confirmed(counter, biller, dispatcher)
        self._ask_back(counter, seq)
        _round(counter, dispatcher)
        _round(counter, dispatcher)
        assert counter.told(ReversalAnswered) == [ReversalAnswered(seq, accepted=True, reason="")]
        assert [row["outcome"] for row in biller.booked()] == ["reversed"]

    def test_whose_answer_is_lost_is_found_done_by_the_status(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = self._confirmed(counter, biller, dispatcher)
        biller.fault("lose_reply", operation="reverse", booked=True)
        self._ask_back(counter, seq)
        _round(counter, dispatcher)
        assert counter.told(ReversalAnswered) == []
        counter.minutes_later(1)
        _round(counter, dispatcher)
        assert counter.told(ReversalAnswered) == [ReversalAnswered(seq, accepted=True, reason="")]

    def test_that_the_biller_refuses_leaves_the_payment_and_may_be_asked_again(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = self._confirmed(counter, biller, dispatcher)
        biller.ask("POST", "/control/clock", offset_s=86_400 * 2)
        for _ in range(2):
            self._ask_back(counter, seq)
            _round(counter, dispatcher)
        refused = ReversalAnswered(seq, accepted=False, reason="E14 已日切, 不能冲正")
        assert counter.told(ReversalAnswered) == [refused, refused]

    def test_of_an_invoiced_receipt_is_refused_without_asking(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = self._confirmed(counter, biller, dispatcher)
        with counter.engine.begin() as connection:
            row = {"station_code": CODE, "payment_seq": seq, "invoice_no": "F1", "clerk_no": 21}
            connection.execute(invoices.insert().values(**row, issued_at=NOON, hq_seq=1))
        self._ask_back(counter, seq)
        _round(counter, dispatcher)
        (answer,) = counter.told(ReversalAnswered)
        assert answer == ReversalAnswered(seq, accepted=False, reason="发票已开, 须先红冲")
        assert [row["outcome"] for row in biller.booked()] == ["confirmed"]

    def test_of_what_a_correction_made_good_is_refused_without_asking(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        seq = self._confirmed(counter, biller, dispatcher)
        with counter.engine.begin() as connection:
            note_made_good(connection, Cited(CODE, Side.STATION, seq), MadeGood(Remedy.CORRECTION, 1, 7_260, NOON))
        self._ask_back(counter, seq)
        _round(counter, dispatcher)
        (answer,) = counter.told(ReversalAnswered)
        assert answer == ReversalAnswered(seq, accepted=False, reason="已由更正 1 (72.60)补足, 只能补一次")
        assert [row["outcome"] for row in biller.booked()] == ["confirmed"]


class TestAStrayWord:
    def test_about_another_amount_is_no_answer(
        self, counter: Counter, biller: BillerSide, dispatcher: Dispatcher
    ) -> None:
        account, bill, amount_fen = biller.bill()
        counter.pay(account, bill, amount_fen)
        with counter.engine.begin() as connection:
            open_requests(connection, counter.clock())
            connection.execute(update(gateway_requests).values(state="SENT", sent_at=NOON))
        our_no = counter.our_no(counter.head.seq)
        biller.ask("POST", "/SCDL/pay", our_no=our_no, account_no=account, bill_no="", amount_fen=amount_fen)
        with counter.engine.begin() as connection:
            connection.execute(update(gateway_requests).values(amount_fen=amount_fen + 1))
        _round(counter, dispatcher)
        assert _outcomes(counter) == [Outcome.UNKNOWN]
        with counter.engine.connect() as connection:
            assert connection.scalar(select(gateway_requests.c.trouble)) == "the answer names another amount"
