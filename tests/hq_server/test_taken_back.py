"""Until a second person decides, whoever entered it takes it back, at every desk; then the thing is free again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from hq_server import audit, calendar_desk, credit, pouches, sealed_credit
from hq_server.audit import AuditTag
from hq_server.calendar_desk import YearDraft
from hq_server.commission import branch_figures
from hq_server.db.gateway_tables import gateway_requests
from hq_server.gateway import rulings as payment_rulings
from hq_server.reference.staff import Role, StaffMember
from hq_server.settlement import bank_side, mandates, payees
from hq_server.settlement.mandates import Mandate
from hq_server.settlement.payees import Cycle, Payee, PayeeKind
from hq_server.withdrawals import rulings, terms
from hq_server.wording import RefusedError
from station_journal.facts.cash import NoteLine
from station_journal.facts.commission import DISTRIBUTION_PRODUCT
from station_journal.facts.withdrawals import WithdrawalTermsAgreed
from station_journal.records import CreditGranted, Outcome
from station_journal.rules.withdrawal import DEFAULT_TERMS
from tests.factories import withdrawal as wd
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE
from tests.hq_server.people import MAKER, NOON, SECOND
from tests.hq_server.settlement.test_a_month import Money

FROM, UNTIL = date(2027, 2, 1), NOON.date() + timedelta(days=30)
PAYEE = (PayeeKind.BILLER, "ZYRQ", FROM)


@dataclass
class Desk:
    """One desk's kind of proposal: how it is entered, decided and taken back; entering gives what names it."""

    enter: Callable[[Connection, StaffMember], Any]
    approve: Callable[[Connection, StaffMember, Any], object]
    withdraw: Callable[[Connection, StaffMember, Any], object]
    people: tuple[StaffMember, StaffMember] = (MAKER, SECOND)


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def _credit(money: Money) -> Desk:
    return Desk(
        lambda c, by: credit.enter(c, by, CODE, 60_000, "JK-1", NOON).purchase_no,
        lambda c, by, no: credit.approve(c, money.counter.journal, by, CODE, no, NOON),
        lambda c, by, no: credit.withdraw(c, by, CODE, no, NOON),
        (CLERK, BRANCH_HEAD),
    )


def _pouch(money: Money) -> Desk:
    notes = [NoteLine(10_000, 8)]
    return Desk(
        lambda c, by: pouches.enter_sent(c, by, CODE, "PK-7", (notes, 0), NOON).entry_no,
        lambda c, by, no: pouches.approve(c, money.counter.journal, by, CODE, no, NOON),
        lambda c, by, no: pouches.withdraw(c, by, CODE, no, NOON),
        (CLERK, BRANCH_HEAD),
    )


def _sealed(money: Money) -> Desk:
    cheap = sealed_credit.Cost(8, 1)
    return Desk(
        lambda c, by: sealed_credit.propose(c, by, CODE, [50_000], UNTIL, NOON).batch_no,
        lambda c, by, no: sealed_credit.approve_batch(c, money.counter.journal, by, CODE, no, NOON, cost=cheap),
        lambda c, by, no: sealed_credit.withdraw_batch(c, by, CODE, no, NOON),
    )


def _withdrawal_ruling(money: Money) -> Desk:
    money.counter.operations += 1
    (seq,) = money.counter.send(wd.intended(money.counter.operations, amount_fen=50_000))
    found = rulings.Finding(debited=False, words="银行来函第 7 号")
    return Desk(
        lambda c, by: rulings.propose(c, by, CODE, seq, found, NOON).withdrawal_seq,
        lambda c, by, no: rulings.approve(c, money.counter.journal, by, CODE, no, NOON),
        lambda c, by, no: rulings.withdraw(c, by, CODE, no, NOON),
    )


def _withdrawal_terms(money: Money) -> Desk:
    usual = {**DEFAULT_TERMS._asdict(), "effective_on": FROM, "maker_no": 0, "approver_no": 0}
    agreed = WithdrawalTermsAgreed(**{name: value for name, value in usual.items() if name != "seq"})
    return Desk(
        lambda c, by: terms.enter(c, by, CODE, agreed, NOON).terms_no,
        lambda c, by, no: terms.approve(c, money.counter.journal, by, CODE, no, NOON),
        lambda c, by, no: terms.withdraw(c, by, CODE, no, NOON),
    )


def _payment_ruling(money: Money) -> Desk:
    seq = money.counter.pay("0081234567", "B-1", 12_345)
    our_no = money.counter.our_no(seq)
    row = {"station_code": CODE, "kind": "PAY", "seq": seq, "payment_seq": seq, "our_no": our_no, "state": "SENT"}
    row |= {"biller_code": "SCDL", "account_no": "0081234567", "bill_no": "B-1", "amount_fen": 12_345}
    with money.engine.begin() as connection:
        connection.execute(insert(gateway_requests).values(**row, next_at=NOON, created_at=NOON))

    def enter(c: Connection, by: StaffMember) -> str:
        payment_rulings.propose(c, by, our_no, Outcome.CONFIRMED, "电话确认已入账", NOON)
        return our_no

    return Desk(
        enter,
        lambda c, by, no: payment_rulings.approve(c, money.counter.journal, by, no, NOON),
        lambda c, by, no: payment_rulings.withdraw(c, by, no, NOON),
        (MAKER, FINANCE),
    )


def _payee(_money: Money) -> Desk:
    named = Payee(*PAYEE, "中源燃气", "5100777", Cycle.DAY, 1)
    return Desk(
        lambda c, by: payees.name_payee(c, by, named, NOON),
        lambda c, by, _: payees.decide_payee(c, by, PAYEE, NOON),
        lambda c, by, _: payees.withdraw_payee(c, by, PAYEE, NOON),
    )


