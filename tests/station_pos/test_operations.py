"""A counter job's number takes effect once, whichever service uses it, however often and in whatever order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from station_journal.facts.cash import CashReason
from station_journal.facts.distribution import GoodsLine, GoodsListPublished, LeadKind, RegistrationFiled
from station_journal.facts.withdrawals import PersonalId
from station_journal.records import Side
from station_pos.commands.cash_orders import MoveCash
from station_pos.commands.distribution_orders import OrderGoods, TakeLead
from station_pos.commands.orders import TakeBillPayment
from station_pos.commands.outcome import Accepted, Refusal
from station_pos.commands.withdrawal_orders import IntendWithdrawal
from tests.station_pos.tui.books_counter import TODAY, BooksCounter

GOODS = b"g" * 32
COMMANDS: dict[str, Any] = {
    "bill": TakeBillPayment(1, 0, 101, "0081234567", "", "2026-10", "*秀兰", 7_260, 10_000),
    "cash": MoveCash(1, 0, CashReason.OWNER_IN, 5_000),
    "withdrawal": IntendWithdrawal(1, 0, 20_000, False, "", PersonalId.NOT_NOTED, ""),
    "order": OrderGoods(1, 0, GOODS, (GoodsLine(11, 24),)),
    "lead": TakeLead(1, 0, LeadKind.LIFE, "张三", "13812346621", consent=True, salt=bytes(16)),
}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), st.integers(0, 4)), min_size=2, max_size=14))
def test_a_number_takes_effect_once(asked):
    counter = BooksCounter()
    counter.hq(GoodsListPublished(GOODS))
    counter.hq(RegistrationFiled("R1", "*三", TODAY))
    first = max((getattr(one.fact, "operation_no", 0) for one in counter.records[Side.STATION]), default=0)
    used: set[int] = set()
    for what, number in asked:
        before = len(counter.records[Side.STATION])
        outcome = counter.submit(replace(COMMANDS[what], operation_no=first + number if number else 0)).result()
        if isinstance(outcome, Accepted):
            assert number > 0
            assert number not in used
            used.add(number)
        else:
            assert len(counter.records[Side.STATION]) == before
            if number in used or not number:
                assert outcome.reason is Refusal.OPERATION_ALREADY_DONE
    numbers = [one.fact.operation_no for one in counter.records[Side.STATION] if hasattr(one.fact, "operation_no")]
    assert len(set(numbers)) == len(numbers)
