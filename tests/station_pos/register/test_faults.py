"""Full disks, lost tables, unknown kinds, restored journals: one sentence, nothing half-done, nothing lost."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import cbor2
import pytest

from station_journal.accounts import Account
from station_journal.facts.cash import CashReason, NoteLine, PouchSent
from station_journal.records import CreditGranted, Outcome, Side
from station_journal.rules import SUBJECT_CLASSES, cash
from station_journal.seal import Certificate, Position, sign_certificate
from station_journal.subject import layouts_number
from station_pos.commands.cash_orders import MoveCash
from station_pos.commands.outcome import Accepted, Refusal, Refused, RegisterFault
from station_pos.register import Register
from station_pos.register.epochs import begin_epoch
from station_pos.register.inspection import compare, verify
from station_pos.store import journal, subject_rows
from station_pos.store.database import Database
from station_pos.store.errors import StoreError, StoreTrouble
from station_pos.store.projections import Projections
from station_pos.store.rebuild import rules_number
from station_pos.store.schema import PROJECTIONS
from tests.factories.parcels import announced, line
from tests.station_pos.world import CLERK, STATION, World, tariff


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def free_fen(world):
    with world.database.reading() as connection:
        return Projections(connection, lambda _: None).balance_fen(Account.CREDIT_FREE)


def fill_disk(world):
    """No page more than there are now: what SQLite says then is what it says on a full disk."""
    with world.database.transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def free_disk(world):
    with world.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")


def test_a_full_disk_is_one_sentence_and_the_same_sale_works_once_there_is_space(world):
    fill_disk(world)

    def sell():
        for number in range(500):
            command = world.pay(account_no=f"{number:010d}", amount_fen=1, payer_name="*" * 60)
            head, before = world.register.head(Side.STATION), free_fen(world)
            try:
                world.accepted(command)
            except RegisterFault as error:
                return error, command, head, before
        raise AssertionError("the disk never got full")

    fault, command, head, before = sell()
    assert fault.code == "disk_full"
    assert str(fault).startswith("磁盘已满")
    assert world.register.head(Side.STATION) == head
    assert free_fen(world) == before
    free_disk(world)
    assert isinstance(world.register.execute(command), Accepted)
    assert verify(world.database).faults == ()
    assert compare(world.database).differing == ()


def test_a_database_held_by_another_program_is_one_sentence(world):
    with world.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(world.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    command = world.pay()
    with pytest.raises(RegisterFault) as fault:
        world.register.execute(command)
    assert fault.value.code == "busy"
    other.execute("ROLLBACK")
    other.close()
    assert isinstance(world.register.execute(command), Accepted)


@pytest.mark.parametrize("table", sorted(PROJECTIONS))
def test_a_derived_table_that_is_gone_is_derived_again_while_running(world, table):
    seq = world.accepted(world.pay()).seq
    before = free_fen(world)
    with world.database.transaction() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    world.answer(seq, Outcome.DECLINED)
    assert free_fen(world) == before + 7_260
    world.reopen()
    assert compare(world.database).differing == ()


@pytest.mark.parametrize("table", ["payments", "balances", "marker"])
def test_rows_that_are_gone_are_noticed_at_the_next_start(world, table):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    with world.database.transaction() as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    world.reopen()
    assert compare(world.database).differing == ()
    assert free_fen(world) == 92_740


def test_subjects_written_by_a_program_with_other_layouts_are_made_again(world, monkeypatch):
    world.accepted(MoveCash(CLERK, world.register.open_operation(), CashReason.OWNER_IN, 100))

    @dataclass(frozen=True, slots=True)
    class CashMove(cash.CashMove):
        remark: str = ""

    assert layouts_number([CashMove]) != layouts_number([cash.CashMove])
    monkeypatch.setitem(SUBJECT_CLASSES, CashMove.SUBJECT, CashMove)
    monkeypatch.setattr(cash, "CashMove", CashMove)
    monkeypatch.setattr("station_journal.subject._LAYOUTS", {})
    rules_number.cache_clear()
    world.reopen()
    with world.database.reading() as connection:
        found = subject_rows.in_states(connection, CashMove, 0)
    monkeypatch.undo()
    rules_number.cache_clear()
    assert [one.remark for one in found] == [""]


def unknown_kind(world):
    row = [99, int(world.clock.now.timestamp()), 20_000, 7, world.register.head(Side.STATION).seq, 1, "later"]
    return cbor2.dumps(row)


def test_an_unknown_kind_is_stored_and_stops_the_figures_at_its_number(world):
    before = free_fen(world)
    world.raw_from_hq([unknown_kind(world)])
    number = world.hq_position.seq
    outcome = world.register.execute(world.pay())
    assert isinstance(outcome, Refused)
    assert outcome.reason is Refusal.NOT_COMPUTABLE
    assert dict(outcome.detail)["seq"] == number
    world.from_hq(CreditGranted(5_000, 9, 7, 8))
    assert world.register.head(Side.HQ).seq == number + 1, "storage goes on"
    assert free_fen(world) == before, "nothing behind it is counted"
    world.reopen()
    blocked = world.register.blocked()
    assert blocked is not None
    assert (blocked.side, blocked.seq) == (Side.HQ, number)
    assert [fault.seq for fault in verify(world.database).faults] == [number]


@pytest.mark.parametrize(
    "fact",
    [
        CreditGranted(2**63, 9, 7, 8),
        CreditGranted(2**64 - 1, 9, 7, 8),
        PouchSent("P1", (NoteLine(10_000, 2**63),), 0, 7, 8),
        announced(line("W\x001", 100)),
    ],
)
def test_figures_that_no_books_hold_stop_the_figures_and_not_the_sync(world, fact):
    before = free_fen(world)
    world.from_hq(fact)
    number = world.hq_position.seq
    world.from_hq(CreditGranted(5_000, 9, 7, 8))
    assert world.register.head(Side.HQ).seq == number + 1, "storage goes on"
    assert free_fen(world) == before
    world.reopen()
    blocked = world.register.blocked()
    assert blocked is not None
    assert (blocked.side, blocked.seq) == (Side.HQ, number)


def test_hq_records_that_do_not_follow_are_refused_and_change_nothing(world):
    head = world.register.head(Side.HQ)
    with pytest.raises(RegisterFault):
        world.raw_from_hq([b"\x80"], head._replace(seq=head.seq + 1))
    with pytest.raises(RegisterFault):
        world.raw_from_hq([b"\x80"], head._replace(digest=b"x" * 32))
    assert world.register.head(Side.HQ) == head


def test_a_published_tariff_without_content_stops_nothing_until_it_is_sold_by(world):
    sold = tariff()
    with world.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM documents")
    world.register.tariffs.forget()
    assert world.register.execute(world.pay()).reason is Refusal.PRODUCT_NOT_SOLD
    world.register.keep_document(sold.to_bytes())
    assert isinstance(world.register.execute(world.pay()), Accepted)


def test_a_restored_image_gets_its_own_tail_back_and_goes_on_in_a_new_epoch(world, tmp_path):
    image_head = world.register.head(Side.STATION)
    kept = sqlite3.connect(tmp_path / "image")
    source = sqlite3.connect(world.database.path)
    source.backup(kept)
    source.close()
    kept.close()
    lost = world.accepted(world.pay())
    with world.database.reading() as connection:
        tail = [entry.data for entry in journal.entries(connection, Side.STATION, image_head.seq)]
    full_head = world.register.head(Side.STATION)
    world.close()
    for name in ("station.sqlite", "station.sqlite-wal", "station.sqlite-shm"):
        (world.folder / name).unlink(missing_ok=True)
    (world.folder / "station.sqlite").write_bytes((tmp_path / "image").read_bytes())
    world.database = Database(world.folder)
    world.open()
    world.register.set_read_only("restored")
    world.register.recover(tail, image_head)
    assert world.register.head(Side.STATION) == full_head
    assert free_fen(world) == 92_740
    assert isinstance(world.register.execute(world.pay()), Refused)
    begin_epoch(world.database, world.epoch(2, full_head))
    world.open()
    again = world.accepted(world.pay(account_no="0081234568"))
    assert again.seq == lost.seq + 1, "numbers go on across epochs"
    assert world.register.head(Side.STATION).epoch == 2
    assert verify(world.database).faults == ()
    assert compare(world.database).differing == ()


def test_what_hq_never_held_is_put_aside_as_a_branch_and_counts_no_more(world):
    held = world.register.head(Side.STATION)
    world.link_down()
    world.accepted(world.pay(offline=True))
    assert begin_epoch(world.database, world.epoch(2, held)) == 3
    world.open()
    assert free_fen(world) == 100_000
    assert world.rows("SELECT seq FROM frozen_branch") == [(held.seq + number,) for number in (1, 2, 3)]
    world.link_down()
    again = world.accepted(world.pay(offline=True))
    assert again.print_jobs, "numbers of the branch are used again, and papers of both are told apart"
    assert len(world.rows("SELECT DISTINCT job_no FROM print_jobs")) == 2
    assert begin_epoch(world.database, world.epoch(2, held)) == 0, "asking twice changes nothing"


def test_no_paper_comes_out_for_what_was_put_aside(world):
    kept = world.accepted(world.pay(account_no="0000000001")).seq
    world.answer(kept)
    head = world.register.head(Side.STATION)
    world.answer(world.accepted(world.pay(account_no="0000000002")).seq)
    assert world.rows("SELECT state FROM print_jobs ORDER BY job_no") == [("queued",), ("queued",)]
    begin_epoch(world.database, world.epoch(2, head))
    found = world.rows("SELECT payment_seq, state, reason FROM print_jobs ORDER BY job_no")
    assert found == [(kept, "queued", ""), (kept + 2, "done", "put_aside")]


def test_an_epoch_that_does_not_continue_this_journal_is_refused(world):
    head = world.register.head(Side.STATION)
    for prior in (head._replace(seq=head.seq + 1), head._replace(digest=b"x" * 32)):
        with pytest.raises(RegisterFault):
            begin_epoch(world.database, world.epoch(2, prior))
    other = Certificate(Side.STATION, "other", 2, b"k" * 32, head.seq, head.digest)
    epoch = world.epoch(2, head)
    with pytest.raises(RegisterFault):
        begin_epoch(
            world.database, replace(epoch, station=other, station_signature=sign_certificate(world.hq_key, other))
        )
    assert world.register.head(Side.STATION) == head


def test_opening_what_is_not_there_in_use_of_another_version_or_no_database_is_one_sentence(world, tmp_path):
    with pytest.raises(StoreError) as missing:
        Database(tmp_path / "nowhere")
    with pytest.raises(StoreError) as used:
        Database(world.folder)
    empty = tmp_path / "empty"
    made = Database(empty, create=True)
    with pytest.raises(RegisterFault) as nobody:
        Register(made, world.clock)
    made.close()
    connection = sqlite3.connect(empty / "station.sqlite")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError) as later:
        Database(empty)
    (empty / "station.sqlite").write_bytes(b"this is no database, it only has its name" * 30)
    with pytest.raises(StoreError) as damaged:
        Database(empty)
    troubles = [error.value.trouble for error in (missing, used, later, damaged)]
    assert troubles == [
        StoreTrouble.NOT_ENROLLED,
        StoreTrouble.IN_USE,
        StoreTrouble.OTHER_VERSION,
        StoreTrouble.DAMAGED,
    ]
    assert nobody.value.code == StoreTrouble.NOT_ENROLLED


def test_an_acknowledgement_that_hq_did_not_sign_or_that_names_another_history_is_found(world):
    head = world.register.head(Side.STATION)
    world.register.acknowledge(head, b"s" * 64, int(world.clock.now.timestamp()))
    assert [fault.seq for fault in verify(world.database).faults] == [head.seq]
    later = Position(head.epoch, head.seq + 1, b"d" * 32)
    world.accepted(world.pay())
    world.register.acknowledge(later, b"s" * 64, int(world.clock.now.timestamp()))
    [fault] = verify(world.database).faults
    assert (fault.seq, "另一条记录" in fault.problem) == (later.seq, True)
    assert world.register.station_code == STATION


def test_many_short_lived_threads_do_not_use_up_the_files_of_the_process(world):
    def opened():
        return sum("station.sqlite" in link for link in map(_target, Path("/proc/self/fd").iterdir()))

    before = opened()
    for _ in range(50):
        thread = threading.Thread(target=free_fen, args=(world,))
        thread.start()
        thread.join()
    assert opened() <= before + 2


def _target(descriptor):
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def test_a_refusal_after_a_fault_of_the_disk_leaves_nothing_stale_behind(world):
    world.accepted(world.pay())
    with world.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = sqlite3.connect(world.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegisterFault):
        world.register.execute(world.pay())
    other.execute("DELETE FROM payments")
    other.execute("COMMIT")
    other.close()
    for _ in range(2):
        refused = world.register.execute(world.pay(bill_no="2026-10"))
        assert isinstance(refused, Refused)
        assert refused.reason is Refusal.BILL_ALREADY_PAID
    assert compare(world.database).differing == ("payments",), "a refusal changes nothing, not even a derived table"
    world.accepted(world.pay(bill_no="2026-11", amount_fen=100))
    assert compare(world.database).differing == ()


def test_a_lock_file_that_cannot_be_written_does_not_keep_the_station_from_opening(world):
    world.close()
    lock = world.folder / "station.lock"
    lock.unlink()
    lock.symlink_to("/dev/full")
    world.database = Database(world.folder)
    world.open()
    assert isinstance(world.register.execute(world.pay()), Accepted)
