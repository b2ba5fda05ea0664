"""Counts, closes and pouches over the real register: what is on record, what the drawer holds, what is refused."""

from __future__ import annotations

import pytest

from station_journal.accounts import Account
from station_journal.facts.cash import (
    CashReason,
    CloseVerdict,
    DayClosed,
    NoteLine,
    PouchReceived,
    PouchSent,
    TrialIssued,
)
from station_journal.records import CashReturned, Outcome
from station_journal.rules.cash import CashBook, CashCount
from station_journal.rules.pouches import OutgoingPouch, PouchState
from station_pos.commands.cash_orders import (
    AcceptPouch,
    CancelPouch,
    CloseDay,
    CountDay,
    CountFloat,
    IssueTrial,
    MoveCash,
    SealPouch,
)
from station_pos.commands.orders import IssueCopy, ReturnCash
from station_pos.commands.outcome import Refusal, Refused
from station_pos.receipts.paper import from_bytes, to_text
from tests.station_pos.world import CLERK, OWNER, World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    made.accepted(CountFloat(OWNER, (NoteLine(10_000, 5),), 0))
    yield made
    made.close()


def drawer_fen(world: World) -> int:
    with world.database.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT balance_fen FROM balances WHERE account=?", (int(Account.DRAWER),)
        ).fetchone()
    return 0 if found is None else found[0]


def refusal(world: World, command) -> Refusal:
    before = world.rows("SELECT count(*) FROM journal")
    outcome = world.register.execute(command)
    assert isinstance(outcome, Refused), outcome
    assert world.rows("SELECT count(*) FROM journal") == before
    return outcome.reason


def book(world: World) -> CashBook:
    from station_pos.store import subject_rows

    with world.database.reading() as connection:
        found = subject_rows.find(connection, CashBook().place)
    assert isinstance(found, CashBook)
    return found


def count(world: World, counted_fen: int) -> CashCount:
    done = world.accepted(CountDay(CLERK, book(world).count_no + 1, (), counted_fen))
    return next(one for one in done.subjects if isinstance(one, CashCount))


def close(world: World, of: CashCount, verdict: CloseVerdict = CloseVerdict.AGREED) -> DayClosed:
    (fact,) = world.accepted(CloseDay(CLERK, of.seq, verdict)).facts
    assert isinstance(fact, DayClosed)
    return fact


def sell(world: World, amount_fen: int = 7_260) -> int:
    seq = world.accepted(world.pay(bill_no="", amount_fen=amount_fen, account_no=f"{amount_fen:010d}")).seq
    world.answer(seq)
    return seq


