"""A month of money at HQ over the real ledger: owed to the line, paid by two people, debited, found at the bank."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import Engine, insert, text

from hq_server.commission import branch_figures
from hq_server.db.file_tables import bank_entries
from hq_server.db.reference_tables import staff
from hq_server.parcels.desk import cod_due
from hq_server.payment_orders import outcomes
from hq_server.payment_orders.bank_file import known_profiles
from hq_server.payment_orders.orders import (
    ItemState,
    Order,
    OrderKind,
    approve_order,
    find_order,
    order_items,
    refuse_order,
    write_order,
)
from hq_server.reference.staff import Role, StaffMember
from hq_server.settlement import bank_side, mandates, payees, windows
from hq_server.settlement.branch_pay import order_branches
from hq_server.settlement.cuts import due_by_station, due_lines
from hq_server.settlement.effects import apply_effects
from hq_server.settlement.hq_books import WholeBooks, bank_position, fee_income, whole_books
from hq_server.settlement.payees import ACCOUNT_OF, Cycle, Payee, PayeeKind
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.facts.commission import DISTRIBUTION_PRODUCT, CommissionPaid
from station_journal.records import CommissionStated, CreditGranted, ReversalAnswered, ReversalReason, ReversalRequested
from tests.factories import parcels
from tests.hq_server.commission.test_runs import CALENDAR, NOVEMBER, Month, _sold_and_matched
from tests.hq_server.counter_side import BRANCH_HEAD, CODE, FINANCE
from tests.hq_server.people import MAKER, NOON, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW

SECOND_FINANCE = StaffMember(32, "赵六", Role.FINANCE)
ACCOUNT = "51001870836050000001"


class Money(Month):
    """The month's desk with payees approved, and a bank that writes a statement."""

    def __init__(self, engine: Engine, folder: Path):
        super().__init__(engine, folder)
        self.bank_rows = 0
        with engine.begin() as connection:
            row = {"staff_no": SECOND_FINANCE.staff_no, "name": SECOND_FINANCE.name, "role": "FINANCE"}
            connection.execute(insert(staff).values(**row, password_hash="x", created_at=NOON))
        self.payee(PayeeKind.BILLER, "SCDL", "四川电力")
        self.payee(PayeeKind.TAX, "", "税务局", Cycle.MONTH, 9)

    def payee(self, kind: PayeeKind, party: str, name: str, cycle: Cycle = Cycle.DAY, days: int = 1) -> None:
        with self.engine.begin() as connection:
            terms = Payee(kind, party, date(2026, 1, 1), name, "5100123", cycle, days)
            payees.name_payee(connection, MAKER, terms, self.clock())
            payees.decide_payee(connection, SECOND, (kind, party, date(2026, 1, 1)), self.clock())

    def settle(self, day: date, by: StaffMember = MAKER) -> windows.DaySettled:
        with self.engine.begin() as connection:
            return windows.settle_date(connection, by, day, CALENDAR, self.clock())

    def order(self, due_on: date, kind: PayeeKind = PayeeKind.BILLER) -> Order:
        with self.engine.begin() as connection:
            return windows.order_due(connection, MAKER, kind, due_on, self.clock())

    def send_to_bank(self, order: Order) -> Order:
        with self.engine.begin() as connection:
            if find_order(connection, order.order_no).state == "PROPOSED":
                approve_order(connection, FINANCE, order.order_no, self.clock())
            write_order(connection, FINANCE, order.order_no, known_profiles()["bank-csv"], self.clock())
            return find_order(connection, order.order_no)

    def result(self, order: Order, *rows: tuple[int, int, str, str]) -> outcomes.ResultTaken:
        with self.engine.begin() as connection:
            taken = outcomes.take_result(connection, FINANCE, result_file(order.reference, *rows), self.clock())
        self.effects()
        return taken

    def effects(self) -> int:
        done = apply_effects(self.engine, self.counter.journal, self.clock())
        self.counter.post()
        return done

    def at_the_bank(self, fen: int, text: str, end_to_end_id: str = "") -> str:
        """The bank books something; gives the line's place."""
        self.bank_rows += 1
        row = {
            "account_no": ACCOUNT,
            "business_date": TODAY,
            "file_seq": 1,
            "row_no": self.bank_rows,
            "entry_no": self.bank_rows,
            "statement_no": "1",
            "booked_on": self.clock().date(),
            "amount_fen": fen,
            "is_reversal": False,
            "bank_no": f"B{self.bank_rows}",
            "end_to_end_id": end_to_end_id,
            "batch_no": "",
            "their_name": "张三",
            "their_account": "1",
            "text": text,
        }
        with self.engine.begin() as connection:
            connection.execute(insert(bank_entries).values(row))
        return f"{ACCOUNT}/{TODAY}/1/{self.bank_rows}"

    def read_statement(self) -> bank_side.BankRun:
        with self.engine.begin() as connection:
            found = bank_side.match_statement(connection, FINANCE, self.clock())
        self.effects()
        with self.engine.begin() as connection:
            bank_side.match_debits(connection, FINANCE, self.clock())
        return found

    def books(self) -> WholeBooks:
        with self.engine.connect() as connection:
            return whole_books(connection)

    def unexplained(self) -> int:
        with self.engine.connect() as connection:
            return bank_position(connection, bank_side.open_lines(connection)[2]).unexplained_fen


