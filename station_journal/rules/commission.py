"""What the records about commission do to the accounts, beside HQ's own statement: stated by branch, paid, returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.accounts import Account, Ledger
from station_journal.effects import At, Effects, move
from station_journal.facts.commission import BranchCommissionStated, CommissionPaid, CommissionReturned

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record
    from station_journal.subject import Subject, SubjectKey

BY_BRANCH = "BRANCH"
"""Party of the commission that a branch pays; HQ's own has none."""
_EXPENSE = Ledger(Account.COMMISSION_EXPENSE)
_TAX = Ledger(Account.TAX_WITHHELD)
_BANK = Ledger(Account.BANK_ACCOUNT)


def _payable(*, by_branch: bool) -> Ledger:
    return Ledger(Account.COMMISSION_PAYABLE, BY_BRANCH if by_branch else "")


def _branch_stated(_at: At, fact: BranchCommissionStated) -> Effects:
    payable = _payable(by_branch=True)
    return Effects(move(_EXPENSE, payable, fact.gross_fen) + move(payable, _TAX, fact.tax_fen))


def _paid(_at: At, fact: CommissionPaid) -> Effects:
    return Effects(move(_payable(by_branch=fact.by_branch), _BANK, fact.amount_fen))


def _returned(_at: At, fact: CommissionReturned) -> Effects:
    return Effects(move(_BANK, _payable(by_branch=fact.by_branch), fact.amount_fen))


RULES: dict[type, Callable[[At, Any], Effects]] = {
    BranchCommissionStated: _branch_stated,
    CommissionPaid: _paid,
    CommissionReturned: _returned,
}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {}
SUBJECTS: tuple[type[Subject], ...] = ()
