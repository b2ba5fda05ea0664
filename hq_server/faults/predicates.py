"""What a fault looks like in the books, as data: a predicate out of a closed list with its parameters.

Each reads indexed tables of HQ's books and gives the records it touches, by station.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from hq_server.db.journal_tables import alarms
from hq_server.db.ledger_tables import ledger_entries, payments
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.money import FEN_MAX
from station_journal.payment import PaymentStatus, Suspense
from station_journal.records import AlarmCode
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Select


class Predicate(StrEnum):
    """What may be looked for."""

    RULE_BROKEN = "RULE_BROKEN"
    """Records that broke a posting rule for a reason."""
    SUSPENSE = "SUSPENSE"
    """Sums that came to rest in suspense for a reason."""
    ALARM = "ALARM"
    """Findings of the integrity checks with a code."""
    PAYMENT = "PAYMENT"
    """Payments of a product or biller that stand in a state."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A predicate with its parameters; those it does not take are left empty. Days are business dates, both included.

    ``reason`` names a ``Suspense``, ``code`` an ``AlarmCode``, ``status`` a ``PaymentStatus``.
    """

    predicate: Predicate
    reason: str = ""
    code: str = ""
    product_code: int = 0
    biller_code: str = ""
    status: str = ""
    amount_min_fen: int = 0
    amount_max_fen: int = 0
    first_day: date | None = None
    last_day: date | None = None

    def parameters(self) -> dict[str, Any]:
        """Give what is set, as JSON holds it."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "predicate"}
        return {name: str(value) if isinstance(value, date) else value for name, value in values.items() if value}


_TAKES = {
    Predicate.RULE_BROKEN: frozenset({"reason"}),
    Predicate.SUSPENSE: frozenset({"reason", "amount_min_fen", "amount_max_fen", "first_day", "last_day"}),
    Predicate.ALARM: frozenset({"code", "amount_min_fen", "amount_max_fen"}),
    Predicate.PAYMENT: frozenset(
        {"product_code", "biller_code", "status", "amount_min_fen", "amount_max_fen", "first_day", "last_day"}
    ),
}
_NEEDS = {
    Predicate.RULE_BROKEN: ("reason", Suspense),
    Predicate.SUSPENSE: ("reason", Suspense),
    Predicate.ALARM: ("code", AlarmCode),
    Predicate.PAYMENT: ("status", PaymentStatus),
}


def read_rule(predicate: str, parameters: Mapping[str, Any]) -> FaultRule:
    """Read a rule from its data.

    Raises:
        RefusedError: no such predicate, or parameters that it does not take, lacks, or cannot hold.
    """
    try:
        which = Predicate(predicate)
        values = {name: _value(name, value) for name, value in parameters.items()}
    except ValueError as error:
        raise RefusedError("rule", f"规则不对: {error}", f"the rule is wrong: {error}") from error
    foreign = sorted(set(values) - _TAKES[which])
    needed, named = _NEEDS[which]
    if foreign or values.get(needed) not in named.__members__:
        choices = ", ".join(named.__members__)
        raise RefusedError(
            "rule",
            f"规则 {which} 需要 {needed} (其中之一: {choices}), 不接受 {', '.join(foreign) or '其他'}",
            f"{which} needs {needed}, one of {choices}" + (f"; it takes no {', '.join(foreign)}" if foreign else ""),
        )
    return FaultRule(which, **values)


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a parameter of any type, checked here
    if name in {"first_day", "last_day"}:
        return date.fromisoformat(str(value))
    if name.endswith("_fen") or name == "product_code":
        if type(value) is not int or not 0 <= value <= FEN_MAX:
            raise ValueError(f"{name} = {value!r:.40}")
    elif type(value) is not str:
        raise ValueError(f"{name} = {value!r:.40}")
    return value


def touched(rule: FaultRule) -> Select[Any]:
    """Give the query of what a rule touches: station code and record of the station (0 where it is none of its own)."""
    return _QUERIES[rule.predicate](rule)


def _between(rule: FaultRule, amount: ColumnElement[Any], day: ColumnElement[Any] | None) -> ColumnElement[bool]:
    conditions = [amount >= rule.amount_min_fen]
    if rule.amount_max_fen:
        conditions.append(amount <= rule.amount_max_fen)
    if day is not None and rule.first_day:
        conditions.append(day >= rule.first_day)
    if day is not None and rule.last_day:
        conditions.append(day <= rule.last_day)
    return and_(*conditions)


def _rule_broken(rule: FaultRule) -> Select[Any]:
    table = alarms.c
    return select(table.station_code, table.station_seq).where(table.reason == rule.reason)


def _suspense(rule: FaultRule) -> Select[Any]:
    table, rests = ledger_entries.c, int(Account.SUSPENSE)
    debit = and_(table.debit_account == rests, table.debit_party == rule.reason)
    credit = and_(table.credit_account == rests, table.credit_party == rule.reason)
    query = select(table.station_code, table.seq.label("station_seq"))
    return query.where(
        or_(debit, credit), table.side == Side.STATION.value, _between(rule, table.amount_fen, table.business_date)
    )


def _alarm(rule: FaultRule) -> Select[Any]:
    table = alarms.c
    query = select(table.station_code, table.station_seq)
    return query.where(table.code == int(AlarmCode[rule.code]), _between(rule, table.amount_fen, None))


def _payment(rule: FaultRule) -> Select[Any]:
    table = payments.c
    query = select(table.station_code, table.seq.label("station_seq"))
    query = query.where(table.status == int(PaymentStatus[rule.status]))
    if rule.product_code:
        query = query.where(table.product_code == rule.product_code)
    if rule.biller_code:
        query = query.where(table.biller_code == rule.biller_code)
    return query.where(_between(rule, table.amount_fen, table.business_date))


_QUERIES = {
    Predicate.RULE_BROKEN: _rule_broken,
    Predicate.SUSPENSE: _suspense,
    Predicate.ALARM: _alarm,
    Predicate.PAYMENT: _payment,
}
