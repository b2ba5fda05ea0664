"""Credit that a station bought, as one record of either journal names it: granted over the line, or opened by code.

A grant over the line is HQ's record alone and changes no subject; one by code is a sealed grant with its sale at the
branch and its opening at the counter. What both journals tell of either is put together here, so that postings,
screen and paper follow the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.facts.grants import (
    SealedGrantReleased,
    SealedGrantReturned,
    SealedGrantRevoked,
    SealedGrantSold,
)
from station_journal.records import CreditGranted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from station_journal.records import Record
    from station_journal.rules.grants import Grant
    from station_journal.side import Side

CREDIT_FACTS = (CreditGranted, SealedGrantSold, SealedGrantRevoked, SealedGrantReturned, SealedGrantReleased)
"""What records of bought credit say."""


@dataclass(frozen=True, slots=True)
class BoughtCredit:
    """What record ``seq`` of journal ``side`` is about.

    ``granted_seq`` is HQ's record of a grant over the line, 0 by code, where ``grant`` is the sealed grant instead.
    ``purchase_no`` is 0 while a code was opened and HQ's word of its sale has not come.
    """

    side: Side
    seq: int
    business_date: date
    amount_fen: int
    purchase_no: int
    granted_seq: int
    grant: Grant | None

    @property
    def opened_seq(self) -> int:
        """The station's record that opened it with its code, 0 for none."""
        return self.grant.released_seq if self.grant else 0


def bought_at(
    side: Side, seq: int, record: Record | None, grant_of: Callable[[int], Grant | None]
) -> BoughtCredit | None:
    """Say which bought credit a record is about; None for any other record, and for a grant that nobody bought.

    ``grant_of`` gives a sealed grant by its number as it now stands.
    """
    if record is None or not isinstance(fact := record.fact, CREDIT_FACTS):
        return None
    if isinstance(fact, CreditGranted):
        return BoughtCredit(side, seq, record.business_date, fact.amount_fen, fact.purchase_no, seq, None)
    grant = grant_of(fact.grant_no)
    is_opening = isinstance(fact, SealedGrantReleased)
    if grant is None or (is_opening and grant.released_seq != seq) or not (grant.sold_seq or grant.released_seq):
        return None
    return BoughtCredit(side, seq, record.business_date, grant.amount_fen, grant.purchase_no, 0, grant)