class TestAClose:
    def test_has_the_movements_by_kind_and_the_bills_by_product(self, world):
        sell(world, 7_260)
        sell(world, 4_000)
        world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_OUT, 10_000))
        counted = count(world, 51_260)
        fact = close(world, counted)
        assert counted.difference_fen == 0
        assert [(line.kind, line.entry_count, line.in_fen, line.out_fen) for line in fact.cash] == [
            (3, 2, 11_260, 0),
            (38, 1, 50_000, 0),
            (39, 1, 0, 10_000),
        ]
        assert [(one.item_count, one.total_fen) for one in fact.services] == [(2, 11_260)]
        assert (fact.z_no, fact.opening_fen, fact.expected_fen) == (1, 0, 51_260)

    def test_opens_the_next_period_with_what_was_counted(self, world):
        close(world, count(world, 49_000))
        sell(world)
        trial = world.accepted(IssueTrial(CLERK)).facts[0]
        assert isinstance(trial, TrialIssued)
        assert (trial.opening_fen, trial.expected_fen) == (49_000, 56_260)
        second = close(world, count(world, 56_260))
        assert (second.z_no, second.opening_fen) == (2, 49_000)
        assert [line.in_fen for line in second.cash] == [7_260]

    def test_of_a_count_that_was_used_or_counted_again_is_refused(self, world):
        first = count(world, 50_000)
        second = count(world, 50_000)
        assert refusal(world, CloseDay(CLERK, first.seq, CloseVerdict.AGREED)) is Refusal.COUNT_STALE
        close(world, second)
        for _ in range(3):
            assert refusal(world, CloseDay(CLERK, second.seq, CloseVerdict.AGREED)) is Refusal.COUNT_STALE
        assert refusal(world, CloseDay(CLERK, 1, CloseVerdict.AGREED)) is Refusal.COUNT_STALE

    def test_keeps_both_counts_when_counted_again(self, world):
        count(world, 40_000)
        close(world, count(world, 50_000))
        found = world.rows(f"SELECT key, state FROM subjects WHERE kind={CashCount.SUBJECT} ORDER BY key")
        assert [state for _, state in found] == [0, 1]

    def test_without_a_difference_leaves_nothing_to_dispute(self, world):
        of = count(world, 50_000)
        assert refusal(world, CloseDay(CLERK, of.seq, CloseVerdict.DISPUTED)) is Refusal.NOTHING_TO_DO

    def test_survives_a_restart_and_a_rebuild_between_count_and_close(self, world):
        sell(world)
        of = count(world, 50_000)
        world.reopen()
        world.register.rebuild()
        fact = close(world, of, CloseVerdict.DISPUTED)
        assert fact.expected_fen == 57_260
        assert drawer_fen(world) == 50_000
        assert world.rows("SELECT balance_fen FROM balances WHERE party='CASH_DISPUTED'") == [(-7_260,)]
        rows = world.rows("SELECT * FROM drawer_rows")
        world.register.rebuild()
        assert world.rows("SELECT * FROM drawer_rows") == rows

    def test_with_unsent_items_keeps_the_day_of_what_comes_later(self, world):
        day = world.clock.now.date()
        close(world, count(world, 50_000))
        sell(world)
        assert world.rows("SELECT DISTINCT business_date FROM payments") == [(day.isoformat(),)]
        again = close(world, count(world, 57_260))
        assert again.z_no == 2

    def test_counts_a_return_in_its_own_period(self, world):
        paid = sell(world)
        close(world, count(world, 57_260))
        world.answer(paid, Outcome.DECLINED)
        held = world.accepted(world.pay(bill_no="", amount_fen=500, account_no="0000000500")).seq
        world.answer(held, Outcome.DECLINED)
        world.accepted(ReturnCash(CLERK, held))
        second = close(world, count(world, 57_260))
        assert [(line.kind, line.in_fen, line.out_fen) for line in second.cash] == [
            (3, 500, 0),
            (CashReturned.KIND, 0, 500),
        ]


@pytest.mark.parametrize(
    ("notes", "coins_fen"),
    [((NoteLine(10_000, 10_000),), 0), ((NoteLine(300, 1),), 0), ((), 10_000_001), ((NoteLine(10_000, -1),), 0)],
)
def test_cash_that_no_drawer_holds_is_refused_with_one_sentence(world, notes, coins_fen):
    assert refusal(world, CountDay(CLERK, 1, notes, coins_fen)) is Refusal.COUNT_WRONG
    assert refusal(world, CountFloat(OWNER, notes, coins_fen)) is Refusal.COUNT_WRONG
    assert refusal(world, SealPouch(OWNER, "FD-1", notes, coins_fen)) is Refusal.COUNT_WRONG


def test_cash_out_takes_effect_once_and_never_beyond_the_drawer(world):
    job = world.register.open_operation()
    world.accepted(MoveCash(OWNER, job, CashReason.BANK_OUT, 20_000))
    for _ in range(3):
        assert refusal(world, MoveCash(OWNER, job, CashReason.BANK_OUT, 20_000)) is Refusal.OPERATION_ALREADY_DONE
    more = MoveCash(OWNER, world.register.open_operation(), CashReason.BANK_OUT, 30_001)
    assert refusal(world, more) is Refusal.DRAWER_TOO_LOW
    assert drawer_fen(world) == 30_000


