"""One customer's tally: the slips promised, what was served since, and the one sum of cash that changes hands.

A view over the drawer's own entries: nothing is on record about it, each job was recorded for itself. So it may be
begun, put aside or lost with the power without any figure changing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from station_journal.facts.parcels import CodReturned, ParcelAccepted, ParcelsHandedOff
from station_journal.facts.withdrawals import WithdrawalPaid
from station_journal.records import BillPaymentTaken, CashReturned

if TYPE_CHECKING:
    from station_pos.services.day_close import DayClose, DrawerLine

_WITH_CUSTOMERS: Final = frozenset(
    one.KIND for one in (BillPaymentTaken, CashReturned, WithdrawalPaid, ParcelsHandedOff, CodReturned, ParcelAccepted)
)
"""Kinds of records that pass cash between drawer and customer; the shop's own cash is no customer's."""


@dataclass(slots=True)
class Tally:
    """What one customer has had since station record ``after_seq``; ``slips`` are those promised, 0 if not counted.

    ``lines`` are the jobs that moved cash, oldest first, as read up to record ``as_of_seq``.
    """

    after_seq: int
    slips: int = 0
    lines: tuple[DrawerLine, ...] = ()
    as_of_seq: int = 0

    def look(self, drawer: DayClose, as_of_seq: int) -> None:
        """Read again what was served, where a record may have been added."""
        if as_of_seq != self.as_of_seq:
            found = drawer.entries(self.after_seq, as_of_seq)
            self.lines = tuple(one for one in found if one.kind in _WITH_CUSTOMERS)
            self.as_of_seq = as_of_seq

    @property
    def slips_done(self) -> int:
        """How many bills were taken and stand; one whose cash went back may be taken again, and is then one slip."""
        return sum(one.kind == BillPaymentTaken.KIND and not one.is_returned for one in self.lines)

    @property
    def due_fen(self) -> int:
        """What the customer owes in fen for all of it; below zero what the shop hands out."""
        return sum(one.change_fen for one in self.lines)

    @property
    def slips_missing(self) -> int:
        """How many promised slips were not served yet; below zero where more came than were promised."""
        return self.slips - self.slips_done if self.slips else 0
