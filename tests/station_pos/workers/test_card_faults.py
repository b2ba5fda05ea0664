"""Every fault of a card terminal, played by the simulator in its own protocol: what journal, paper and drawer then say.

The terminal's own book is what the bank goes by: cash is instructed for a debit that stands, and for nothing else, with
one slip in two copies; whatever ended without one has its slip that says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from station_journal.facts.withdrawals import PersonalId
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.cash_orders import CountFloat
from station_pos.commands.withdrawal_orders import IntendWithdrawal, PayOut
from station_pos.queries import Queries
from station_pos.withdrawal_queries import WithdrawalQueries
from station_pos.workers.card_steps import CardTimes
from station_pos.workers.card_turn import CardTurn
from tests.station_pos.devices.card_benches import zvt_bench
from tests.station_pos.register.test_withdrawals import drawer_fen
from tests.station_pos.world import CLERK, OWNER, Clock, World

if TYPE_CHECKING:
    from tests.station_pos.devices.card_benches import Bench

FLOAT_FEN, AMOUNT_FEN = 500_000, 10_000
TIMES = CardTimes(slip_after_s=20.0, ask_s=(1.0, 2.0, 4.0), check_s=15.0, poll_s=0.001)
STANDING = {"approved", "completed"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with zvt_bench(tmp_path_factory.mktemp("terminal")) as made:
        yield made


class Shop:
    """A station with the simulated terminal on its line, in the terminal's told time."""

    def __init__(self, folder, bench: Bench):
        self.world = World(folder, clock=Clock(datetime.now(UTC).replace(microsecond=0))).ready()
        self.world.accepted(CountFloat(OWNER, (), FLOAT_FEN))
        self.bench = bench
        queries = Queries(self.world.database, self.world.register.tariffs)
        self.books = WithdrawalQueries(self.world.database, queries.view, queries.business_date, self.world.clock)
        assert bench.told is not None
        self.told = bench.told
        self.turn = CardTurn(bench.driver, self.books, self.world.register.execute, times=TIMES, clock=self.told.clock)

    def withdraw(self):
        """Ask for one and let the machine go on until it is known how it ended."""
        number = self.world.register.open_operation()
        self.turn.begin(IntendWithdrawal(CLERK, number, AMOUNT_FEN, False, "", PersonalId.NOT_NOTED, ""))
        for _ in range(60):
            self.turn()
            self.told.let_pass(1.0)
            last = self.books.newest(1)[0]
            if last.state not in {WithdrawalState.INTENDED, WithdrawalState.APPROVED}:
                return last
        return self.books.newest(1)[0]

    def slips(self):
        return [title for (title,) in self.world.rows("SELECT title FROM print_jobs ORDER BY job_no")]


@pytest.fixture(scope="module")
def station(tmp_path_factory, bench):
    made = Shop(tmp_path_factory.mktemp("shop") / "station", bench)
    made.world.accepted(PayOut(CLERK, made.withdraw().seq))  # the terminal's numbers are known from here on
    yield made
    made.world.close()


@pytest.fixture
def shop(station):
    """One shop for all: what its terminal did before is in its journal, as it is in any shop's."""
    station.bench.begin()
    yield station
    assert station.bench.end() == [], "the fault was played"


FAULTS: dict[str, tuple[dict[str, Any], ...]] = {
    "a frame is refused once": ({"do": "nak_once"},),
    "a checksum is wrong once": ({"do": "bad_crc_once"},),
    "the counter's acknowledgement is lost": ({"do": "lose_ack_once"},),
    "the terminal's acknowledgement is lost": ({"do": "withhold_ack_once"},),
    "silence after the request was accepted": ({"do": "silence", "at": "accepted"},),
    "cable out before the result": ({"do": "cable_out", "at": "before_result", "for_s": 3.0},),
    "cable out between the result and its answer": ({"do": "cable_out", "at": "between", "for_s": 3.0},),
    "cable out after the result": ({"do": "cable_out", "at": "after_result", "for_s": 3.0},),
    "power cycle, stored": ({"do": "power_cycle", "at": "before_result", "stored": True},),
    "power cycle, not stored": ({"do": "power_cycle", "at": "between", "stored": False},),
    "another amount": ({"do": "wrong_amount", "fen": 5_000},),
    "the last result is not told at first": ({"do": "silence", "at": "before_result"}, {"do": "no_repeat_result"}),
    "another amount, and its reversal fails": ({"do": "wrong_amount", "fen": 5_000}, {"do": "reversal_fails"}),
    "garbage": ({"do": "garbage", "at": "before_result", "bytes": 60},),
}
NOTHING_STANDS = {"silence after the request was accepted", "power cycle, not stored", "another amount"}


@pytest.mark.parametrize("fault", FAULTS)
def test_ends_in_journal_paper_and_drawer_as_the_terminals_book_says(shop, fault):
    papers, held_fen = len(shop.slips()), drawer_fen(shop.world)
    for words in FAULTS[fault]:
        shop.bench.tell("fault", **words)
    ended = shop.withdraw()
    standing = [one for one in shop.bench.states() if one in STANDING]
    assert len(standing) == (fault not in NOTHING_STANDS), "never asked for twice"
    assert ended.state is (WithdrawalState.PAYABLE if standing else WithdrawalState.FAILED)
    assert drawer_fen(shop.world) == held_fen, "no cash moves by itself"
    slips = [title for title in shop.slips()[papers:] if "待定" not in title]
    assert slips == ["助农取款凭条" if standing else "取款未成凭条"]
    if standing:
        assert int(ended.trace_no) == shop.bench.book()[-1]["trace"]
        shop.world.accepted(PayOut(CLERK, ended.seq))
        assert drawer_fen(shop.world) == held_fen - AMOUNT_FEN


def test_two_equal_amounts_in_a_row_are_two(shop):
    first = shop.withdraw()
    shop.world.accepted(PayOut(CLERK, first.seq))
    shop.bench.tell("fault", do="cable_out", at="between", for_s=3.0)
    second = shop.withdraw()
    shop.world.accepted(PayOut(CLERK, second.seq))
    assert [int(one.trace_no) for one in (first, second)] == [one["trace"] for one in shop.bench.book()[-2:]]
