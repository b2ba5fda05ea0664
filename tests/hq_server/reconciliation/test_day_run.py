"""A biller-day from file to named breaks, over the real ledger: found, re-run, closed by its neighbour."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from hq_server.db.break_tables import break_cases
from hq_server.db.distributed import is_distributed
from hq_server.db.file_tables import received_files
from hq_server.db.reconciliation_tables import (
    recon_findings,
    recon_stations,
    settlement_line_counts,
    settlement_lines,
)
from hq_server.reconciliation.breaks import break_rows
from hq_server.reconciliation.day_run import DayResult, reconcile
from hq_server.reconciliation.importing import import_file, pseudo_station
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.records import (
    SYSTEM,
    AnswerSource,
    BillerAnswered,
    Outcome,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
)
from tests.hq_server.citus_databases import seems_distributed
from tests.hq_server.counter_side import CODE, FINANCE, Counter
from tests.hq_server.people import NOON, SteppingClock

TODAY = date(2026, 11, 23)
TOMORROW = TODAY + timedelta(days=1)


class BillersBook:
    """The biller's own list of the day, and the file it writes from it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.rows: list[list[str]] = []

    def paid(self, our_no: str, account: str, fen: int, *, status: str = "SUCCESS", biller_no: str = "") -> None:
        number = biller_no or f"X{len(self.rows) + 1:06d}"
        self.rows.append([our_no, number, account, "20261123120500", "PAY", str(fen), status])

    def write(self, day: date = TODAY, seq: int = 1, *, wrong_total: int = 0, encoding: str = "utf-8") -> Path:
        text = f"H|SCDL|{day:%Y%m%d}|{seq}|1\n"
        text += "".join(f"D|{i}|{'|'.join(row)}\n" for i, row in enumerate(self.rows, 1))
        total = sum(int(row[5]) for row in self.rows) + wrong_total
        digest = hashlib.sha256(text.encode(encoding)).hexdigest()
        path = self.folder / f"SCDL_{day:%Y%m%d}_{seq}.txt"
        path.write_bytes(f"{text}T|{len(self.rows)}|{total}|{digest}\n".encode(encoding))
        (self.folder / f"{path.name}.ok").touch()
        return path


class Desk:
    """The counter that sold, the biller's book, and the reconciler."""

    def __init__(self, engine: Engine, folder: Path):
        self.engine = engine
        self.clock = SteppingClock()
        self.counter = Counter(engine, self.clock)
        self.book = BillersBook(folder)

    def sale(self, account: str, fen: int, outcome: Outcome | None = Outcome.CONFIRMED) -> int:
        seq = self.counter.pay(account, f"B{account}{fen}", fen)
        if outcome is not None:
            self.answer(BillerAnswered(seq, outcome, AnswerSource.REPLY, f"N{seq:06d}", ""))
        return seq

    def answer(self, fact) -> None:
        with self.engine.begin() as connection:
            self.counter.journal.append(connection, CODE, [fact], SYSTEM, self.clock())
        self.counter.post()

    def told(self, seq: int, account: str, fen: int, **changes: str) -> None:
        self.book.paid(self.counter.our_no(seq), account, fen, **{"biller_no": f"N{seq:06d}", **changes})

    def take(self, **how) -> None:
        import_file(self.engine, FINANCE, self.book.write(**how), self.clock())

    def run(self, day: date = TODAY) -> DayResult:
        return reconcile(self.engine, self.counter.journal, "SCDL", day, self.clock())

    def rows(self, table) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key)))


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


def _accounts():
    return (f"51078000{n:02d}" for n in range(10, 99))


