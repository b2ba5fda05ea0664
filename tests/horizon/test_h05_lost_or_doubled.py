"""H05: bill payments were lost or doubled; customers held valid receipts that no record stood behind.

Nothing is printed or sent to a biller before the entry is durable; one scan gesture is one entry.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable

from station_journal.records import BillPaymentTaken, CopyIssued, ReceiptIssued
from station_pos.demo.processes import until
from station_pos.demo.tariff_document import WATER
from tests.horizon.harness import Case, books_agree

AMOUNT_FEN = 10_032
SLOW_BAUD = 2_400
"""A receipt takes about four seconds: there is time to fail in the middle of it."""


def bill(case: Case, number: int):
    return case.owes("JYSW", f"391{case.shop.code[-4:]}{number}", f"{case.shop.code}-{number}", AMOUNT_FEN, WATER)


def ask_and_pull_the_plug(case: Case, customer) -> None:
    """Send the payment and cut the power without waiting for a word."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(case.shop.folder / "station" / "control.sock"))
        signed = {"do": "sign_in", "operator_no": 2, "pin": case.station.secrets.pins[2]}
        line.sendall(json.dumps(signed).encode() + b"\n")
        line.recv(1_000)
        asked = {"do": "pay", "product_code": customer.product_code, "account_no": customer.account_no}
        asked |= {"bill_no": customer.bill_no, "bill_period": customer.period, "amount_fen": AMOUNT_FEN}
        line.sendall(json.dumps(asked).encode() + b"\n")
        case.station.kill()


def printing(case: Case) -> bool:
    return bool(case.shop.printer.ask(cmd="status")["unfinished_lines"])


def test_h05_power_fails_at_each_step_from_confirm_to_cut_and_nothing_is_lost_or_doubled(
    open_case: Callable[..., Case],
) -> None:
    case = open_case(baud=SLOW_BAUD)
    day = case.day

    in_doubt = bill(case, 1)
    ask_and_pull_the_plug(case, in_doubt)
    case.station.start()
    known = case.station.ask("recent", limit=5)["payments"]
    assert len(known) <= 1, "the sale is on record once, or never was"
    first = known[0] if known else day.take(in_doubt)
    if known:
        day.note(first)

    second = day.take(bill(case, 2))
    case.station.kill()  # on record, the biller not yet heard
    case.station.start()

    # Only a settled payment has queued its receipt: from then on a printer with nothing to do has printed both.
    for paid in (first, second):
        day.settled(paid, "CONFIRMED")
    day.paper_idle()
    cut_short = case.station.doubtful()  # slips that were under way when the power failed above
    for one in cut_short:
        case.station.ask("settle_doubtful", job_no=one["job_no"], came_out=False)
    day.paper_idle()
    third = day.take(bill(case, 3))
    until("the receipt to be half printed", lambda: printing(case), 60.0, 0.02)
    case.station.kill()  # confirmed, the paper in the middle
    case.station.start()
    doubtful = until("somebody to be asked about the slip", case.station.doubtful, 60.0, 0.1)
    assert [one["amount_fen"] for one in doubtful] == [AMOUNT_FEN]
    time.sleep(1.0)
    assert case.station.doubtful() == doubtful, "it is never sent again by itself"
    case.station.ask("settle_doubtful", job_no=doubtful[0]["job_no"], came_out=False)

    day.paper_idle()
    day.settled(day.take(bill(case, 4)), "CONFIRMED")
    day.paper_idle()
    case.station.kill()  # everything done
    case.station.start()

    journals = books_agree(case)
    assert len(journals.facts(BillPaymentTaken)) == len(journals.facts(ReceiptIssued)) == 4
    assert sorted(one.account_no for one in case.booked()) == sorted(bill(case, n).account_no for n in (1, 2, 3, 4))
    assert len(journals.facts(CopyIssued)) == 1 + len(cut_short)
    copies = [slip for slip in case.slips() if slip.copy_no]
    assert copies[-1].our_no.split("-")[2] == f"{third['seq']:06d}"
    assert len(copies) == 1 + len(cut_short)
    assert {slip.our_no for slip in case.slips()} == journals.payments().keys()


def test_h05_one_bill_scanned_three_times_is_one_entry_one_booking_and_one_receipt_with_marked_copies(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    customer = bill(case, 5)
    paid = case.day.take(customer)
    fields = {"product_code": customer.product_code, "account_no": customer.account_no, "bill_no": customer.bill_no}
    again = [
        case.station.pay(**fields, amount_fen=AMOUNT_FEN, operation_no=paid["operation_no"]),
        case.station.pay(**fields, amount_fen=AMOUNT_FEN),
        case.station.pay(**fields, amount_fen=AMOUNT_FEN, offline=True),
    ]
    assert [one["accepted"] for one in again] == [False] * 3
    assert [one["refused"] for one in again] == ["operation_already_done", "bill_already_paid", "bill_already_paid"]
    shown = case.day.settled(paid, "CONFIRMED")
    for _ in range(3):
        assert case.station.ask("copy", of_seq=shown["receipt_seq"])["accepted"]
    journals = books_agree(case)
    assert len(journals.facts(BillPaymentTaken)) == 1
    assert [one.amount_fen for one in case.booked()] == [AMOUNT_FEN]
    assert {(slip.kind, slip.amount_fen) for slip in case.slips()} == {("receipt", AMOUNT_FEN)}
    assert [slip.copy_no for slip in case.slips()] == [0, 1, 2, 3], "each reprint says which copy it is"