def test_a_float_is_what_is_above_the_books(world):
    world.accepted(CountFloat(OWNER, (NoteLine(10_000, 7),), 0))
    assert drawer_fen(world) == 70_000
    assert refusal(world, CountFloat(OWNER, (NoteLine(10_000, 7),), 0)) is Refusal.NOTHING_TO_DO
    assert refusal(world, CountFloat(OWNER, (NoteLine(10_000, 6),), 0)) is Refusal.FLOAT_BELOW_BOOKS


class TestAPouch:
    def test_is_sealed_cancelled_and_never_used_again(self, world):
        world.accepted(SealPouch(OWNER, "FD-1", (NoteLine(10_000, 2), NoteLine(10_000, 2)), 0))
        assert drawer_fen(world) == 10_000
        assert refusal(world, SealPouch(OWNER, "FD-1", (NoteLine(10_000, 1),), 0)) is Refusal.POUCH_KNOWN
        world.accepted(CancelPouch(OWNER, "FD-1"))
        assert drawer_fen(world) == 50_000
        assert refusal(world, CancelPouch(OWNER, "FD-1")) is Refusal.POUCH_KNOWN
        assert refusal(world, SealPouch(OWNER, "FD-1", (NoteLine(10_000, 1),), 0)) is Refusal.POUCH_KNOWN

    def test_that_the_branch_has_cannot_be_cancelled(self, world):
        done = world.accepted(SealPouch(OWNER, "FD-1", (NoteLine(10_000, 2),), 0))
        (pouch,) = done.subjects
        assert isinstance(pouch, OutgoingPouch)
        assert pouch.state is PouchState.UNDER_WAY
        world.from_hq(PouchReceived("FD-1", 20_000, 7, 8))
        assert refusal(world, CancelPouch(OWNER, "FD-1")) is Refusal.POUCH_COLLECTED

    def test_from_the_branch_is_accepted_once_and_only_if_announced(self, world):
        assert refusal(world, AcceptPouch(OWNER, "P", 800_000)) is Refusal.POUCH_UNKNOWN
        world.from_hq(PouchSent("P", (NoteLine(10_000, 80),), 0, 7, 8))
        entry = world.accepted(AcceptPouch(OWNER, "P", 800_000)).seq
        outcome = world.register.execute(AcceptPouch(OWNER, "P", 800_000))
        assert outcome == Refused(Refusal.POUCH_ACCEPTED, (("entry_seq", entry),))
        assert drawer_fen(world) == 850_000

    @pytest.mark.parametrize("label", ["", "a b", "封袋", "x" * 33, "a\n"])
    def test_with_a_label_that_no_pouch_has_is_refused(self, world, label):
        assert refusal(world, SealPouch(OWNER, label, (NoteLine(10_000, 1),), 0)) is Refusal.POUCH_LABEL_WRONG

    def test_holds_no_more_than_the_drawer(self, world):
        assert refusal(world, SealPouch(OWNER, "FD-1", (NoteLine(10_000, 6),), 0)) is Refusal.DRAWER_TOO_LOW


def test_a_drawer_that_its_movements_do_not_explain_stops_the_close_and_leaves_the_journal_alone(world):
    of = count(world, 50_000)
    with world.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM drawer_rows")
    assert refusal(world, CloseDay(CLERK, of.seq, CloseVerdict.AGREED)) is Refusal.FIGURES_DIFFER
    assert refusal(world, CountDay(CLERK, 2, (), 50_000)) is Refusal.FIGURES_DIFFER
    assert refusal(world, IssueTrial(CLERK)) is Refusal.FIGURES_DIFFER
    world.register.rebuild()
    close(world, of)


def paper_of(world: World, seq: int) -> str:
    """The stored paper of the record that issued it, as text."""
    (found,) = world.rows(f"SELECT paper FROM print_jobs WHERE job_no % 1000000000 = {seq}")
    return to_text(from_bytes(found[0]))


def without_mark(text: str) -> list[str]:
    return [line for line in text.splitlines() if "补打" not in line]