def test_every_planted_difference_is_named_and_nothing_else(desk: Desk):
    account = _accounts()
    a, b, c, d, e, f, g = (next(account) for _ in range(7))
    matched = desk.sale(a, 7_260)
    desk.told(matched, a, 7_260)
    desk.sale(b, 1_000)  # ours only: the file does not have it
    wrong_amount = desk.sale(c, 2_000)
    desk.told(wrong_amount, c, 2_500)
    wrong_account = desk.sale(d, 3_000)
    desk.told(wrong_account, "5107800001", 3_000)
    reversed_here = desk.sale(e, 4_000)
    desk.counter.send(ReversalRequested(reversed_here, ReversalReason.WRONG_AMOUNT))
    desk.answer(ReversalAnswered(reversed_here, accepted=True, reason=""))
    desk.told(reversed_here, e, 4_000)  # outcomes differ: they still have it
    twice = desk.sale(f, 5_000)
    desk.told(twice, f, 5_000)
    desk.book.paid(desk.counter.our_no(twice), f, 5_000, biller_no="N999999")
    desk.book.paid("", g, 6_000)  # theirs only: money we have no sale for
    desk.take()
    assert desk.rows(settlement_line_counts) == [(CODE, "SCDL", TODAY, 1, 6, 26_760, matched, twice, True)]

    result = desk.run()

    assert result.breaks == {
        "ACCOUNT_MISMATCH": 1,
        "AMOUNT_MISMATCH": 1,
        "DUPLICATE_THEIRS": 1,
        "OURS_ONLY": 1,
        "STATUS_MISMATCH": 1,
        "THEIRS_ONLY": 1,
    }
    assert result.matched == 2
    assert desk.run() == result
    unidentified = [row for row in desk.rows(recon_findings) if row.break_class == "THEIRS_ONLY"]
    assert [row.station_code for row in unidentified] == [pseudo_station("SCDL")]


def test_a_difference_changes_no_figure_of_the_station(desk: Desk):
    account = next(_accounts())
    desk.sale(account, 7_260)
    desk.book.paid("", account, 9_999)
    desk.take()
    before = _figures(desk)
    desk.run()
    desk.counter.post()
    assert _figures(desk) == before


def _figures(desk: Desk) -> dict[str, int]:
    from hq_server.ledger.queries import station_balances

    with desk.engine.connect() as connection:
        return {
            f"{ledger.account.name}:{ledger.party}": fen for ledger, fen in station_balances(connection, CODE).items()
        }


def test_a_line_found_in_the_next_days_file_closes_the_earlier_difference(desk: Desk):
    account = next(_accounts())
    late = desk.sale(account, 7_260)
    other = desk.sale("5107800098", 100)
    desk.told(other, "5107800098", 100)
    desk.take()
    assert desk.run().breaks == {"OURS_ONLY": 1}

    desk.book.rows.clear()
    desk.told(late, account, 7_260)
    desk.take(day=TOMORROW)
    assert desk.run(TOMORROW).breaks == {"CUTOFF_SHIFT": 1}

    with desk.engine.connect() as connection:
        assert break_rows(connection, "SCDL", None, TODAY) == []
    assert desk.run(TODAY).breaks == {}, "the sale belongs to the neighbour's finding now, and stays so"


def test_the_file_ends_an_unknown_payment_and_captures_its_credit(desk: Desk):
    account = next(_accounts())
    unknown = desk.sale(account, 7_260, outcome=None)
    desk.told(unknown, account, 7_260)
    desk.take()
    assert _figures(desk)["CREDIT_HELD:"] == 7_260

    result = desk.run()
    desk.counter.post()

    assert result.unknown_ended == 1
    assert "CREDIT_HELD:" not in _figures(desk)
    assert _figures(desk)[f"{Account.BILLER_PAYABLE.name}:SCDL"] == 7_260
    answers = [fact for fact in desk.counter.told(BillerAnswered) if fact.payment_seq == unknown]
    assert [(a.outcome, a.source) for a in answers] == [(Outcome.CONFIRMED, AnswerSource.SETTLEMENT_FILE)]


def test_totals_that_disagree_refuse_the_whole_file_and_are_counted(desk: Desk):
    account = next(_accounts())
    seq = desk.sale(account, 7_260)
    desk.told(seq, account, 7_260)
    with pytest.raises(RefusedError) as refused:
        desk.take(wrong_total=1)
    assert refused.value.code == "file_file_total_mismatch"
    assert desk.rows(settlement_lines) == []
    with pytest.raises(RefusedError, match="no settlement file"):
        desk.run()
    (desk.book.folder / "SCDL_20261123_1.txt").unlink()
    desk.take()
    assert desk.run().breaks == {"FILE_TOTAL_MISMATCH": 1}
    assert [row.state for row in desk.rows(received_files)] == ["REFUSED", "ACCEPTED"]


