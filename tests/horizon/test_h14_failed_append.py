"""H14: a batch job held the store's lock, the till's write timed out, the error was ignored, and a loss was lost.

A failed append stops the close visibly at whatever step it happens; nothing is half-posted, and trying again works. All
faults at all steps are met over the register, where a held lock is given up after 50 ms. Over the running counter a
refusing disk is met at each step: a limit put on the process from outside costs nothing. A lock is held there at the
close alone: the counter rightly waits five seconds for it, which at every step would be half a minute of waiting and
the same code. A full disk is the refusing one to the process: it sees another number from the same write.
"""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from station_journal.accounts import Account
from station_journal.facts.cash import (
    CashReason,
    CloseVerdict,
    DayClosed,
    DayCounted,
    NoteLine,
    PouchCancelled,
    PouchSealed,
    TrialIssued,
)
from station_pos.commands.cash_orders import CloseDay, CountDay, CountFloat, IssueTrial, MoveCash, SealPouch
from station_pos.commands.orders import Command, IssueCopy
from station_pos.commands.outcome import RegisterFault
from station_pos.demo.processes import WorldError
from station_pos.register.inspection import compare, verify
from station_pos.store.database import DATABASE_NAME
from tests.horizon.harness import Case, books_agree
from tests.station_pos.world import CLERK, OWNER, World

FAULTS = ("lock_held", "disk_full", "disk_error")
STEPS = ("count", "trial", "close", "pouch", "copy")


@contextmanager
def lock_held(world: World) -> Iterator[str]:
    with world.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(world.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield "busy"
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def disk_full(world: World) -> Iterator[str]:
    """No page more than there are now: what SQLite says then is what it says on a full disk."""
    with world.database.transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    try:
        yield "disk_full"
    finally:
        with world.database.transaction() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1000000")


@contextmanager
def disk_error(world: World) -> Iterator[str]:
    """Writes past the end of the log fail as on a broken disk: the operating system refuses them."""
    size = Path(f"{world.database.path}-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 1), hard))
    try:
        yield "disk_failed"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


BY_NAME: dict[str, Callable[[World], AbstractContextManager[str]]] = {
    "lock_held": lock_held,
    "disk_full": disk_full,
    "disk_error": disk_error,
}


def order(world: World, step: str, number: int) -> Command:
    """The next order of a step; a close needs the count before it."""
    if step == "count":
        return CountDay(CLERK, 2 + number, (), 54_000)
    if step == "close":
        (last,) = world.rows("SELECT max(CAST(key AS INTEGER)) FROM subjects WHERE kind=21")
        used = world.rows(f"SELECT state FROM subjects WHERE kind=21 AND key='{last[0]}'")
        counts = world.rows("SELECT count(*) FROM subjects WHERE kind=21")[0][0]
        return CountDay(CLERK, counts + 1, (), 54_000) if used == [(1,)] else CloseDay(CLERK, last[0], AGREED)
    if step == "pouch":
        return SealPouch(OWNER, f"FD-{number:04d}", (NoteLine(100, 1),), 0)
    return IssueTrial(CLERK) if step == "trial" else IssueCopy(CLERK, TRIAL_SEQ)


AGREED = CloseVerdict.AGREED
TRIAL_SEQ = 6


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_h14_a_failed_append_at_any_step_of_a_close_is_one_sentence_and_the_retry_works(
    tmp_path: Path, fault: str, step: str
) -> None:
    world = World(tmp_path / "station").ready()
    world.accepted(CountFloat(OWNER, (NoteLine(10_000, 5),), 0))
    world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.SHOP_SALES_IN, 7_000))
    assert world.accepted(IssueTrial(CLERK)).seq == TRIAL_SEQ
    world.accepted(CountDay(CLERK, 1, (), 55_000))
    with BY_NAME[fault](world) as code:
        failed, asked, before = None, order(world, step, 0), snapshot(world)
        for number in range(400):
            asked, before = order(world, step, number), snapshot(world)
            try:
                world.accepted(asked)
            except RegisterFault as error:
                failed = error
                break
        assert failed is not None, "the fault never showed"
        assert failed.code in {code, "disk_failed"}
        assert str(failed), "one sentence for the screen"
        with pytest.raises(RegisterFault):
            world.register.execute(asked)
    assert snapshot(world) == before, "nothing is half-posted"
    world.accepted(asked)
    assert verify(world.database).faults == ()
    assert compare(world.database).differing == ()
    world.close()


def snapshot(world: World) -> list[object]:
    tables = ("journal", "balances", "subjects", "drawer_rows", "print_jobs", "issued_papers")
    return [world.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


@contextmanager
def refusing_disk(case: Case) -> Iterator[None]:
    """Let the operating system refuse every byte that the running counter writes to a file (setrlimit(2), EFBIG)."""
    soft, hard = resource.prlimit(case.station.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(case.station.pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(case.station.pid, resource.RLIMIT_FSIZE, (soft, hard))


def test_h14_a_disk_that_refuses_at_any_step_of_a_close_is_told_by_the_running_counter_and_the_retry_books_once(
    drawer_case: Case,
) -> None:
    case = drawer_case
    case.put_in(5_000)
    begun = case.station.state()["as_of_seq"]
    label = f"FD-{case.station.state()['as_of_seq']:06d}"
    coins_fen = case.drawer_fen() - 700
    count: dict[str, object] = {}

    def refused_then_done(do: str, **fields: object) -> dict[str, object]:
        head = case.station.state()["as_of_seq"]
        with refusing_disk(case), pytest.raises(WorldError, match=r"磁盘|disk") as told:
            case.station.ask(do, **fields)
        assert len(str(told.value).splitlines()) == 1
        assert case.station.state()["as_of_seq"] == head, "nothing is on record"
        answer: dict[str, object] = case.station.ask(do, **fields)
        assert answer["accepted"], answer
        return answer

    refused_then_done("issue_trial")
    count = refused_then_done("count_day", coins_fen=coins_fen)
    refused_then_done("seal_pouch", label=label, notes=[[100, 1]])
    refused_then_done("cancel_pouch", label=label)
    count = refused_then_done("count_day", coins_fen=coins_fen)
    refused_then_done("close_day", count_seq=count["seq"], verdict="AGREED")
    case.moved_fen -= 700
    journals = books_agree(case)
    once = {TrialIssued: 1, DayCounted: 2, PouchSealed: 1, PouchCancelled: 1, DayClosed: 1}
    assert {kind: len([seq for seq, _ in journals.facts(kind) if seq > begun]) for kind in once} == once
    assert journals.books.balance_fen(Account.DRAWER) == case.drawer_fen()


def test_h14_a_close_while_another_job_holds_the_journal_is_refused_visibly_and_then_booked_whole(
    drawer_case: Case,
) -> None:
    case = drawer_case
    case.put_in(9_000)
    count = case.count(case.drawer_fen() - 1_100)
    head = case.station.state()["as_of_seq"]
    other = sqlite3.connect(case.shop.folder / "station" / DATABASE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(Exception, match=r"占用|held by another"):
            case.station.ask("close_day", count_seq=count["seq"], verdict="AGREED")
        assert case.station.state()["as_of_seq"] == head
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert case.close_day(count)["accepted"]
    journals = books_agree(case)
    assert journals.books.balance_fen(Account.DRAWER) == case.drawer_fen()
