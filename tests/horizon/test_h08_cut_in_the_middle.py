"""H08: the line and the power failed in the middle of a sale, the system reversed a part by itself and named the clerk.

After any cut every item is completed, cancelled or unknown, unknowns stay listed, and what the machine wrote says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from station_journal.facts.withdrawals import PayoutInstructed, WithdrawalFailed, WithdrawalPaid
from station_journal.records import ActorKind, Side
from station_pos.demo.journal_book import JournalBook
from station_pos.demo.processes import until
from station_pos.demo.scenes import look_at_doubtful_slips
from station_pos.demo.tariff_document import WATER
from tests.horizon.card import ask_and_cut_the_power, sales, stands_as, tell, withdraw, withdrawal
from tests.horizon.harness import Case, books_agree

BILL_FEN, CASH_FEN = 7_609, 8_000


def bill(case: Case, number: int):
    return case.owes("JYSW", f"408{case.shop.code[-4:]}{number}", f"{case.shop.code}-{number}", BILL_FEN, WATER)


def listed(case: Case) -> dict[str, dict[str, Any]]:
    """The list after a restart, by service: what happened, and what cash to move."""
    return {one["service"]: one for one in case.station.ask("in_flight")["items"]}


def is_known(case: Case, seq: int) -> bool:
    return withdrawal(case, seq)["state"] not in {"INTENDED", "APPROVED"}


def result_taken(case: Case, before: int) -> bool:
    return more_sales_than(case, before) and sales(case)[-1]["state"] == "completed"


def terminal_state(case: Case) -> str:
    """How the card terminal is on the state row."""
    (row,) = [one for one in case.station.state()["devices"] if one["equipment"] == "CARD_TERMINAL"]
    return str(row["state"])


def terminal_at_hq(case: Case) -> tuple[bool, int] | None:
    """What HQ knows of it by the station's own records: away or not, and how often it was."""
    case.station.sync()
    found = [one for one in case.hq_books()["devices"] if one["equipment"] == "CARD_TERMINAL"]
    return (found[0]["away"], found[0]["outages"]) if found else None


def cut_with_the_terminal_pulled_out(case: Case) -> None:
    """Cut the power; the terminal's line is out at the start: that is on the state row, on record and at HQ."""
    case.station.kill()
    terminal_line = case.shop.terminal.with_name("terminal-tty")
    pulled_out = terminal_line.rename(terminal_line.with_name("pulled-out"))
    case.station.start()
    until("the terminal's outage to be on record", lambda: terminal_at_hq(case) == (True, 1), 60.0, 0.2)
    assert terminal_state(case) == "offline", "on the state row"
    pulled_out.rename(terminal_line)
    until("the terminal to be back", lambda: terminal_state(case) == "ready", 30.0, 0.1)


def more_sales_than(case: Case, count: int) -> bool:
    return case.shop.bank_book.exists() and len(sales(case)) > count


def paid_by_people(journals: JournalBook) -> int:
    """Hold that the machine wrote each outcome and a person each payout; gives how many were paid out."""
    records = [entry.record for entry in journals.of(Side.STATION)]
    outcomes = [one for one in records if isinstance(one.fact, PayoutInstructed | WithdrawalFailed)]
    assert PayoutInstructed in {type(one.fact) for one in outcomes}
    assert {one.actor.kind for one in outcomes} == {ActorKind.SYSTEM}, "HQ holds the same bytes: they name no clerk"
    paid = [one for one in records if isinstance(one.fact, WithdrawalPaid)]
    assert {one.actor.kind for one in paid} == {ActorKind.PERSON}
    return len(paid)


def test_h08_bill_and_withdrawal_cut_at_each_step_are_listed_with_their_cash_and_the_machine_signs_for_itself(
    open_case: Callable[..., Case],
) -> None:
    case = open_case(card_terminal=True)
    day = case.day
    case.put_in(50_000)

    # The line to HQ is pulled and a bill taken; power goes while the terminal asks the bank.
    for number, (point, stands) in enumerate((("before_result", False), ("after_result", True)), 1):
        case.shop.link_down()
        taken = day.take(bill(case, number), inquire=False)
        tell(case, "reverse_on_silence", on=not stands)
        tell(case, "fault", do="late", at=point, for_s=1.0)
        before = len(sales(case)) if case.shop.bank_book.exists() else 0
        at_work = partial(result_taken if stands else more_sales_than, case, before)
        ask_and_cut_the_power(case, at_work, "withdraw", amount_fen=CASH_FEN)
        case.station.start()
        look_at_doubtful_slips(day)
        seq = case.station.ask("withdrawals", limit=1)["withdrawals"][0]["seq"]
        ended = partial(is_known, case, seq)
        until("the machine to know how it ended", ended, 90.0, 0.2)
        found = withdrawal(case, seq)
        debited = sales(case)[-1]["state"] in {"approved", "completed"}
        assert debited == stands, "the bank's own book"
        assert found["state"] == ("PAYABLE" if debited else "FAILED")
        items = listed(case)
        assert items["bill"]["happened"] == "unknown"
        assert (items["bill"]["hand_out_fen"], items["bill"]["take_back_fen"]) == (0, 0)
        if debited:
            assert items["withdrawal"]["hand_out_fen"] == CASH_FEN
            assert case.station.ask("pay_out", withdrawal_seq=seq)["accepted"]
            case.moved_fen -= CASH_FEN
        else:
            assert "withdrawal" not in items, "it ended without cash"
            assert found["paid_seq"] == 0
        case.shop.link_up()
        day.settled_as(taken["seq"], "CONFIRMED")

    # Power goes when the terminal has completed and the slip is out.
    seq = withdraw(case, CASH_FEN)
    stands_as(case, seq, "PAYABLE")
    day.paper_idle()
    cut_with_the_terminal_pulled_out(case)
    assert withdrawal(case, seq)["state"] == "PAYABLE"
    assert listed(case)["withdrawal"]["hand_out_fen"] == CASH_FEN
    assert case.station.ask("pay_out", withdrawal_seq=seq)["accepted"]
    assert not case.station.ask("pay_out", withdrawal_seq=seq)["accepted"]
    case.moved_fen -= CASH_FEN

    journals = books_agree(case)
    paid = paid_by_people(journals)
    assert terminal_at_hq(case) == (False, 1), "plugged in again, the pair of records is whole at HQ"
    # Never two debits for one intent, and cash for every debit that stands.
    standing = [one for one in sales(case) if one["state"] in {"approved", "completed"}]
    assert paid == len(standing)
    slips = [slip for slip in case.slips() if slip.kind == "withdrawal" and not slip.copy_no]
    assert len(slips) == 2 * len(standing), "two copies for each, once"
