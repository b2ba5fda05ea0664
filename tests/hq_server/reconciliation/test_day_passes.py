"""The passes in SQL, on rows of books and files as they lie in the database: each class, any order of runs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, select, text

from hq_server.db import make_engine
from hq_server.db.break_tables import break_cases, break_events
from hq_server.db.file_tables import received_files
from hq_server.db.ledger_tables import payments
from hq_server.db.reconciliation_tables import recon_days, recon_findings, recon_stations, settlement_lines
from hq_server.files.rows import LineKind, LineStatus
from hq_server.hq_journal import HqJournal
from hq_server.reconciliation.day_at_hand import day_at_hand
from hq_server.reconciliation.day_run import DayResult, find, reconcile
from hq_server.reconciliation.discrepancy import OurSale, SaleStatus, TheirLine
from hq_server.reconciliation.importing import pseudo_station
from hq_server.reconciliation.matched import IS_MATCHED
from hq_server.reconciliation.matching import BillerDay, match_day
from station_journal.payment import PaymentStatus
from tests.hq_server.conftest import fresh_database

DAY = date(2026, 11, 23)
NEXT = DAY + timedelta(days=1)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BILLER = "SCDL"


@dataclass
class Books:
    """A biller's sales and files as rows, without the stations and the biller that would make them."""

    engine: Engine
    sales: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def sale(self, seq: int, fen: int, station: str = "ST-1", day: date = DAY, **changes: Any) -> str:
        row = {
            **dict.fromkeys((c.name for c in payments.c if c.type.python_type is int and c.name != "seq"), 0),
            **dict.fromkeys(("bill_no", "bill_period", "payer_name", "biller_no", "reason", "invoice_no"), ""),
            "station_code": station,
            "seq": seq,
            "recorded_at": NOON + timedelta(days=(day - DAY).days, minutes=seq),
            "business_date": day,
            "biller_code": BILLER,
            "account_no": f"51078{seq:05d}",
            "amount_fen": fen,
            "offline": False,
            "status": int(PaymentStatus.CONFIRMED),
            "digest_hex": f"{seq:08x}",
        } | changes
        self.sales[station, seq] = row
        with self.engine.begin() as connection:
            connection.execute(insert(payments).values(row))
        return f"{station}-{seq:06d}-{seq:08x}"

    def line(self, our_no: str, fen: int, account: str, day: date = DAY, file_seq: int = 1, **changes: Any) -> None:
        code, _, seq = our_no.rpartition("-")[0].rpartition("-")
        row = {
            "station_code": code if seq else pseudo_station(BILLER),
            "payment_seq": int(seq) if seq else None,
            "biller_code": BILLER,
            "business_date": day,
            "file_seq": file_seq,
            "line_seq": sum(1 for one in self.lines if (one["business_date"], one["file_seq"]) == (day, file_seq)) + 1,
            "our_no": our_no,
            "biller_no": f"N{len(self.lines):06d}",
            "account_no": account,
            "at": NOON + timedelta(days=(day - DAY).days),
            "kind": "PAY",
            "amount_fen": fen,
            "status": "SUCCESS",
            "fee_fen": None,
            "batch_no": "",
        } | changes
        self.lines.append(row)
        with self.engine.begin() as connection:
            connection.execute(insert(settlement_lines).values(row))
            if row["payment_seq"] is not None:
                connection.execute(_COUNTED, row)

    def file(self, day: date = DAY, file_seq: int = 1) -> None:
        row = {
            "sha256": f"{day}{file_seq}",
            "file_name": f"{day}-{file_seq}",
            "purpose": "BILLER",
            "party_code": BILLER,
            "business_date": day,
            "file_seq": file_seq,
            "profile_name": "default",
            "profile_version": 1,
            "state": "ACCEPTED",
            "line_count": 0,
            "amount_fen": 0,
            "net_fen": 0,
            "fee_fen": 0,
            "byte_count": 0,
            "imported_by": 31,
            "imported_at": NOON,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(received_files).values(row))

    def run(self, day: date = DAY) -> DayResult:
        result = reconcile(self.engine, JOURNAL, BILLER, day, NOON)
        table = recon_days.c
        noted = select(table.sale_count, table.amount_fen, table.status_sum).where(table.run_date == day)
        assert self.rows(noted) == self.rows(text(_DAY_COUNTED).bindparams(day=day))
        self.check_stations(day)
        return result

    def check_stations(self, day: date = DAY) -> None:
        """What a run notes of each station is derived from what it left over: hold it against the sales themselves."""
        table = recon_stations.c
        noted = select(table.station_code, table.upto_seq, table.sale_count, table.amount_fen).where(
            table.run_date == day
        )
        assert sorted(self.rows(noted)) == sorted(self.rows(text(_STATIONS_COUNTED).bindparams(day=day)))

    def rows(self, query: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(query))

    def matched(self) -> set[int]:
        return {seq for (seq,) in self.rows(text(f"SELECT p.seq FROM payments p WHERE {IS_MATCHED}"))}