class TestThePaper:
    def test_of_a_close_comes_in_two_copies_with_every_figure_and_the_head(self, world):
        sell(world, 7_260)
        of = world.accepted(CountDay(CLERK, 1, (NoteLine(10_000, 5), NoteLine(1_000, 3)), 260)).seq
        sell(world, 4_000)
        done = world.accepted(CloseDay(CLERK, of, CloseVerdict.DISPUTED))
        text = paper_of(world, done.seq)
        first, second, rest = text.split("=" * 32)
        assert first.strip() == second.strip()
        assert not rest.strip()
        for words in ("Z 0001 号", "572.60", "532.60", "-40.00", "裁定前不扣款", "100 元 x 5"):
            assert words in first
        assert f"第 1 到 {of} 条" in first
        (digest,) = world.rows(f"SELECT digest FROM journal WHERE side='S' AND seq={done.seq}")
        assert digest[0][:8].hex().upper() in first.replace("-", "").replace(" ", "").upper()

    def test_of_a_trial_has_the_figures_of_the_close(self, world):
        sell(world)
        trial = paper_of(world, world.accepted(IssueTrial(CLERK)).seq)
        fact = close(world, count(world, 57_260))
        final = paper_of(world, fact.count_seq + 1)
        figures = [line for line in trial.splitlines() if any(name in line for name in ("应有", "缴费收现", "期初"))]
        assert len(figures) == 3
        assert set(figures) <= set(final.splitlines())
        assert "未日终" in trial

    def test_copied_after_a_restart_a_rebuild_and_more_sales_is_the_stored_paper_with_a_mark(self, world):
        sell(world)
        seq = close(world, count(world, 50_000), CloseVerdict.DISPUTED).count_seq + 1
        final = paper_of(world, seq)
        sell(world, 4_000)
        world.reopen()
        world.register.rebuild()
        copy = paper_of(world, world.accepted(IssueCopy(CLERK, seq)).seq)
        assert copy.count("补打") == 2
        assert without_mark(copy) == final.splitlines()

    def test_of_a_close_whose_paper_is_lost_is_composed_from_the_record_alike(self, world):
        sell(world)
        seq = close(world, count(world, 50_000)).count_seq + 1
        final = paper_of(world, seq)
        sell(world, 4_000)
        with world.database.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM print_jobs")
        copy = paper_of(world, world.accepted(IssueCopy(CLERK, seq)).seq)
        assert without_mark(copy) == final.splitlines()

    def test_of_a_pouch_shows_the_same_lines_and_sum_on_both_copies_and_when_cancelled(self, world):
        world.accepted(CountFloat(OWNER, (NoteLine(10_000, 15), NoteLine(5_000, 4)), 0))
        lines = (NoteLine(10_000, 5), NoteLine(10_000, 5), NoteLine(10_000, 5))
        sealed = world.accepted(SealPouch(OWNER, "FD-1", lines, 0)).seq
        first, second, _ = paper_of(world, sealed).split("=" * 32)
        for copy in (first, second):
            assert copy.count("100 元 x 5") == 3
            assert "1,500.00" in copy
        cancelled = paper_of(world, world.accepted(CancelPouch(OWNER, "FD-1")).seq)
        assert cancelled.count("100 元 x 5") == 3
        assert "1,500.00" in cancelled

    def test_of_an_accepted_pouch_says_what_differs_and_blames_nobody(self, world):
        world.from_hq(PouchSent("P", (NoteLine(10_000, 80),), 0, 7, 8))
        text = paper_of(world, world.accepted(AcceptPouch(OWNER, "P", 799_000)).seq)
        for words in ("8,000.00", "7,990.00", "-10.00", "原因未查明, 不由本站承担"):
            assert words in text.replace("\n", "")


def test_the_drawer_opens_for_cash_that_moves_and_not_for_a_close_with_a_difference(world):
    opened: list[int] = []
    world.register.on_cash(opened.append)
    moved = world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_IN, 1_000)).seq
    close(world, count(world, 40_000))
    assert drawer_fen(world) == 40_000
    assert opened == [moved]