def _mandate(_money: Money) -> Desk:
    signed = Mandate(CODE, "WT-1", "张三", "6217001", 200_000, date(2026, 1, 1), date(2029, 12, 31))
    return Desk(
        lambda c, by: mandates.enter_mandate(c, by, signed, NOON),
        lambda c, by, _: mandates.decide_mandate(c, by, (CODE, "WT-1"), NOON),
        lambda c, by, _: mandates.withdraw_mandate(c, by, (CODE, "WT-1"), NOON),
    )


def _bank_match(money: Money) -> Desk:
    numbers = []
    for slip in ("JK-A", "JK-B"):
        with money.engine.begin() as connection:
            made = credit.enter(connection, CLERK, CODE, 60_000, slip, NOON)
            credit.approve(connection, money.counter.journal, BRANCH_HEAD, CODE, made.purchase_no, NOON)
            numbers.append((CODE, made.purchase_no))
    line = money.at_the_bank(120_000, "缴款")
    return Desk(
        lambda c, by: bank_side.propose_match(c, by, line, numbers, "柜员交款单", NOON),
        lambda c, by, _: bank_side.decide_match(c, by, line, NOON),
        lambda c, by, _: bank_side.withdraw_match(c, by, line, NOON),
    )


def _figure(_money: Money) -> Desk:
    of = (202610, DISTRIBUTION_PRODUCT)
    return Desk(
        lambda c, by: branch_figures.enter_figure(c, by, CODE, of, (3, 90_000), "月报 7", NOON).figure_no,
        lambda c, by, no: branch_figures.decide_figure(c, by, CODE, no, NOON),
        lambda c, by, no: branch_figures.withdraw_figure(c, by, CODE, no, NOON),
        (BRANCH_HEAD, StaffMember(41, "李四", Role.DISTRIBUTION)),
    )


def _rate(_money: Money) -> Desk:
    of, document = (DISTRIBUTION_PRODUCT, FROM), '{"basis": "PER_ITEM", "value": 50, "version": "d1"}'
    return Desk(
        lambda c, by: branch_figures.enter_rate(c, by, *of, document, NOON),
        lambda c, by, _: branch_figures.decide_rate(c, by, of, NOON),
        lambda c, by, _: branch_figures.withdraw_rate(c, by, of, NOON),
    )


DESKS = {
    "credit purchase": _credit,
    "pouch": _pouch,
    "sealed batch": _sealed,
    "ruling on a withdrawal": _withdrawal_ruling,
    "withdrawal terms": _withdrawal_terms,
    "ruling on a payment": _payment_ruling,
    "payee": _payee,
    "debit mandate": _mandate,
    "bank match": _bank_match,
    "branch figure": _figure,
    "branch rate": _rate,
}


@pytest.mark.parametrize("kind", DESKS)
def test_only_its_maker_takes_it_back_nobody_approves_it_then_and_it_is_entered_again(money: Money, kind: str) -> None:
    desk = DESKS[kind](money)
    maker, second = desk.people
    with money.engine.begin() as connection:
        named = desk.enter(connection, maker)
    with money.engine.begin() as connection, pytest.raises(RefusedError, match="only the person who proposed it"):
        desk.withdraw(connection, second, named)
    with money.engine.begin() as connection:
        desk.withdraw(connection, maker, named)
    for late in (desk.approve, desk.withdraw):
        with money.engine.begin() as connection, pytest.raises(RefusedError) as refused:
            late(connection, second if late is desk.approve else maker, named)
        assert refused.value.code in {"decided", "nothing_proposed"}
    with money.engine.connect() as connection:
        noted = [
            one
            for where in (CODE, audit.NO_STATION)
            for one in audit.entries(connection, where)
            if one.tag == AuditTag.PROPOSAL_WITHDRAWN.value
        ]
    assert {one.actor for one in noted} == {audit.staff_actor(maker.staff_no)}
    with money.engine.begin() as connection:
        again = desk.enter(connection, maker)
    with money.engine.begin() as connection:
        desk.approve(connection, second, again)


def test_of_an_approval_and_a_taking_back_at_once_one_wins(money: Money) -> None:
    desk, journal = _credit(money), money.counter.journal
    with money.engine.begin() as connection:
        number = desk.enter(connection, CLERK)
    before = len(money.counter.told(CreditGranted))
    outcomes: list[str] = []
    together = Barrier(2)

    def act(name: str, deed: Callable[[Connection], object]) -> None:
        together.wait()
        try:
            with money.engine.begin() as connection:
                deed(connection)
            outcomes.append(name)
        except RefusedError as refused:
            outcomes.append(refused.code)

    deeds = {
        "approved": lambda c: credit.approve(c, journal, BRANCH_HEAD, CODE, number, NOON),
        "withdrawn": lambda c: credit.withdraw(c, CLERK, CODE, number, NOON),
    }
    threads = [Thread(target=act, args=one) for one in deeds.items()]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (won,) = set(outcomes) - {"decided"}
    assert sorted(outcomes) == sorted([won, "decided"])
    assert len(money.counter.told(CreditGranted)) - before == (won == "approved")
    with money.engine.connect() as connection:
        found = credit.find(connection, CODE, number)
    assert found is not None
    assert found.state.value == won.upper()


def test_a_list_of_working_days_is_taken_back_too(money: Money) -> None:
    draft = YearDraft(2028, "2028-01-01\n2028-01-03", "", "通知 9")
    for decide in (calendar_desk.withdraw_year, calendar_desk.decide_year):
        with money.engine.begin() as connection:
            calendar_desk.enter_year(connection, MAKER, draft, NOON)
            number = 1 if decide is calendar_desk.withdraw_year else 2
            decide(connection, MAKER if number == 1 else SECOND, (2028, number), NOON)