_COUNTED = text("""
    INSERT INTO settlement_line_counts
    SELECT station_code, biller_code, business_date, file_seq, count(*), sum(amount_fen), min(payment_seq),
        max(payment_seq), count(*) > count(DISTINCT payment_seq)
    FROM settlement_lines WHERE (station_code, biller_code, business_date, file_seq)
        = (:station_code, :biller_code, :business_date, :file_seq) GROUP BY 1, 2, 3, 4
    ON CONFLICT (station_code, biller_code, business_date, file_seq) DO UPDATE SET line_count = EXCLUDED.line_count,
        amount_fen = EXCLUDED.amount_fen, first_seq = EXCLUDED.first_seq, last_seq = EXCLUDED.last_seq,
        may_repeat = EXCLUDED.may_repeat
""")
_DAY_COUNTED = """
    SELECT count(*), coalesce(sum(amount_fen), 0), coalesce(sum(status * status), 0) FROM payments
    WHERE biller_code = 'SCDL' AND business_date = :day
"""
_STATIONS_COUNTED = """
    SELECT station_code, max(seq), count(*), sum(amount_fen) FROM payments
    WHERE biller_code = 'SCDL' AND business_date = :day GROUP BY 1
"""
JOURNAL = HqJournal(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


_TABLES = (
    "payments, received_files, settlement_lines, settlement_line_counts, recon_findings, recon_stations, recon_days, "
    "recon_due, "
    "break_cases, break_events, gateway_requests"
)


@pytest.fixture(scope="module")
def one_engine(postgres_url: str) -> Iterator[Engine]:
    """One database for the file, since each of its tests needs few rows."""
    with fresh_database(postgres_url) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def books(one_engine: Engine) -> Books:
    with one_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {_TABLES}"))
    return Books(one_engine)


def open_cases(books: Books) -> Counter[str]:
    return Counter(row[0] for row in books.rows(select(break_cases.c.break_class).where(break_cases.c.state == "OPEN")))


class TestWithoutANumberOfOurs:
    def test_a_line_is_matched_by_the_billers_number(self, books: Books) -> None:
        books.sale(1, 500, biller_no="X1")
        books.line("", 500, "5107800001", biller_no="X1")
        books.file()
        assert books.run().breaks == {}
        assert books.matched() == {1}

    def test_the_only_pair_of_account_and_amount_is_matched(self, books: Books) -> None:
        books.sale(1, 500)
        books.line("", 500, "5107800001")
        books.file()
        assert books.run().breaks == {}
        assert books.matched() == {1}
        assert books.rows(select(recon_findings.c.match_key)) == [("UNIQUE",)]

    def test_a_pair_whose_numbers_differ_is_never_matched(self, books: Books) -> None:
        books.sale(1, 500, biller_no="X1")
        books.line("", 500, "5107800001", biller_no="X2")
        books.file()
        result = books.run()
        assert result.breaks == {"OURS_ONLY": 1, "THEIRS_ONLY": 1}
        assert books.matched() == set()
        assert len(result.suggestions) == 1

    def test_an_unknown_outcome_is_not_ended_by_likeness(self, books: Books) -> None:
        books.sale(1, 500, status=int(PaymentStatus.HELD))
        books.line("", 500, "5107800001")
        books.file()
        result = books.run()
        assert (result.unknown_ended, result.breaks) == (0, {"OURS_ONLY": 1, "THEIRS_ONLY": 1})

    def test_several_alike_are_for_a_person(self, books: Books) -> None:
        for seq in (1, 2):
            books.sale(seq, 500, account_no="5107800001")
        books.line("", 500, "5107800001")
        books.file()
        assert books.run().breaks == {"AMBIGUOUS": 3}
        assert books.matched() == set()

    def test_one_line_that_sums_several_sales_of_an_account_is_matched_as_a_sum(self, books: Books) -> None:
        for seq, fen in ((1, 500), (2, 700)):
            books.sale(seq, fen, account_no="5107800001")
        books.line("", 1_200, "5107800001")
        books.file()
        assert books.run().breaks == {}
        assert books.matched() == {1, 2}

    def test_many_to_many_is_matched_by_the_settlement_batch(self, books: Books) -> None:
        for seq, fen in ((1, 500), (2, 700), (3, 900)):
            books.sale(seq, fen)
        with books.engine.begin() as connection:
            for seq in (1, 2, 3):
                connection.execute(
                    text(
                        "INSERT INTO gateway_requests (station_code, kind, seq, payment_seq, our_no, biller_code, "
                        "account_no, bill_no, amount_fen, state, next_at, created_at, outcome, run_no) VALUES ('ST-1', "
                        "'PAY', :seq, :seq, '', 'SCDL', '', '', 1, 'ANSWERED', now(), now(), 'CONFIRMED', :run)"
                    ),
                    {"seq": seq, "run": 7 if seq < 3 else 8},
                )
        for fen, batch in ((600, "7"), (600, "7"), (950, "8")):
            books.line("", fen, "", batch_no=batch)
        books.file()
        assert books.run().breaks == {"OURS_ONLY": 1, "THEIRS_ONLY": 1}
        assert books.matched() == {1, 2}

    def test_money_given_back_without_a_number_stays_open(self, books: Books) -> None:
        books.line("", 3_000, "5107800009", kind="REV")
        books.file()
        assert books.run().breaks == {"UNIDENTIFIED_CREDIT": 1}

    def test_a_column_of_zeros_is_no_number(self, books: Books) -> None:
        with books.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO settlement_lines (station_code, biller_code, business_date, file_seq, line_seq, "
                    "our_no, biller_no, account_no, at, kind, amount_fen, status) SELECT 'BILLER:SCDL', 'SCDL', "
                    "'2026-11-23', 9, n, '', '0', 'A' || n, now(), 'PAY', n, 'SUCCESS' FROM generate_series(1, 300) n"
                )
            )
        books.file()
        assert books.run().breaks == {"THEIRS_ONLY": 300}


