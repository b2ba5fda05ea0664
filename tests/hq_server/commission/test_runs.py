"""A month of commission over the real ledger: what is matched earns once, and every fen is explained."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, text

from hq_server.commission import branch_figures as branch
from hq_server.commission.agreements import Agreement, decide_agreement, enter_agreement
from hq_server.commission.invoices import enter_invoice
from hq_server.commission.paying import PaidMonth, pay_month
from hq_server.commission.queries import month_lines, month_parts
from hq_server.commission.runs import RunTotals, list_month, recompute, totals
from hq_server.commission.stating import approve_month, state_approved
from hq_server.commission.tax import TaxRegime
from hq_server.db.ledger_tables import payments
from hq_server.db.reference_tables import staff, tariffs
from hq_server.distribution import file_registration
from hq_server.ledger.queries import station_balances
from hq_server.payment_orders.bank_file import known_profiles
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.working_days import YearList, seeded_table
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger
from station_journal.facts.commission import DISTRIBUTION_PRODUCT, INSURANCE_PRODUCT, BranchCommissionStated
from station_journal.facts.disputes import (
    CitedSide,
    CorrectedBook,
    CorrectionAnswer,
    CorrectionAnswered,
    CorrectionProposed,
    CorrectionReason,
    DisputeGround,
)
from station_journal.records import CommissionStated, ReversalAnswered, ReversalReason, ReversalRequested
from tests.hq_server.counter_side import BRANCH_HEAD, CODE, FINANCE
from tests.hq_server.people import MAKER, SECOND, product_row
from tests.hq_server.people import tariff as sample_tariff
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW, Desk

NOVEMBER, DECEMBER = 202611, 202612
CALENDAR = seeded_table().with_year(YearList(2027, frozenset(), frozenset(), "a list made for the test"))


def agree(connection: Connection, by: StaffMember, terms: Agreement, now: datetime) -> None:
    """Have terms entered, and approved by a second person."""
    made = enter_agreement(connection, by, terms, now)
    decide_agreement(connection, SECOND, (made.station_code, made.terms_no), now)


class Month(Desk):
    """A desk with an agreement on file, and the two people of a commission run."""

    def __init__(self, engine: Engine, folder: Path, regime: TaxRegime = TaxRegime.LABOUR_WITHHOLDING):
        super().__init__(engine, folder)
        by_invoice = regime is TaxRegime.BUSINESS_INVOICE
        terms = Agreement(CODE, date(2026, 1, 1), "张三", "62179900022", regime, "91510781MA" if by_invoice else "")
        with engine.begin() as connection:
            agree(connection, FINANCE if by_invoice else MAKER, terms, self.clock())

    def list(self, month: int = NOVEMBER, by=MAKER) -> RunTotals:
        with self.engine.begin() as connection:
            return list_month(connection, by, month, CALENDAR, self.clock(), early=True)

    def approve(self, month: int = NOVEMBER, by=FINANCE) -> RunTotals:
        with self.engine.begin() as connection:
            approve_month(connection, by, month, self.clock())
        state_approved(self.engine, self.counter.journal, self.clock)
        assert state_approved(self.engine, self.counter.journal, self.clock) == 0
        self.counter.post()
        with self.engine.connect() as connection:
            return totals(connection, month)

    def pay(self, month: int = NOVEMBER, layout: str = "own") -> PaidMonth:
        with self.engine.begin() as connection:
            return pay_month(connection, FINANCE, month, known_profiles()[layout], self.clock())

    def parts(self, month: int = NOVEMBER):
        with self.engine.connect() as connection:
            return month_parts(connection, month)

    def same_again(self, month: int = NOVEMBER) -> bool:
        with self.engine.connect() as connection:
            return recompute(connection, month).same

    def lines(self, month: int = NOVEMBER):
        with self.engine.connect() as connection:
            return month_lines(connection, month)

    def fen(self, account: Account, party: str = "") -> int:
        with self.engine.connect() as connection:
            return station_balances(connection, CODE).get(Ledger(account, party), 0)


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
        month.pay()
    month.approve()
    paid = month.pay()
    assert paid.order.amount_fen == made.net_fen == made.gross_fen - made.tax_fen
    assert (paid.order.maker_no, paid.order.approver_no) == (MAKER.staff_no, FINANCE.staff_no)
    assert "62179900022|张三" in paid.file.content.decode("gb18030")
    assert month.pay(layout="bank-csv").file.content == paid.file.content
    with month.engine.connect() as connection:
        assert totals(connection, NOVEMBER).state == "PAID"


def test_business_income_is_paid_once_its_invoice_over_the_gross_is_on_file(engine: Engine, tmp_path: Path):
    month = Month(engine, tmp_path, TaxRegime.BUSINESS_INVOICE)
    _sold_and_matched(month, 100_000)
    made = month.list()
    assert made.tax_fen == 0
    month.approve()
    with pytest.raises(RefusedError, match="invoice"):
        month.pay()

    def invoice(amount_fen: int) -> None:
        with engine.begin() as connection:
            enter_invoice(connection, FINANCE, (CODE, NOVEMBER), "2651 2000 0001", amount_fen, month.clock())

    with pytest.raises(RefusedError, match="exactly"):
        invoice(made.gross_fen + 1)
    invoice(made.gross_fen)
    assert month.pay().order.amount_fen == made.gross_fen
    with pytest.raises(RefusedError, match="entered already"):
        invoice(made.gross_fen)


def test_an_account_that_waits_for_a_second_person_is_never_paid_to(month: Month) -> None:
    _sold_and_matched(month, 100_000)
    month.list()
    month.approve()
    with month.engine.begin() as connection:
        terms = Agreement(CODE, date(2026, 11, 1), "李四", "62000000009", TaxRegime.LABOUR_WITHHOLDING)
        enter_agreement(connection, MAKER, terms, month.clock())
    content = month.pay().file.content
    assert b"62179900022" in content
    assert b"62000000009" not in content


def test_only_finance_agrees_to_an_invoice_and_with_a_licence(month: Month):
    def agree(by: StaffMember, licence: str) -> None:
        with month.engine.begin() as connection:
            terms = Agreement(CODE, date(2027, 1, 1), "张三", "1", TaxRegime.BUSINESS_INVOICE, licence)
            enter_agreement(connection, by, terms, month.clock())

    with pytest.raises(RefusedError, match="may not"):
        agree(MAKER, "91510781MA")
    with pytest.raises(RefusedError, match="licence"):
        agree(FINANCE, " ")
    agree(FINANCE, "91510781MA")


def test_a_month_is_the_same_bytes_whatever_comes_after_it(month: Month):
    """Later sales, late files, a reversal, new rates for old days, new terms, a second branch figure, a replay."""
    _sold_and_matched(month, 100_000, 250_000)
    waiting = month.sale("5107800097", 70_000)
    month.list()
    first = month.lines()
    assert month.same_again()

    month.sale("5107800096", 60_000)
    month.book.rows.clear()
    month.told(waiting, "5107800097", 70_000)
    month.take(day=TOMORROW)
    month.run(TODAY)
    month.run(TOMORROW)
    with month.engine.begin() as connection:
        later = product_row(commission={"basis": "per_item", "value": 99, "version": "2026-2"})
        again = sample_tariff("2026-11c", date(2026, 11, 23), later)  # as no desk would publish it: for days gone by
        row = {"tariff_hash": again.hash, "version": again.version, "effective_on": again.effective_on}
        row |= {"document": again.to_bytes(), "published_at": month.clock(), "publisher_no": SECOND.staff_no}
        connection.execute(insert(tariffs).values(row))
        month.clock.step(hours=1)
        terms = Agreement(CODE, date(2026, 11, 1), "李四", "62000000001", TaxRegime.LABOUR_WITHHOLDING)
        agree(connection, MAKER, terms, month.clock())
    counted = month.rows(payments)[0].seq
    month.counter.send(ReversalRequested(counted, ReversalReason.WRONG_AMOUNT))
    month.answer(ReversalAnswered(counted, accepted=True, reason=""))
    assert month.same_again()

    month.list(DECEMBER)
    assert month.same_again()
    assert month.same_again(DECEMBER)
    assert month.lines() == first
    # The old sale is taken back at the rate it was counted by; the one that matched late earns by the rates known now.
    taken, earned = sorted(month.lines(DECEMBER), key=lambda line: line.commission_fen)
    assert (taken.of_month, taken.commission_fen, taken.rate_version) == (NOVEMBER, -36, "2026-1")
    assert (earned.item_count, earned.rate_version, earned.commission_fen) == (1, "2026-2", 99)


def test_a_row_that_was_changed_is_found_when_the_month_is_computed_again(month: Month):
    _sold_and_matched(month, 100_000)
    month.list()
    with month.engine.begin() as connection:
        connection.execute(text("UPDATE commission_lines SET commission_fen = commission_fen + 1"))
    assert not month.same_again()


def test_a_sale_whose_sum_is_disputed_waits_and_earns_once_the_station_has_accepted(month: Month):
    disputed, _ = _sold_and_matched(month, 100_000, 50_000)
    reason, evidence = CorrectionReason.AMOUNT_DIFFERS, b"e" * 32
    cited = (CorrectedBook.CREDIT, CitedSide.STATION, disputed)
    month.answer(
        CorrectionProposed(
            1, *cited, reason, "单据金额不同", 100_000, 90_000, evidence, "x.pdf", MAKER.staff_no, SECOND.staff_no, 0
        )
    )
    made = month.list()
    assert (made.sales, made.disputed, made.gross_fen) == (1, 1, 36)
    month.counter.send(CorrectionAnswered(1, CorrectionAnswer.ACCEPTED, DisputeGround.NOT_GIVEN, ""))
    december = month.list(DECEMBER)
    assert (december.sales, december.disputed, december.gross_fen) == (1, 0, 36)
    assert month.same_again()


DISTRIBUTION = StaffMember(41, "赵六", Role.DISTRIBUTION)
INSURANCE = StaffMember(42, "王五", Role.INS_AGENCY)


class TestWhatABranchPays:
    @pytest.fixture
    def desk(self, month: Month) -> Month:
        with month.engine.begin() as connection:
            for member in (DISTRIBUTION, INSURANCE):
                row = {"staff_no": member.staff_no, "name": member.name, "role": member.role.value}
                connection.execute(insert(staff).values(**row, password_hash="x", created_at=month.clock()))
            for product, rate in (
                (DISTRIBUTION_PRODUCT, '{"basis": "tiers", "tiers": [[2, 500], [0, 800]], "version": "fx-1"}'),
                (INSURANCE_PRODUCT + 1, '{"basis": "ratio", "value": 100000, "version": "bx-1"}'),
            ):
                branch.enter_rate(connection, MAKER, product, date(2026, 1, 1), rate, month.clock())
                branch.decide_rate(connection, SECOND, (product, date(2026, 1, 1)), month.clock())
        return month

    def enter(self, desk: Month, product: int, count: int, base_fen: int) -> int:
        with desk.engine.begin() as connection:
            of = (NOVEMBER, product)
            return branch.enter_figure(
                connection, BRANCH_HEAD, CODE, of, (count, base_fen), "月报", desk.clock()
            ).figure_no

    def decide(self, desk: Month, number: int, by: StaffMember, refusal: str = "") -> None:
        with desk.engine.begin() as connection:
            branch.decide_figure(connection, by, CODE, number, desk.clock(), refusal=refusal)

    def test_is_stated_apart_taxed_together_and_never_in_hqs_pay_file(self, desk: Month):
        _sold_and_matched(desk, 100_000)
        self.decide(desk, self.enter(desk, DISTRIBUTION_PRODUCT, 3, 27_000), DISTRIBUTION)
        refused = self.enter(desk, DISTRIBUTION_PRODUCT, 500, 9_000_000)
        self.decide(desk, refused, DISTRIBUTION, "与到货单不符")
        self.enter(desk, DISTRIBUTION_PRODUCT, 1, 100)  # nobody approved it: it waits
        desk.list()
        goods, bills = desk.parts()
        assert (goods.service_line, goods.paying_unit, goods.gross_fen) == ("DISTRIBUTION", "BRANCH", 1_800)
        assert (bills.service_line, bills.paying_unit, bills.gross_fen) == ("E_COMMERCE", "HQ", 36)
        desk.approve()
        (by_hq,), (by_branch,) = desk.counter.told(CommissionStated), desk.counter.told(BranchCommissionStated)
        assert (by_hq.gross_fen, by_branch.gross_fen) == (36, 1_800)
        assert by_branch.lines[0].formula == "2 x 5.00 + 1 x 8.00 = 18.00"
        assert (desk.fen(Account.COMMISSION_PAYABLE), desk.fen(Account.COMMISSION_PAYABLE, "BRANCH")) == (36, 1_800)
        paid = desk.pay()
        assert (paid.order.item_count, paid.order.amount_fen) == (1, 36)
        assert desk.same_again()

    def test_needs_a_registration_for_insurance_and_taxes_it_by_itself(self, desk: Month):
        with pytest.raises(RefusedError, match="no insurance registration"):
            self.enter(desk, INSURANCE_PRODUCT + 1, 1, 20_000_000)
        with desk.engine.begin() as connection:
            filed = ("ZY-0001", "张三")
            until = date(2026, 12, 31)
            file_registration(connection, desk.counter.journal, INSURANCE, CODE, filed, until, desk.clock())
        desk.counter.post()
        self.decide(desk, self.enter(desk, INSURANCE_PRODUCT + 1, 1, 20_000_000), INSURANCE)
        desk.list()
        (part,) = desk.parts()
        # 20,000.00 in November, with eleven months' 5,000 free: 12,000 - 55,000 is below nothing.
        assert (part.gross_fen, part.tax_fen, part.tax_regime) == (2_000_000, 0, "INSURANCE_AGENT")

    def test_takes_two_people_and_the_right_centre(self, desk: Month):
        number = self.enter(desk, DISTRIBUTION_PRODUCT, 1, 100)
        for wrong in (INSURANCE, MAKER, BRANCH_HEAD):
            with pytest.raises(RefusedError):
                self.decide(desk, number, wrong)
        self.decide(desk, number, DISTRIBUTION)
        with pytest.raises(RefusedError, match="decided before"):
            self.decide(desk, number, DISTRIBUTION)

    def test_is_corrected_by_a_further_figure_and_carried_where_it_is_below_nothing(self, desk: Month):
        self.decide(desk, self.enter(desk, DISTRIBUTION_PRODUCT, 2, 100), DISTRIBUTION)
        desk.list()
        self.decide(desk, self.enter(desk, DISTRIBUTION_PRODUCT, -2, -100), DISTRIBUTION)
        desk.list(DECEMBER)
        (part,) = desk.parts(DECEMBER)
        assert (part.gross_fen, part.carried_out_fen) == (0, -1_000)


def test_a_station_without_a_payee_account_stops_the_list_and_nothing_is_kept(engine: Engine, tmp_path: Path):
    desk = Desk(engine, tmp_path)
    _sold_and_matched(desk, 100_000)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="no approved payee account"), engine.begin() as connection:
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
