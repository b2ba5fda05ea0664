"""Facts about parcels for tests."""

from __future__ import annotations

from station_journal.facts.parcels import (
    Found,
    HandedParcel,
    IdentityShown,
    ManifestAnnounced,
    ManifestLine,
    ParcelAccepted,
    ParcelCondition,
    ParcelProduct,
    ParcelScannedIn,
    ParcelsHandedOff,
)

PHONE = "1386621"
RECIPIENT = "*三"


def line(waybill: str, cod_fen: int = 0, sender: str = "", **changes: object) -> ManifestLine:
    """An ordinary announced item, with cash on delivery for a sender where an amount is given."""
    sender = sender or ("JLG" if cod_fen else "")
    base = ManifestLine(waybill, "POST", ParcelProduct.ORDINARY, sender, cod_fen, registered=False, consented=False)
    return base._replace(**changes)  # type: ignore[arg-type]


def announced(*lines: ManifestLine, number: str = "M1", contacts_hash: bytes = b"", courier_no: int = 101):
    """A manifest of a courier."""
    return ManifestAnnounced(number, courier_no, contacts_hash, lines)


def scanned_in(waybill: str, code: str, batch_no: int = 1, **changes: object) -> ParcelScannedIn:
    """An item put on a shelf."""
    values: dict[str, object] = {
        "batch_no": batch_no,
        "waybill": waybill,
        "code": code,
        "carrier": "POST",
        "recipient": RECIPIENT,
        "phone": PHONE,
        "condition": ParcelCondition.WHOLE,
    }
    return ParcelScannedIn(**{**values, **changes})  # type: ignore[arg-type]


def handed(*waybills: str, collected_fen: int = 0) -> ParcelsHandedOff:
    """Items handed to the recipient in person."""
    parcels = tuple(HandedParcel(one, one) for one in waybills)
    return ParcelsHandedOff(
        parcels, Found.PICKUP_CODE, collected_fen, collected_fen, "", "", "", IdentityShown.NONE, ""
    )


def accepted(waybill: str, postage_fen: int = 1_200) -> ParcelAccepted:
    """An item accepted for dispatch."""
    return ParcelAccepted(
        waybill,
        "POST",
        "*四",
        IdentityShown.RESIDENT_ID,
        "0019",
        inspected=True,
        postage_fen=postage_fen,
        tendered_fen=postage_fen,
    )