class TestWithANumberOfOurs:
    def test_a_fee_that_differs_is_a_break_and_one_not_stated_is_none(self, books: Books) -> None:
        for seq in (1, 2, 3):
            books.line(books.sale(seq, 500, fee_fen=50), 500, f"51078{seq:05d}", fee_fen={1: None, 2: 50, 3: 60}[seq])
        books.file()
        assert books.run().breaks == {"FEE_MISMATCH": 1}
        assert books.matched() == {1, 2}

    def test_the_same_line_twice_is_found_although_both_are_equal_to_the_sale(self, books: Books) -> None:
        number = books.sale(1, 500)
        for _ in range(2):
            books.line(number, 500, "5107800001", biller_no="X1")
        books.file()
        assert books.run().breaks == {"DUPLICATE_THEIRS": 1}
        assert books.matched() == {1}

    @pytest.mark.parametrize(
        ("first", "second", "twice"), [((1, 2), (3,), 0), ((1, 3), (2,), 0), ((1, 3), (2, 3), 1), ((3, 2), (1, 2), 1)]
    )
    def test_a_line_that_a_second_file_repeats_is_found(
        self, books: Books, first: tuple[int, ...], second: tuple[int, ...], twice: int
    ) -> None:
        numbers = {seq: books.sale(seq, 500) for seq in (1, 2, 3)}
        for file_seq, seqs in ((1, first), (2, second)):
            for seq in seqs:
                books.line(numbers[seq], 500, f"51078{seq:05d}", biller_no=f"X{seq}", file_seq=file_seq)
            books.file(file_seq=file_seq)
        assert books.run().breaks == ({"DUPLICATE_THEIRS": twice} if twice else {})

    def test_the_number_of_another_history_of_the_station_is_not_ours(self, books: Books) -> None:
        books.sale(1, 500)
        books.line("ST-1-000001-deadbeef", 500, "5107800001")
        books.file()
        assert books.run().breaks == {"OURS_ONLY": 1, "THEIRS_ONLY": 1}

    def test_the_billers_number_told_for_two_sales_is_a_duplicate_of_ours(self, books: Books) -> None:
        books.line(books.sale(1, 500, biller_no="X1"), 500, "5107800001", biller_no="X1")
        books.sale(2, 500, biller_no="X1")
        books.file()
        assert books.run().breaks == {"DUPLICATE_OURS": 1}

    def test_a_sale_of_an_offline_week_is_found_in_a_file_weeks_later(self, books: Books) -> None:
        number = books.sale(1, 500, day=DAY - timedelta(days=12))
        books.file(DAY - timedelta(days=12))
        assert books.run(DAY - timedelta(days=12)).breaks == {"OURS_ONLY": 1}
        books.line(number, 500, "5107800001")
        books.file()
        assert books.run().breaks == {"CUTOFF_SHIFT": 1}
        assert open_cases(books) == {}
        assert books.matched() == {1}


