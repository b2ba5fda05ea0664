from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine

from hq_server import invoices
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.wording import RefusedError
from station_journal.records import (
    AnswerSource,
    InvoiceIssued,
    Outcome,
    PaymentResubmitted,
    ReceiptIssued,
    ReversalReason,
    ReversalRequested,
)
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, Counter
from tests.hq_server.people import ADMIN, MAKER, NOON, SteppingClock

ACCOUNT = "0081234567"


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock())


def _held(counter: Counter) -> int:
    return counter.pay(ACCOUNT, f"B{counter.operations}", 7_260)


def _confirmed(counter: Counter) -> int:
    seq = _held(counter)
    with counter.engine.begin() as connection:
        end_unknown(connection, counter.journal, CODE, seq, Evidence(Outcome.CONFIRMED, AnswerSource.REPLY, "N1"), NOON)
    counter.post()
    counter.send(ReceiptIssued(seq), operator_no=0)
    return seq


def _answer(counter: Counter, seq: int, outcome: Outcome) -> None:
    with counter.engine.begin() as connection:
        end_unknown(connection, counter.journal, CODE, seq, Evidence(outcome, AnswerSource.REPLY, f"N{seq}"), NOON)
    counter.post()


def _issue(counter: Counter, reference: str, invoice_no: str = "FP-0001", by=CLERK, **more: str) -> invoices.Receipt:
    account_no = more.pop("account_no", ACCOUNT)
    with counter.engine.begin() as connection:
        return invoices.issue(connection, counter.journal, by, reference, account_no, invoice_no, NOON, **more)


class TestAnInvoice:
    def test_is_handed_out_once_against_our_number_and_told_to_the_station(self, counter: Counter) -> None:
        seq = _confirmed(counter)
        number = counter.our_no(seq)
        assert _issue(counter, number).invoice_no == "FP-0001"
        with pytest.raises(RefusedError, match="FP-0001 was handed out"):
            _issue(counter, number, "FP-0002")
        assert counter.told(InvoiceIssued) == [InvoiceIssued(seq, "FP-0001")]

    def test_is_found_by_the_printed_code_and_by_the_receipt_number(self, counter: Counter) -> None:
        seq = _confirmed(counter)
        printed = f"{counter.our_no(seq)}|7260|A1B2-C3D4-E5F6-0718"
        with counter.engine.connect() as connection:
            by_code = invoices.find_receipt(connection, printed, ACCOUNT)
            by_number = invoices.find_receipt(connection, "00000001", ACCOUNT, CODE.lower())
        assert by_code == by_number
        assert (by_code.payment_seq, by_code.amount_fen, by_code.refusal) == (seq, 7_260, None)

    @pytest.mark.parametrize(
        ("reference", "account_no", "code"),
        [
            ("1", "0081234568", CODE),
            ("1", ACCOUNT, "NOSUCH"),
            ("1", ACCOUNT, ""),
            ("0", ACCOUNT, CODE),
            ("2", ACCOUNT, CODE),
            ("", ACCOUNT, CODE),
            ("x" * 500, ACCOUNT, CODE),
            (f"{CODE}-000002-00000000", ACCOUNT, ""),
            ("'; DROP TABLE invoices; --", ACCOUNT, CODE),
        ],
    )
    def test_takes_the_receipt_and_the_account_together(
        self, counter: Counter, reference: str, account_no: str, code: str
    ) -> None:
        _confirmed(counter)
        with pytest.raises(RefusedError, match="matches both"):
            _issue(counter, reference, account_no=account_no, station_code=code)

    def test_is_handed_out_for_the_receipt_of_an_offline_sale_that_was_sent_again(self, counter: Counter) -> None:
        first = counter.pay(ACCOUNT, "B1", 7_260, offline=True)
        counter.send(ReceiptIssued(first), operator_no=0)
        printed = counter.our_no(first)
        _answer(counter, first, Outcome.DECLINED)
        counter.operations += 1
        (again,) = counter.send(PaymentResubmitted(first, counter.operations))
        with pytest.raises(RefusedError, match="has not confirmed"):
            _issue(counter, printed)
        _answer(counter, again, Outcome.CONFIRMED)
        with counter.engine.connect() as connection:
            by_number = invoices.find_receipt(connection, "1", ACCOUNT, CODE)
        assert (by_number.payment_seq, by_number.refusal) == (again, None)
        assert _issue(counter, printed).payment_seq == again
        assert counter.told(InvoiceIssued) == [InvoiceIssued(again, "FP-0001")]
        with pytest.raises(RefusedError, match="FP-0001 was handed out"):
            _issue(counter, "1", "FP-0002", station_code=CODE)

    def test_for_a_payment_that_is_not_confirmed_is_refused(self, counter: Counter) -> None:
        seq = _held(counter)
        with pytest.raises(RefusedError, match="has not confirmed"):
            _issue(counter, counter.our_no(seq))

    def test_while_a_reversal_is_asked_for_is_refused(self, counter: Counter) -> None:
        seq = _confirmed(counter)
        counter.send(ReversalRequested(seq, ReversalReason.WRONG_AMOUNT))
        with pytest.raises(RefusedError, match="being reversed"):
            _issue(counter, counter.our_no(seq))
        assert counter.told(InvoiceIssued) == []

    def test_number_is_used_once(self, counter: Counter) -> None:
        first, second = counter.our_no(_confirmed(counter)), counter.our_no(_confirmed(counter))
        _issue(counter, first)
        with pytest.raises(RefusedError, match="used before"):
            _issue(counter, second)

    @pytest.mark.parametrize("number", ["", "abc", "发票1234", "F" * 31, "=1+1"])
    def test_number_has_the_form_of_one(self, counter: Counter, number: str) -> None:
        seq = _confirmed(counter)
        with pytest.raises(RefusedError, match="4 to 30"):
            _issue(counter, counter.our_no(seq), number)

    @pytest.mark.parametrize("member", [ADMIN, MAKER])
    def test_is_handed_out_at_a_branch_only(self, counter: Counter, member) -> None:
        seq = _confirmed(counter)
        with pytest.raises(RefusedError):
            _issue(counter, counter.our_no(seq), by=member)

    def test_of_two_clerks_at_once_one_hands_it_out(self, counter: Counter) -> None:
        number = counter.our_no(_confirmed(counter))
        results: list[str] = []
        start = threading.Barrier(2)

        def hand_out(member, invoice_no: str) -> None:
            start.wait()
            try:
                _issue(counter, number, invoice_no, member)
                results.append("done")
            except RefusedError as error:
                results.append(error.code)

        pairs = [(CLERK, "FP-0001"), (BRANCH_HEAD, "FP-0002")]
        threads = [threading.Thread(target=hand_out, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == ["done", "invoiced"]
        assert len(counter.told(InvoiceIssued)) == 1
