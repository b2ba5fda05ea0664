"""What a bystander at the counter wrote down: each customer, the notes handed over, the change and what came back.

It is the scripted day's own notebook: sums in it come from the customers' side, never from the station.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Visit:
    """One customer at the counter; sums in fen. ``kept_fen`` is what the shop has of it in the end."""

    payment_seq: int
    biller: str
    account_no: str
    due_fen: int
    handed_fen: int
    change_fen: int
    returned_fen: int = 0
    ending: str = "paid"

    @property
    def kept_fen(self) -> int:
        """Notes handed over less change less what was handed back."""
        return self.handed_fen - self.change_fen - self.returned_fen


@dataclass(slots=True)
class TillBook:
    """All visits of a day, by the record that took the cash, and what else went into the drawer or out, in fen."""

    visits: dict[int, Visit] = field(default_factory=dict)
    moves: list[tuple[str, int]] = field(default_factory=list)

    def came(self, visit: Visit) -> Visit:
        """Note a customer."""
        self.visits[visit.payment_seq] = visit
        return visit

    def handed_back(self, payment_seq: int, returned_fen: int, ending: str) -> None:
        """Note that a customer got cash back, and why."""
        visit = self.visits[payment_seq]
        visit.returned_fen += returned_fen
        visit.ending = ending

    def moved(self, what: str, amount_fen: int) -> None:
        """Note cash that no bill moved: put in, or taken out (below zero)."""
        self.moves.append((what, amount_fen))

    def moved_fen(self, what: str) -> int:
        """Add up what was noted under a word."""
        return sum(fen for name, fen in self.moves if name == what)

    def bills_fen(self) -> int:
        """Give what the shop has of all bills in the end."""
        return sum(visit.kept_fen for visit in self.visits.values())

    def drawer_fen(self) -> int:
        """Give what must lie in the drawer."""
        return self.bills_fen() + sum(fen for _, fen in self.moves)

    def write(self, path: Path) -> None:
        """Keep the notebook beside the other books."""
        rows = {"visits": [asdict(visit) for visit in self.visits.values()], "moves": self.moves}
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