def result_file(reference: str, *rows: tuple[int, int, str, str]) -> bytes:
    body = f"H|RESULT|{reference}|1\n" + "".join(f"R|{a}|{b}|{c}|{d}\n" for a, b, c, d in rows)
    data = body.encode("gb18030")
    return data + f"T|{len(rows)}|{hashlib.sha256(data).hexdigest()}\n".encode()


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def test_a_due_is_the_sum_of_its_ledger_lines_and_a_late_station_falls_into_the_next_window(money: Money):
    earlier, _ = _sold_and_matched(money, 100_000, 25_050)
    money.clock.step(days=1)
    money.sale("5107800055", 3_333)  # of the 24th, in the books before the 23rd is settled
    first = money.settle(TODAY).closed[0]
    assert (first.party, first.due_fen, first.line_count) == ("SCDL", 125_050, 2)
    # T+1 of Monday 23 November is Tuesday.
    assert first.due_on == TOMORROW
    assert money.settle(TODAY).closed == (first,)  # again, the same

    money.clock.step(days=-1)
    money.sale("5107800044", 7_777)  # of the 23rd, arriving after it was settled
    money.counter.send(ReversalRequested(earlier, ReversalReason.WRONG_AMOUNT))
    money.answer(ReversalAnswered(earlier, accepted=True, reason=""))
    money.clock.step(days=2)
    second = money.settle(TOMORROW).closed
    of = (ACCOUNT_OF[PayeeKind.BILLER], "SCDL")
    with money.engine.connect() as connection:
        lines = due_lines(connection, of, (first.from_cut, first.to_cut))
        assert sum(line.due_fen for line in lines) == first.due_fen
        assert due_by_station(connection, of, first.from_cut, first.to_cut) == [(CODE, 125_050, 2)]
        later = due_lines(connection, of, (first.to_cut, first.to_cut + 1))
    # The late sale and the next day's, less what was taken back: below nothing, so it is carried.
    assert sum(line.due_fen for line in later) == 7_777 + 3_333 - 100_000
    assert second == ()
    assert {(x.side, x.seq, x.line) for x in lines}.isdisjoint({(x.side, x.seq, x.line) for x in later})