def test_the_same_file_or_number_is_not_taken_twice(desk: Desk):
    account = next(_accounts())
    seq = desk.sale(account, 7_260)
    desk.told(seq, account, 7_260)
    desk.take()
    with pytest.raises(RefusedError, match="received before"):
        desk.take()
    desk.book.paid("", "5107800097", 5)
    with pytest.raises(RefusedError, match="needs a new number"):
        desk.take()
    assert len(desk.rows(settlement_lines)) == 1


def test_a_file_without_its_flag_or_with_another_name_is_left_alone(desk: Desk):
    path = desk.book.write()
    (desk.book.folder / f"{path.name}.ok").unlink()
    with pytest.raises(RefusedError, match=r"no \.ok flag"):
        import_file(desk.engine, FINANCE, path, NOON)
    with pytest.raises(RefusedError, match="not of the form"):
        import_file(desk.engine, FINANCE, path.rename(desk.book.folder / "settlement.csv"), NOON)
    with pytest.raises(RefusedError, match="cannot be read"):
        import_file(desk.engine, FINANCE, desk.book.folder / "gone" / "SCDL_20261123_1.txt", NOON)


def test_gb18030_is_read_as_well(desk: Desk):
    account = next(_accounts())
    seq = desk.sale(account, 7_260)
    desk.told(seq, account, 7_260)
    desk.book.paid("备注㐂", "5107800097", 5)
    desk.take(encoding="gb18030")
    assert desk.run().breaks == {"THEIRS_ONLY": 1}
    assert "备注㐂" in {row.our_no for row in desk.rows(settlement_lines)}


def test_a_pair_that_looks_alike_is_shown_to_a_person_and_never_matched(desk: Desk):
    account = next(_accounts())
    desk.sale(account, 7_260)
    desk.book.paid("", account, 7_260)
    desk.book.rows[-1][3] = "20261123120300"
    desk.take()
    result = desk.run()
    assert result.breaks == {"OURS_ONLY": 1, "THEIRS_ONLY": 1}
    assert [(pair.account_no, pair.apart_s) for pair in result.suggestions] == [(account, 180)]


def test_a_break_is_carried_in_suspense_after_three_days(desk: Desk):
    desk.sale(next(_accounts()), 7_260)
    desk.book.paid("", "5107800097", 5)
    desk.take()
    desk.run()
    with desk.engine.connect() as connection:
        assert {row.break_class for row in break_rows(connection, "SCDL", None, TODAY)} == {"OURS_ONLY", "THEIRS_ONLY"}
        late = break_rows(connection, "SCDL", None, TODAY + timedelta(days=4))
    assert {(row.break_class, row.age_days) for row in late} == {("SUSPENSE", 4)}


def test_a_day_that_is_fetched_from_several_machines_ends_in_the_same_findings_and_cases(desk: Desk):
    """As where Citus is present: the passes work on copies, and what they found or closed is carried back."""
    account = _accounts()
    matched, late, wrong = (desk.sale(next(account), fen) for fen in (7_260, 1_000, 2_000))
    desk.told(matched, "5107800010", 7_260)
    desk.told(wrong, "5107800012", 2_500)
    desk.book.paid("", "5107800099", 6_000)
    desk.take()
    first = desk.run()
    tables = (recon_findings, recon_stations, break_cases)
    before = {table.name: sorted(map(str, desk.rows(table))) for table in tables}
    assert before["recon_findings"]

    with seems_distributed(desk.engine):
        with desk.engine.connect() as connection:
            assert is_distributed(connection)
        assert desk.run() == first
        assert {table.name: sorted(map(str, desk.rows(table))) for table in tables} == before

        desk.book.rows.clear()
        desk.told(late, "5107800011", 1_000)
        desk.take(day=TOMORROW)
        desk.run(TOMORROW)
        closed = [row for row in desk.rows(recon_findings) if row.payment_seq == late and row.run_date == TODAY]
        assert [row.closed_by_date for row in closed] == [TOMORROW]
