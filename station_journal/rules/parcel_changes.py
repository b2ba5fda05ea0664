"""What one record about parcels changes: items, the totals of places, pickup codes, and the first rule it broke."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from station_journal.effects import At, Effects
from station_journal.facts.parcels import Place
from station_journal.fields import NO_DAY
from station_journal.parcel import CodeUse, CustodyTotal, Parcel
from station_journal.payment import Suspense
from station_journal.shelf_code import REUSE_DAYS

if TYPE_CHECKING:
    from station_journal.accounts import Posting
    from station_journal.subject import Subject, SubjectKey

ON_HAND = frozenset({Place.SHELF, Place.CASE})
"""Where an item is in the shop and keeps its pickup code."""


class ParcelChanges:
    """What one record changes: subjects as they will stand, the moves' totals, and the first rule it broke."""

    def __init__(self, at: At) -> None:
        self.at = at
        self.seen_seq = at.record.seen_seq
        self.today = at.record.business_date
        self.broken: Suspense | None = None
        self._made: dict[SubjectKey, Subject] = {}

    def parcel(self, waybill: str) -> Parcel:
        """Give an item as it stands, with what this record changed already; a new one where it is not known."""
        made = self._made.get(Parcel(waybill).place)
        if isinstance(made, Parcel):
            return made
        return self.at.books.subject(Parcel, waybill) or Parcel(waybill)

    def breaks(self, rule: Suspense) -> None:
        """Note a broken rule; the first one counts."""
        self.broken = self.broken or rule

    def keep(self, subject: Subject) -> None:
        """Let a subject stand so."""
        self._made[subject.place] = subject

    def change(self, before: Parcel, **fields: Any) -> Parcel:
        """Change a parcel and let the totals follow from where it was to where it is."""
        after = replace(before, **fields)
        self.keep(after)
        if before.where is not after.where:
            self._count(before.where, -1)
            self._count(after.where, +1)
        return after

    def act(self, before: Parcel, **fields: Any) -> Parcel:
        """Change the station's half: a ruling it had seen becomes its own, one it had not seen counts no more."""
        seen = before.where_seen(self.seen_seq)
        ruling = {"custody": seen} if 0 < before.ruled_seq <= self.seen_seq else {}
        cleared = {"custody_seq": self.at.seq, "ruled_seq": 0, "ruled_place": Place.NOWHERE}
        return self.change(before, **{**ruling, **cleared, **fields})

    def move(self, before: Parcel, where: Place, **fields: Any) -> Parcel:
        """Move a parcel to a place; its pickup code is free once it is on hand no more."""
        if where not in ON_HAND:
            self.free_code(before)
        return self.act(before, custody=where, since=self.today, **fields)

    def free_code(self, parcel: Parcel) -> None:
        """Note that an item's pickup code is given up."""
        use = self.code_use(parcel.code) if parcel.code else None
        if use is not None and use.waybill == parcel.waybill:
            self.keep(replace(use, freed_on=self.today))

    def code_use(self, code: str) -> CodeUse | None:
        """Give who has a pickup code."""
        made = self._made.get(CodeUse(code, "").place)
        return made if isinstance(made, CodeUse) else self.at.books.subject(CodeUse, code)

    def take_code(self, code: str, waybill: str) -> None:
        """Give a code to an item; one that another item has, or had too lately, is a broken rule."""
        use = self.code_use(code)
        if use is not None and use.waybill != waybill:
            live = use.freed_on == NO_DAY
            if live or (self.today - use.freed_on).days < REUSE_DAYS:
                self.breaks(Suspense.CODE_TWICE)
            if live:
                return
        self.keep(CodeUse(code, waybill))

    def _count(self, where: Place, change: int) -> None:
        if where is Place.NOWHERE:
            return
        made = self._made.get(CustodyTotal(where, 0).place)
        known = made if isinstance(made, CustodyTotal) else self.at.books.subject(CustodyTotal, where.name)
        self.keep(CustodyTotal(where, (known.count if known else 0) + change))

    def effects(self, postings: tuple[Posting, ...] = ()) -> Effects:
        """Give it all with the postings."""
        return Effects(postings, broken=self.broken, subjects=tuple(self._made.values()))
