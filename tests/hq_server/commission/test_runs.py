"""A month of commission over the real ledger: what is matched earns once, and every fen is explained."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hq_server.commission.agreements import Agreement, enter_agreement
from hq_server.commission.queries import month_lines
from hq_server.commission.runs import RunTotals, approve_and_state, list_month, totals, write_pay_file
from hq_server.commission.tax import TaxRegime
from hq_server.reference.working_days import YearList, seeded_table
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger
from station_journal.records import CommissionStated, ReversalAnswered, ReversalReason, ReversalRequested
from tests.hq_server.counter_side import CODE, FINANCE
from tests.hq_server.people import MAKER
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW, Desk

NOVEMBER, DECEMBER = 202611, 202612
CALENDAR = seeded_table().with_year(YearList(2027, frozenset(), frozenset(), "a list made for the test"))


class Month(Desk):
    """A desk with an agreement on file, and the two people of a commission run."""

    def __init__(self, engine: Engine, folder: Path, regime: TaxRegime = TaxRegime.LABOUR_WITHHOLDING):
        super().__init__(engine, folder)
        with engine.begin() as connection:
            terms = Agreement(CODE, date(2026, 1, 1), "张三", "62179900022", regime)
            enter_agreement(connection, MAKER, terms, self.clock())

    def list(self, month: int = NOVEMBER, by=MAKER) -> RunTotals:
        with self.engine.begin() as connection:
            return list_month(connection, by, month, CALENDAR, self.clock(), early=True)

    def approve(self, month: int = NOVEMBER, by=FINANCE) -> RunTotals:
        with self.engine.begin() as connection:
            made = approve_and_state(connection, self.counter.journal, by, month, self.clock())
        self.counter.post()
        return made

    def pay_file(self, month: int = NOVEMBER):
        with self.engine.begin() as connection:
            return write_pay_file(connection, FINANCE, month, self.clock())

    def lines(self, month: int = NOVEMBER):
        with self.engine.connect() as connection:
            return month_lines(connection, month)

    def fen(self, account: Account) -> int:
        from hq_server.ledger.queries import station_balances

        with self.engine.connect() as connection:
            return station_balances(connection, CODE).get(Ledger(account), 0)


@pytest.fixture
def month(engine: Engine, tmp_path: Path) -> Month:
    return Month(engine, tmp_path)


def _sold_and_matched(month: Month, *amounts: int) -> list[int]:
    seqs = []
    for number, fen in enumerate(amounts, 10):
        account = f"51078000{number}"
        seqs.append(month.sale(account, fen))
        month.told(seqs[-1], account, fen)
    month.take()
    month.run()
    return seqs


def test_matched_sales_earn_and_the_statement_reaches_the_station(month: Month):
    _sold_and_matched(month, 20_000_00, 30_460)
    month.sale("5107800099", 99_999)  # not in the file: waits
    made = month.list()

    (line,) = month.lines()
    assert (line.item_count, line.base_fen) == (2, 2_030_460)
    assert line.formula.endswith(f"= {line.commission_fen / 100:.2f}")
    assert (made.gross_fen, made.waiting) == (line.commission_fen, 1)
    assert (made.list_due, made.pay_due) == (date(2026, 12, 15), date(2026, 12, 18))

    month.approve()
    (stated,) = month.counter.told(CommissionStated)
    assert (stated.month, stated.gross_fen, stated.tax_fen) == (NOVEMBER, made.gross_fen, made.tax_fen)
    assert stated.lines[0].rate_version
    assert month.fen(Account.COMMISSION_PAYABLE) == made.net_fen
    assert month.fen(Account.TAX_WITHHELD) == made.tax_fen


def test_a_sale_earns_once_and_what_matches_late_earns_later(month: Month):
    _sold_and_matched(month, 100_000)
    late = month.sale("5107800098", 50_000)
    first = month.list()
    with pytest.raises(RefusedError, match="made already"):
        month.list()
    month.book.rows.clear()
    month.told(late, "5107800098", 50_000)
    month.take(day=TOMORROW)
    month.run(TODAY)
    month.run(TOMORROW)
    second = month.list(DECEMBER)
    assert first.gross_fen > 0
    assert [(line.item_count, line.base_fen) for line in month.lines(DECEMBER)] == [(1, 50_000)]
    assert second.gross_fen == month.lines(DECEMBER)[0].commission_fen


def test_a_reversal_after_the_run_is_taken_back_once_and_never_collected(month: Month):
    (seq,) = _sold_and_matched(month, 100_000)
    earned = month.list().gross_fen
    month.counter.send(ReversalRequested(seq, ReversalReason.WRONG_AMOUNT))
    month.answer(ReversalAnswered(seq, accepted=True, reason=""))
    december = month.list(DECEMBER)
    assert december.gross_fen == 0
    assert [line.commission_fen for line in month.lines(DECEMBER)] == [-earned]
    january = month.list(202701)
    assert (january.gross_fen, month.lines(202701)) == (0, [])


def test_the_maker_cannot_approve_and_only_one_approval_counts(month: Month):
    _sold_and_matched(month, 100_000)
    month.list()
    with pytest.raises(RefusedError):
        month.approve(by=MAKER)
    month.approve()
    with pytest.raises(RefusedError, match="does not wait for approval"):
        month.approve()
    assert len(month.counter.told(CommissionStated)) == 1


def test_the_pay_file_pays_the_net_and_is_the_same_bytes_again(month: Month):
    _sold_and_matched(month, 4_000_000)
    made = month.list()
    with pytest.raises(RefusedError, match="not approved"):
        month.pay_file()
    month.approve()
    file = month.pay_file()
    assert file.net_fen == made.net_fen == made.gross_fen - made.tax_fen
    assert "62179900022|张三" in file.content.decode("gb18030")
    assert month.pay_file().content == file.content


def test_business_income_is_not_paid_without_its_invoice(engine: Engine, tmp_path: Path):
    month = Month(engine, tmp_path, TaxRegime.BUSINESS_INVOICE)
    _sold_and_matched(month, 100_000)
    made = month.list()
    assert made.tax_fen == 0
    month.approve()
    with pytest.raises(RefusedError, match="invoice"):
        month.pay_file()


def test_a_station_without_a_payee_account_stops_the_list_and_nothing_is_kept(engine: Engine, tmp_path: Path):
    desk = Desk(engine, tmp_path)
    _sold_and_matched(desk, 100_000)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="no payee account"), engine.begin() as connection:
        list_month(connection, MAKER, NOVEMBER, seeded_table(), desk.clock(), early=True)
    with pytest.raises(RefusedError, match="no commission list"), engine.begin() as connection:
        totals(connection, NOVEMBER)


@pytest.mark.parametrize(
    ("at", "ended"),
    [
        (datetime(2026, 11, 30, 14, 59, tzinfo=UTC), False),  # 22:59 in Shanghai
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), True),  # a sale now carries 1 December
    ],
)
def test_a_month_that_goes_on_is_listed_only_when_it_is_asked_for(month: Month, at: datetime, *, ended: bool):
    def listed(**wish: bool) -> RunTotals:
        with month.engine.begin() as connection:
            return list_month(connection, MAKER, NOVEMBER, CALENDAR, at, **wish)

    if not ended:
        with pytest.raises(RefusedError, match="202611 has not ended"):
            listed()
    assert listed(early=not ended).state == "LISTED"