def test_a_date_is_settled_when_it_has_ended_in_order_and_never_into_an_account_nobody_approved(money: Money):
    money.sale("5107800044", 5_000)
    with pytest.raises(RefusedError, match="has not ended"):
        money.settle(TODAY)
    money.clock.step(days=2)
    with pytest.raises(RefusedError, match="may not"):
        money.settle(TODAY, StaffMember(1, "x", Role.SYS_ADMIN))
    money.settle(TOMORROW)
    with pytest.raises(RefusedError, match="settled already"):
        money.settle(TODAY)


def test_an_order_takes_two_people_is_written_once_and_is_never_made_twice(money: Money):
    _sold_and_matched(money, 100_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    order = money.order(TOMORROW)
    assert (order.kind, order.amount_fen, order.state) == (OrderKind.BILLER, 100_000, "PROPOSED")
    with pytest.raises(RefusedError, match="nothing to pay"):
        money.order(TOMORROW)  # its window is on its way
    with money.engine.begin() as connection, pytest.raises(RefusedError, match="not approved"):
        write_order(connection, FINANCE, order.order_no, known_profiles()["own"], money.clock())
    with money.engine.begin() as connection:
        refuse_order(connection, FINANCE, order.order_no, "账号已变", money.clock())
    again = money.order(TOMORROW)
    money.send_to_bank(again)
    with money.engine.begin() as connection, pytest.raises(RefusedError, match="decided before"):
        approve_order(connection, SECOND_FINANCE, again.order_no, money.clock())


def test_a_returned_payment_falls_due_again_and_an_unknown_one_is_ended_by_a_ruling_of_two(money: Money):
    _sold_and_matched(money, 100_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    order = money.send_to_bank(money.order(TOMORROW))
    with pytest.raises(RefusedError, match="another amount"):
        money.result(order, (1, 99_999, "PAID", ""))
    taken = money.result(order, (1, 100_000, "RETURNED", "户名不符"))
    assert (taken.paid, taken.returned, taken.open) == (0, 1, 0)
    assert money.books().fen(Account.BILLER_PAYABLE, "SCDL") == 100_000

    again = money.send_to_bank(money.order(TOMORROW))
    of = (again.order_no, 1)
    with money.engine.begin() as connection:
        outcomes.propose_ruling(connection, MAKER, of, ItemState.PAID, "银行电话查实 2026-118", money.clock())
    with money.engine.begin() as connection, pytest.raises(RefusedError, match="second person"):
        outcomes.decide_ruling(connection, MAKER, of, money.clock())
    with money.engine.begin() as connection:
        outcomes.decide_ruling(connection, SECOND, of, money.clock())
    assert money.effects() == 1
    assert money.effects() == 0
    assert money.books().fen(Account.BILLER_PAYABLE, "SCDL") == 0
    with pytest.raises(RefusedError, match="nothing to pay"):
        money.order(TOMORROW)


@pytest.mark.parametrize(
    "data", [b"", b"H|RESULT|PO000001|1\nT|0|x\n", b"\xff\xfe", b"H|RESULT|PO000001|1\nR|x|1|PAID|\nT|1|"]
)
def test_a_result_file_that_is_none_is_refused_whole(data: bytes):
    with pytest.raises(RefusedError, match="result file is refused"):
        outcomes.read_result(data)


class TestADirectDebit:
    @pytest.fixture
    def signed(self, money: Money) -> Money:
        with money.engine.begin() as connection:
            dates = (date(2026, 1, 1), date(2029, 12, 31))
            terms = mandates.Mandate(CODE, "WT-001", "张三", "62179900022", 200_000, *dates)
            mandates.enter_mandate(connection, MAKER, terms, money.clock())
            mandates.decide_mandate(connection, SECOND, (CODE, "WT-001"), money.clock())
        return money

    def debit(self, money: Money, fen: int) -> Order:
        with money.engine.begin() as connection:
            return mandates.order_debits(connection, MAKER, TOMORROW, [(CODE, fen)], money.clock())

    def test_grants_credit_only_when_the_bank_has_taken_it_and_once(self, signed: Money):
        order = signed.send_to_bank(self.debit(signed, 100_000))
        granted = len(signed.counter.told(CreditGranted))
        assert signed.effects() == 0  # no result: unknown, nothing is granted
        result = (1, 100_000, "PAID", "")
        signed.result(order, result)
        signed.result(order, result)
        grants = signed.counter.told(CreditGranted)
        assert len(grants) == granted + 1
        assert (grants[-1].amount_fen, grants[-1].maker_no, grants[-1].approver_no) == (100_000, 11, 31)
        assert signed.books().agrees
        # The bank's line of the batch brings the money in: what was granted is matched with it.
        clearing = signed.books().fen(Account.BANK_CLEARING)
        signed.at_the_bank(100_000, f"代扣 {order.reference}")
        assert signed.read_statement().orders == 1
        assert signed.books().fen(Account.BANK_CLEARING) == clearing - 100_000
        assert signed.unexplained() == 0

    def test_that_the_bank_returned_grants_nothing_and_may_be_tried_again(self, signed: Money):
        order = signed.send_to_bank(self.debit(signed, 100_000))
        granted = len(signed.counter.told(CreditGranted))
        signed.result(order, (1, 100_000, "RETURNED", "余额不足"))
        assert len(signed.counter.told(CreditGranted)) == granted
        assert signed.send_to_bank(self.debit(signed, 100_000)).subject_seq == 2

    def test_needs_a_mandate_of_two_people_in_force_for_that_sum(self, signed: Money):
        for fen, words in ((49_999, "between"), (200_001, "between")):
            with pytest.raises(RefusedError, match=words):
                self.debit(signed, fen)
        with signed.engine.begin() as connection:
            mandates.end_mandate(connection, MAKER, (CODE, "WT-001"), TODAY, signed.clock())
        with pytest.raises(RefusedError, match="no mandate"):
            self.debit(signed, 50_000)


class TestTheStatement:
    def buy(self, money: Money, fen: int, slip: str) -> int:
        from hq_server import credit
        from tests.hq_server.counter_side import BRANCH_HEAD, CLERK

        with money.engine.begin() as connection:
            made = credit.enter(connection, CLERK, CODE, fen, slip, money.clock())
            credit.approve(connection, money.counter.journal, BRANCH_HEAD, CODE, made.purchase_no, money.clock())
        money.counter.post()
        return made.purchase_no

    def test_brings_a_purchase_in_by_its_slip_and_never_guesses(self, money: Money):
        one = self.buy(money, 60_000, "JK20261123-01")
        two = self.buy(money, 60_000, "JK20261123-02")
        self.buy(money, 70_000, "JK20261123-03")
        money.at_the_bank(60_000, "缴款 JK20261123-01")
        money.at_the_bank(60_000, "缴款")  # which of them? nobody can say from this
        money.at_the_bank(70_001, "缴款 JK20261123-03")  # another sum
        assert money.read_statement().purchases == 1
        assert money.read_statement().purchases == 0
        with money.engine.connect() as connection:
            lines, line_count, _ = bank_side.open_lines(connection)
            waiting, count, fen = bank_side.open_purchases(connection)
        assert (line_count, count, fen) == (2, 2, 130_000)
        assert [x.purchase_no for x in waiting] == [two, two + 1]
        assert one not in [x.purchase_no for x in waiting]
        assert money.unexplained() == 0

        # A person says which; another approves; the sum must be the line's.
        with money.engine.begin() as connection:
            with pytest.raises(RefusedError, match="sum to the line"):
                bank_side.propose_match(connection, MAKER, lines[0].line, [(CODE, two + 1)], "x" * 9, money.clock())
            bank_side.propose_match(connection, MAKER, lines[0].line, [(CODE, two)], "柜员交款单", money.clock())
        with money.engine.begin() as connection, pytest.raises(RefusedError, match="second person"):
            bank_side.decide_match(connection, MAKER, lines[0].line, money.clock())
        with money.engine.begin() as connection:
            assert bank_side.decide_match(connection, SECOND, lines[0].line, money.clock()) == 1
        assert money.unexplained() == 0
        assert money.books().agrees

    def test_two_people_at_once_cannot_give_one_line_to_two_purchases(self, money: Money):
        one, two = self.buy(money, 60_000, "JK-A"), self.buy(money, 60_000, "JK-B")
        line = money.at_the_bank(60_000, "缴款")

        def other() -> None:
            with money.engine.begin() as connection:
                bank_side.propose_match(connection, SECOND, line, [(CODE, two)], "电话核实", money.clock())

        with ThreadPoolExecutor(1) as desk:
            with money.engine.begin() as connection:
                bank_side.propose_match(connection, MAKER, line, [(CODE, one)], "柜员交款单", money.clock())
                second = desk.submit(other)
                while not second.done() and not _somebody_waits(money.engine):
                    sleep(0.01)
            with pytest.raises(RefusedError, match="no unmatched line"):
                second.result(60)
        with money.engine.begin() as connection:
            assert bank_side.decide_match(connection, SECOND, line, money.clock()) == 1
        assert money.unexplained() == 0


def _somebody_waits(engine: Engine) -> bool:
    with engine.connect() as connection:
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
        return bool(connection.scalar(text(waits)))


def test_after_a_month_the_books_balance_and_every_account_is_explained(money: Money):
    """Credit, sales, commission, tax, biller: paid, found at the bank, and nothing left that nobody can explain."""
    _sold_and_matched(money, 3_000_000, 500_000)
    money.list()
    money.approve()
    (stated,) = money.counter.told(CommissionStated)
    paid = money.pay(layout="bank-fixed")
    money.clock.step(days=1)
    money.settle(TODAY)
    biller = money.send_to_bank(money.order(TOMORROW))

    money.at_the_bank(-paid.order.amount_fen, f"代发 {paid.order.reference}")
    money.at_the_bank(-biller.amount_fen, "汇款", end_to_end_id=biller.reference)
    run = money.read_statement()
    assert (run.orders, run.items_ended) == (2, 2)
    (told,) = money.counter.told(CommissionPaid)
    assert (told.month, told.amount_fen, told.by_branch) == (NOVEMBER, paid.order.amount_fen, False)

    books = money.books()
    assert books.agrees
    assert books.difference_fen == 0
    net_fen = stated.gross_fen - stated.tax_fen
    assert books.fen(Account.COMMISSION_PAYABLE) == 0
    assert books.fen(Account.COMMISSION_EXPENSE) == stated.gross_fen
    assert books.fen(Account.TAX_WITHHELD) == stated.tax_fen
    assert books.fen(Account.BILLER_PAYABLE, "SCDL") == 0
    assert books.fen(Account.BANK_ACCOUNT) == -net_fen - 3_500_000
    # Credit granted is money that the bank has not brought yet, less what was spent.
    assert books.fen(Account.BANK_CLEARING) - books.fen(Account.CREDIT_FREE) == 3_500_000
    assert money.unexplained() == 0
    with money.engine.connect() as connection:
        assert fee_income(connection, TODAY, TODAY) == []
        assert [item.evidence for item in order_items(connection, biller.order_no)] == [f"bank {ACCOUNT}/{TODAY}/1/2"]


def test_cash_on_delivery_goes_to_its_sender_by_a_payment_run_explained_parcel_by_parcel(money: Money):
    lines = (parcels.line("W1", 19_900, "JLG"), parcels.line("W2", 5_000, "JLG"))
    money.answer(parcels.announced(*lines))
    money.counter.send(parcels.scanned_in("W1", "A-01-001"), parcels.scanned_in("W2", "A-01-002"))
    for waybill, fen in (("W1", 19_900), ("W2", 5_000)):
        money.counter.send(parcels.handed(waybill, collected_fen=fen))
    with money.engine.connect() as connection:
        assert cod_due(connection) == [("JLG", CODE, 24_900)]
    money.clock.step(days=1)
    settled = money.settle(TODAY)
    assert settled.without_payee == ((PayeeKind.SENDER, "JLG", 24_900),)
    money.payee(PayeeKind.SENDER, "JLG", "佳丽购")
    money.clock.step(days=1)
    (window,) = money.settle(TOMORROW).closed
    assert (window.kind, window.party, window.due_fen, window.line_count) == (PayeeKind.SENDER, "JLG", 24_900, 2)
    order = money.send_to_bank(money.order(window.due_on, PayeeKind.SENDER))
    money.result(order, (1, 24_900, "PAID", ""))
    assert money.books().fen(Account.COD_PAYABLE, "JLG") == 0
    assert money.books().agrees


def test_branches_are_paid_apart_by_an_order_to_their_own_account(money: Money):
    distribution = StaffMember(41, "赵六", Role.DISTRIBUTION)
    with money.engine.begin() as connection:
        row = {"staff_no": 41, "name": distribution.name, "role": "DISTRIBUTION", "password_hash": "x"}
        connection.execute(insert(staff).values(**row, created_at=NOON))
        rate = '{"basis": "per_item", "value": 600, "version": "fx-1"}'
        branch_figures.enter_rate(connection, MAKER, DISTRIBUTION_PRODUCT, date(2026, 1, 1), rate, money.clock())
        branch_figures.decide_rate(connection, SECOND, (DISTRIBUTION_PRODUCT, date(2026, 1, 1)), money.clock())
        of, sums = (NOVEMBER, DISTRIBUTION_PRODUCT), (300, 2_700_000)
        branch_figures.enter_figure(connection, BRANCH_HEAD, CODE, of, sums, "月报", money.clock())
        branch_figures.decide_figure(connection, distribution, CODE, 1, money.clock())
    money.list()
    with money.engine.begin() as connection, pytest.raises(RefusedError, match="not approved"):
        order_branches(connection, MAKER, NOVEMBER, money.clock())
    money.approve()
    with money.engine.begin() as connection, pytest.raises(RefusedError, match="江油支局 has no approved account"):
        order_branches(connection, MAKER, NOVEMBER, money.clock())
    money.payee(PayeeKind.BRANCH, "江油支局", "江油支局")
    with money.engine.begin() as connection:
        order = order_branches(connection, MAKER, NOVEMBER, money.clock())
    # 1,800.00 gross; (1,800 - 800) x 20 % is withheld.
    assert (order.kind, order.amount_fen) == (OrderKind.BRANCH, 160_000)
    money.result(money.send_to_bank(order), (1, 160_000, "PAID", ""))
    (told,) = money.counter.told(CommissionPaid)
    assert (told.by_branch, told.amount_fen) == (True, 160_000)
    assert money.books().fen(Account.COMMISSION_PAYABLE, "BRANCH") == 0
    assert money.books().agrees


def test_t_plus_n_counts_working_days_and_weeks_close_on_sunday():
    payee = Payee(PayeeKind.BILLER, "X", TODAY, "x", "1", Cycle.WEEK, 1)
    sunday = TODAY + timedelta(days=6)
    assert windows.cycle_ends(Cycle.WEEK, sunday)
    assert not windows.cycle_ends(Cycle.WEEK, TODAY)
    assert windows.cycle_ends(Cycle.MONTH, date(2026, 2, 28))
    assert windows.due_day(payee, sunday, CALENDAR) == date(2026, 11, 30)
    # Spring Festival 2026: 15 to 23 February are off, Saturday the 14th is worked.
    assert windows.due_day(payee, date(2026, 2, 13), CALENDAR) == date(2026, 2, 14)
    assert windows.due_day(payee, date(2026, 2, 14), CALENDAR) == date(2026, 2, 24)
