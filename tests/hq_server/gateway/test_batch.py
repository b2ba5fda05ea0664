"""Batch files between HQ and a biller that is a process of its own."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from hq_server import audit, invoices
from hq_server.db.gateway_tables import batch_results, gateway_requests
from hq_server.gateway import batch_runs
from hq_server.gateway.batch_adapter import BatchRefusedError, read_result
from hq_server.gateway.dispatch import Dispatcher
from station_journal.records import (
    AnswerSource,
    BillerAnswered,
    Outcome,
    ReceiptIssued,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
)
from tests.hq_server.counter_side import CLERK, Counter, set_road
from tests.hq_server.gateway.conftest import accounts
from tests.outside.processes import ROOT

BILLER = "JYSW"


class Folders:
    """Both folders, the biller's desk, and its book."""

    def __init__(self, base: Path) -> None:
        self.outbox, self.inbox, self.book = base / "out", base / "in", base / "water.sqlite3"
        self.desk()

    def desk(self) -> None:
        """Let the biller look once."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "station_pos.demo.outside.biller_batch", "--once", "--seed", "demo"),
                *("--book", self.book, "--biller", BILLER, "--requests", self.outbox, "--results", self.inbox),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert json.loads(done.stdout)["ready"]

    def bills(self) -> list[tuple[str, str, int]]:
        with sqlite3.connect(self.book) as book:
            query = "SELECT account_no, bill_no, amount_fen FROM bill WHERE biller = ? ORDER BY bill_no"
            return book.execute(query, (BILLER,)).fetchall()

    def booked(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.book) as book:
            return book.execute("SELECT our_no, status FROM payment ORDER BY our_no").fetchall()

    def results(self) -> list[Path]:
        return sorted(self.inbox.glob("*.txt"))


@pytest.fixture
def folders(tmp_path: Path, counter: Counter) -> Folders:
    made = Folders(tmp_path)
    set_road(counter.engine, BILLER, adapter="batch", outbox=str(made.outbox), inbox=str(made.inbox))
    return made


def _pay(counter: Counter, folders: Folders, nth: int = 0) -> int:
    return counter.pay(*folders.bills()[nth], product_code=102)


def _end_of(counter: Counter) -> dict[int, Outcome]:
    return {fact.payment_seq: fact.outcome for fact in counter.told(BillerAnswered)}


def _resealed(data: bytes, old: bytes, new: bytes) -> bytes:
    """Change a file and give it the trailer that fits."""
    body = b"".join(line + b"\n" for line in data.replace(old, new).split(b"\n")[:-2])
    amounts = [int(line.split(b"|")[6]) for line in body.splitlines() if line.startswith(b"D")]
    return body + f"T|{len(amounts)}|{sum(amounts)}|{hashlib.sha256(body).hexdigest()}\n".encode()


class TestARun:
    def test_carries_what_is_held_and_its_results_end_it(
        self, counter: Counter, folders: Folders, dispatcher: Dispatcher
    ) -> None:
        good, bad = _pay(counter, folders), counter.pay(accounts(BILLER)[0], "NOSUCH", 500, product_code=102)
        dispatcher.run_and_wait()
        assert _end_of(counter) == {good: Outcome.UNKNOWN, bad: Outcome.UNKNOWN}
        folders.desk()
        dispatcher.run_and_wait()
        assert _end_of(counter) == {good: Outcome.CONFIRMED, bad: Outcome.DECLINED}
        assert folders.booked() == [(counter.our_no(good), "confirmed"), (counter.our_no(bad), "declined")]
        assert folders.results() == []
        assert len(list((folders.inbox / "taken").iterdir())) == 1

    def test_undoes_a_payment_on_request(self, counter: Counter, folders: Folders, dispatcher: Dispatcher) -> None:
        seq = _pay(counter, folders)
        for _ in range(2):
            dispatcher.run_and_wait()
            folders.desk()
        dispatcher.run_and_wait()
        counter.post()
        counter.send(ReversalRequested(seq, ReversalReason.WRONG_ACCOUNT))
        counter.minutes_later(11)
        dispatcher.run_and_wait()
        folders.desk()
        dispatcher.run_and_wait()
        assert counter.told(ReversalAnswered) == [ReversalAnswered(seq, accepted=True, reason="")]
        assert [status for _, status in folders.booked()] == ["reversed"]

    def test_asks_no_biller_to_undo_what_has_its_invoice(
        self, counter: Counter, folders: Folders, dispatcher: Dispatcher
    ) -> None:
        seq = _pay(counter, folders)
        for _ in range(2):
            dispatcher.run_and_wait()
            folders.desk()
        dispatcher.run_and_wait()
        counter.post()
        counter.send(ReceiptIssued(seq), operator_no=0)
        before = counter.hq_seq()
        number, account_no = counter.our_no(seq), folders.bills()[0][0]
        with counter.engine.begin() as connection:
            invoices.issue(connection, counter.journal, CLERK, number, account_no, "FP-0001", counter.clock())
        # The station asked before it had heard of the invoice.
        counter.send(ReversalRequested(seq, ReversalReason.WRONG_ACCOUNT), seen_seq=before)
        counter.minutes_later(11)
        dispatcher.run_and_wait()
        folders.desk()
        dispatcher.run_and_wait()
        assert [answer.accepted for answer in counter.told(ReversalAnswered)] == [False]
        assert [status for _, status in folders.booked()] == ["confirmed"]

    def test_puts_no_payment_into_two_files(self, counter: Counter, folders: Folders, dispatcher: Dispatcher) -> None:
        seqs = []
        for nth in range(3):
            seqs.append(_pay(counter, folders, nth))
            dispatcher.run_and_wait()
            counter.minutes_later(11)
        lines = [
            line.split("|")[2]
            for path in sorted(folders.outbox.glob("*.txt"))
            for line in path.read_text().splitlines()
            if line.startswith("D|")
        ]
        assert lines == [counter.our_no(seq) for seq in seqs]

    def test_cut_off_between_decision_and_file_writes_the_same_file_later(
        self, counter: Counter, folders: Folders, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seq = _pay(counter, folders)

        def full_disk(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(batch_runs, "put_file", full_disk)
            dispatcher.run_and_wait()
        assert not list(folders.outbox.glob("*.txt"))
        counter.minutes_later(1)
        dispatcher.run_and_wait()
        (path,) = folders.outbox.glob("*.txt")
        assert path.name == "JYSW_REQ_20261123_000001.txt"
        assert counter.our_no(seq) in path.read_text()

    def test_refuses_by_itself_what_no_file_can_express(
        self, counter: Counter, folders: Folders, dispatcher: Dispatcher
    ) -> None:
        seq = counter.pay(accounts(BILLER)[0], "A|B", 500, product_code=102)
        dispatcher.run_and_wait()
        assert _end_of(counter) == {seq: Outcome.DECLINED}
        assert list(folders.outbox.glob("*.txt")) == []


class TestAResultFile:
    @pytest.fixture
    def result(self, counter: Counter, folders: Folders, dispatcher: Dispatcher) -> Path:
        for nth in range(2):
            _pay(counter, folders, nth)
        dispatcher.run_and_wait()
        folders.desk()
        (path,) = folders.results()
        return path

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda data: data.replace(b"|DONE|", b"|REFUSED|", 1), "the trailer's count, amount or digest differs"),
            (lambda data: data[:-1], "the last line is cut"),
            (lambda data: data[: len(data) // 2], "the last line is cut"),
            (lambda data: data[:0], "the last line is cut"),
            (lambda data: data.replace(b"JYSW|", b"\xff\xfe|", 1), "not UTF-8"),
            (lambda data: _resealed(data, b"H|JYSW", b"H|SCDL"), "the file is of biller SCDL"),
            (lambda data: _resealed(data, b"ST-0417", b"ST-9999"), "was never asked by file"),
            (lambda data: _resealed(data, b"|PAY|DONE|", b"|PAY|MAYBE|"), "neither DONE nor REFUSED"),
        ],
    )
    def test_that_is_not_whole_and_ours_is_refused_whole(
        self, counter: Counter, dispatcher: Dispatcher, result: Path, change, sentence: str
    ) -> None:
        result.write_bytes(change(result.read_bytes()))
        dispatcher.run_and_wait()
        assert set(_end_of(counter).values()) == {Outcome.UNKNOWN}
        assert (result.parent / "refused" / result.name).exists()
        with counter.engine.connect() as connection:
            refused = [entry for entry in audit.entries(connection) if entry.tag == "gateway.batch_result_refused"]
        assert sentence in refused[0].details["reason"]

    def test_with_another_amount_in_the_last_line_ends_none_of_its_lines(
        self, counter: Counter, dispatcher: Dispatcher, result: Path
    ) -> None:
        data = result.read_bytes()
        amount = data.splitlines()[2].split(b"|")[6]
        result.write_bytes(_resealed(data, b"|%s|" % amount, b"|%d|" % (int(amount) + 1)))
        dispatcher.run_and_wait()
        assert set(_end_of(counter).values()) == {Outcome.UNKNOWN}

    def test_is_taken_once_and_refused_the_second_time(
        self, counter: Counter, dispatcher: Dispatcher, result: Path
    ) -> None:
        data = result.read_bytes()
        dispatcher.run_and_wait()
        again = result.with_name("JYSW_RES_AGAIN.txt")
        again.write_bytes(data)
        again.with_name(again.name + ".ok").touch()
        told = counter.told(BillerAnswered)
        dispatcher.run_and_wait()
        assert counter.told(BillerAnswered) == told
        assert (result.parent / "refused" / again.name).exists()
        with counter.engine.connect() as connection:
            assert len(connection.execute(select(batch_results)).all()) == 1

    def test_left_in_the_inbox_by_a_crash_is_put_away_and_changes_nothing(
        self, counter: Counter, dispatcher: Dispatcher, result: Path
    ) -> None:
        data = result.read_bytes()
        dispatcher.run_and_wait()
        result.write_bytes(data)
        result.with_name(result.name + ".ok").touch()
        told = counter.told(BillerAnswered)
        dispatcher.run_and_wait()
        assert counter.told(BillerAnswered) == told
        assert not result.exists()
        assert not (result.parent / "refused").exists()

    def test_that_came_before_an_earlier_one_waits_for_it(
        self, counter: Counter, dispatcher: Dispatcher, result: Path
    ) -> None:
        data = result.read_bytes()
        result.write_bytes(_resealed(data, b"|1|1\n", b"|2|1\n"))
        dispatcher.run_and_wait()
        assert result.exists()
        assert set(_end_of(counter).values()) == {Outcome.UNKNOWN}

    def test_without_its_flag_is_not_looked_at(self, counter: Counter, dispatcher: Dispatcher, result: Path) -> None:
        result.with_name(result.name + ".ok").unlink()
        dispatcher.run_and_wait()
        assert set(_end_of(counter).values()) == {Outcome.UNKNOWN}

    def test_that_answers_one_number_twice_is_refused(self, result: Path) -> None:
        data = result.read_bytes()
        first, second = [line.split(b"|")[2] for line in data.splitlines()[1:3]]
        with pytest.raises(BatchRefusedError, match="answered twice"):
            read_result(_resealed(data, second, first))


def test_a_source_of_an_answer_by_file_is_the_biller_itself(
    counter: Counter, folders: Folders, dispatcher: Dispatcher
) -> None:
    _pay(counter, folders)
    dispatcher.run_and_wait()
    folders.desk()
    dispatcher.run_and_wait()
    assert counter.told(BillerAnswered)[-1].source is AnswerSource.REPLY
    with counter.engine.connect() as connection:
        assert connection.scalar(select(gateway_requests.c.run_no)) == 1


def test_a_folder_that_cannot_be_used_stops_no_other_biller(
    counter: Counter, folders: Folders, dispatcher: Dispatcher
) -> None:
    set_road(counter.engine, "AAAA", adapter="batch", outbox="/proc/nowhere/out", inbox="/proc/nowhere/in")
    set_road(counter.engine, "ZYRQ", adapter="batch", outbox="/proc/nowhere/out", inbox="/proc/nowhere/in")
    gas = counter.pay(accounts("ZYRQ")[0], "G1", 500, product_code=103)
    water = _pay(counter, folders)
    dispatcher.run_and_wait()
    assert _end_of(counter) == {gas: Outcome.UNKNOWN, water: Outcome.UNKNOWN}
    assert len(list(folders.outbox.glob("*.txt"))) == 1
