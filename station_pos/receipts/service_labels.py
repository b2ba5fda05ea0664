"""Which records of the services call for a label, and what it says by the stored record."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from station_journal.facts.parcels import ParcelReshelved, ParcelScannedIn
from station_journal.parcel import Parcel
from station_pos.receipts.label import LabelFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact
    from station_pos.receipts.service_slips import SlipFacts


def _scanned_in(facts: SlipFacts) -> LabelFacts | None:
    fact = cast("ParcelScannedIn", facts.record.fact)
    parcel = facts.books.subject(Parcel, fact.waybill)
    carrier = parcel.carrier if parcel is not None else fact.carrier
    name = facts.issuer.station_name
    return LabelFacts(fact.code, fact.waybill, carrier, fact.recipient, fact.phone, facts.record.business_date, name)


def _reshelved(facts: SlipFacts) -> LabelFacts | None:
    fact = cast("ParcelReshelved", facts.record.fact)
    parcel = facts.books.subject(Parcel, fact.waybill)
    if parcel is None:
        return None
    name = facts.issuer.station_name
    return LabelFacts(fact.code, fact.waybill, parcel.carrier, parcel.recipient, parcel.phone, parcel.received_on, name)


LABELS: dict[type[Fact], Callable[[SlipFacts], LabelFacts | None]] = {
    ParcelScannedIn: _scanned_in,
    ParcelReshelved: _reshelved,
}
"""What the label says that a record calls for, by its fact; None where there is none to print."""