class TestRunningAgain:
    def test_a_late_station_closes_what_was_theirs_only_and_the_trail_stays(self, books: Books) -> None:
        books.line("ST-1-000001-00000001", 500, "5107800001")
        books.file()
        assert books.run().breaks == {"THEIRS_ONLY": 1}
        assert open_cases(books) == {"THEIRS_ONLY": 1}
        books.sale(1, 500)
        assert books.run().breaks == {}
        assert open_cases(books) == {}
        (case,) = books.rows(select(break_cases))
        assert (case.state, case.closed_by) == ("EXPLAINED", "2026-11-23")
        assert [row.kind for row in books.rows(select(break_events))] == ["EXPLAINED"]

    def test_again_changes_no_case_and_adds_nothing_to_the_trail(self, books: Books) -> None:
        books.line(books.sale(1, 500), 400, "5107800001")
        books.sale(2, 500)
        books.line("", 77, "5107800099")
        books.file()
        first = books.run()
        before = books.rows(select(break_cases).order_by(break_cases.c.case_no))
        assert books.run() == first
        assert books.rows(select(break_cases).order_by(break_cases.c.case_no)) == before
        assert books.rows(select(break_events)) == []
        assert {case.owner_no for case in before} == {31}

    def test_a_second_file_of_the_day_changes_the_case_it_is_about(self, books: Books) -> None:
        number = books.sale(1, 500)
        books.file()
        books.run()
        books.line(number, 400, "5107800001", file_seq=2)
        books.file(file_seq=2)
        assert books.run().breaks == {"AMOUNT_MISMATCH": 1}
        (case,) = books.rows(select(break_cases))
        assert (case.break_class, case.difference_fen, case.state) == ("AMOUNT_MISMATCH", -100, "OPEN")
        (event,) = books.rows(select(break_events))
        assert (event.kind, event.details["was"], event.details["is"]) == ("CHANGED", "OURS_ONLY", "AMOUNT_MISMATCH")

    def test_the_order_in_which_days_are_run_does_not_matter(self, books: Books) -> None:
        late = books.sale(1, 500)
        early = books.sale(2, 600, day=NEXT)
        books.line(late, 500, "5107800001", day=NEXT)
        books.line(early, 600, "5107800002", day=DAY)
        books.file(DAY)
        books.file(NEXT)
        ends = set()
        for order in ((DAY, NEXT), (NEXT, DAY), (DAY, NEXT, DAY), (NEXT, NEXT, DAY, NEXT)):
            for day in order:
                books.run(day)
            assert open_cases(books) == {}
            ends.add(frozenset(books.matched()))
        assert ends == {frozenset({1, 2})}

    def test_a_sale_that_comes_late_below_others_lines_is_matched_only_by_the_next_run(self, books: Books) -> None:
        for number in (books.sale(1, 500), "ST-1-000002-00000002", "ST-1-000003-00000003"):
            books.line(number, 500, f"51078{number[-5:]}")
        books.file()
        assert books.run().breaks == {"THEIRS_ONLY": 2}
        books.sale(2, 500)
        assert books.matched() == {1}
        assert books.run().breaks == {"THEIRS_ONLY": 1}
        assert books.matched() == {1, 2}

    def test_a_sale_that_comes_after_the_run_is_not_matched_by_it(self, books: Books) -> None:
        books.line(books.sale(1, 500), 500, "5107800001")
        books.file()
        books.run()
        books.sale(2, 500)
        assert books.matched() == {1}


