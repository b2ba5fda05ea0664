"""H09: a slip told the clerk to hand over 150; the recovery did not show it, and the clerk was 150 short.

A printed cash instruction is on record first and binds HQ: if the bank says no later, the amount is HQ's open item.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from station_journal.accounts import Account
from station_journal.facts.withdrawals import PayoutInstructed
from tests.horizon.card import banks_file, sales, stands_as, withdraw, withdrawal
from tests.horizon.harness import Case, books_agree

CASH_FEN = 15_000


def test_h09_cash_paid_by_the_slip_is_never_the_shops_loss_when_the_bank_declines_it_later(
    open_case: Callable[..., Case],
) -> None:
    case = open_case(card_terminal=True)
    case.put_in(50_000)
    seq = withdraw(case, CASH_FEN)
    instructed = stands_as(case, seq, "PAYABLE")
    shop_copy, customer_copy = [slip for slip in case.slips() if slip.kind == "withdrawal"]
    assert "150.00" in shop_copy.text
    assert shop_copy.our_no == customer_copy.our_no
    case.station.kill()

    # The clerk obeys the slip while the counter is dark.
    case.moved_fen -= CASH_FEN
    case.station.start()
    assert withdrawal(case, seq)["instructed_seq"] == instructed["instructed_seq"]
    (item,) = case.station.ask("in_flight")["items"]
    assert (item["service"], item["hand_out_fen"]) == ("withdrawal", CASH_FEN)

    (sale,) = sales(case)
    day = date.fromisoformat(sale["at"][:10])
    banks_file(case, day + timedelta(days=1))  # late in the evening the word waits for it
    result = banks_file(case, day, dishonoured=(sale["trace"],))
    assert result["denied"] >= 1
    case.heard(lambda: withdrawal(case, seq)["words"])
    assert case.station.ask("pay_out", withdrawal_seq=seq)["accepted"]

    journals = books_agree(case)
    assert len(journals.facts(PayoutInstructed)) == 1
    assert journals.books.balance_fen(Account.DRAWER) == 50_000 - CASH_FEN
    count = case.count(50_000 - CASH_FEN)
    assert count["review"]["difference_fen"] == 0, "no shortage"
    assert journals.books.balance_fen(Account.SUSPENSE, "PAYOUT_REFUTED") == -CASH_FEN
    hq = case.hq_books_posted()
    open_items = {row["party"]: row["balance_fen"] for row in hq["balances"] if row["account"] == Account.SUSPENSE}
    assert open_items == {"PAYOUT_REFUTED": -CASH_FEN}
    waiting = case.world.hq.ask(None, "withdrawal", "list", "--station", case.shop.code, "--open")
    assert [(one["seq"], one["bank"]) for one in waiting] == [(seq, "NO")]