@pytest.mark.parametrize(("seed", "numbers"), [(0, 12), (1, 12), (2, 12), (3, 60), (4, 600), (5, 600)])
def test_the_passes_find_what_the_rule_finds_on_the_whole_day(books: Books, seed: int, numbers: int) -> None:
    """Few distinct keys repeat, cross and contradict each other, many do not; accounts differ, so none looks alike."""
    draw = random.Random(seed)
    for seq in range(1, 25):
        number = draw.choice(["", f"X{draw.randrange(numbers)}"])
        status = draw.choice([1, 2, 2, 2, 3, 4])
        books.sale(seq, draw.choice([100, 200]), f"ST-{seq % 3}", biller_no=number, status=status, fee_fen=10)
    keys = list(books.sales)
    for n in range(24):
        station, seq = draw.choice(keys)
        account = draw.choice([books.sales[station, seq]["account_no"]] * 3 + [f"other{n}"])
        ours = draw.choice([f"{station}-{seq:06d}-{seq:08x}"] * 2 + [""])
        kind, said = draw.choice([("PAY", "SUCCESS")] * 3 + [("REV", "SUCCESS"), ("PAY", "FAILED")])
        account = account if ours else f"other{n}"  # no two look alike, which the rule does not know
        theirs, fee = f"X{draw.randrange(numbers)}", draw.choice([None, 10, 30])
        fen, file_seq = draw.choice([100, 200]), draw.choice([1, 1, 2])
        books.line(ours, fen, account, biller_no=theirs, kind=kind, status=said, fee_fen=fee, file_seq=file_seq)
    books.file()
    expected = Counter(
        (one.break_class.value, one.sale.our_no if one.sale else "", one.difference_fen)
        for one in match_day(_whole_day(books))
    )
    with books.engine.begin() as connection, day_at_hand(connection, BILLER, DAY):
        find(connection, BILLER, DAY)
    books.check_stations()
    rows = books.rows(select(recon_findings))
    found = Counter((row.break_class, row.our_no if row.payment_seq else "", row.difference_fen) for row in rows)
    likeness = {"AMBIGUOUS"}
    alone = Counter(row[0] for row in books.rows(select(recon_findings.c.match_key)))
    assert not likeness & {name for name, _, _ in found}
    assert not alone.keys() & {"UNIQUE", "BATCH_SUM"}
    assert {key: n for key, n in found.items() if key[0] != "MATCHED"} == {
        key: n for key, n in expected.items() if key[0] != "MATCHED"
    }


def _whole_day(books: Books) -> BillerDay:
    words = {1: SaleStatus.HELD, 2: SaleStatus.CAPTURED, 3: SaleStatus.DECLINED, 4: SaleStatus.REVERSED}
    sales = [
        OurSale(
            code,
            f"{code}-{seq:06d}-{row['digest_hex']}",
            row["biller_no"] or None,
            row["account_no"],
            row["amount_fen"],
            words[row["status"]],
            DAY,
            row["recorded_at"],
            row["fee_fen"],
        )
        for (code, seq), row in books.sales.items()
    ]
    lines = [
        TheirLine(
            DAY,
            row["file_seq"],
            row["line_seq"],
            row["our_no"] or None,
            row["biller_no"],
            row["account_no"],
            row["at"],
            LineKind(row["kind"]),
            row["amount_fen"],
            LineStatus(row["status"]),
            row["fee_fen"],
        )
        for row in books.lines
    ]
    return BillerDay(DAY, sales, lines)
