"""The courier of practice: what he announces for a drill, as records and documents that a sync would bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from station_journal.contacts import Contact, contacts_hash, write_contacts
from station_journal.facts.parcels import CourierNamed, ManifestAnnounced, ManifestLine, ParcelProduct
from station_pos.drill_passes import Drill

if TYPE_CHECKING:
    from station_pos.register import Register

COURIER_NO: Final = 101
COURIER_PIN: Final = "2468"
FIRST, COD, THIRD = 0, 1, 2
"""Places of a drill's items: one to be found or not, one with cash on delivery, one that never comes."""
COD_FEN: Final = 8_800
TAIL: Final = "6621"
_PHONE: Final = "13800006621"
_ITEMS: Final = 3


def named() -> CourierNamed:
    """Name the courier, with a PIN that every drill tells."""
    from argon2 import PasswordHasher

    hashed = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(COURIER_PIN)
    return CourierNamed(COURIER_NO, "练习投递员", "LXPOST", hashed)


def brings_items(drill: Drill) -> bool:
    """Tell whether a drill needs the courier."""
    return drill in {Drill.PARCEL_MISSING, Drill.PARCEL_COD}


def siblings(waybill: str) -> tuple[str, ...]:
    """Give the items of the manifest that one of them belongs to, in order."""
    return tuple(f"{waybill[:-1]}{number}" for number in range(1, _ITEMS + 1))


def announce(register: Register, after_seq: int) -> tuple[ManifestAnnounced, tuple[str, ...]]:
    """Keep the contacts of a new manifest and give its record, with the waybills in order.

    The numbers are six digits, so that they are typed where no scanner is; ``after_seq`` keeps them apart.
    """
    waybills = siblings(f"8{after_seq % 10_000:04d}0")
    manifest_no = f"LX{after_seq:04d}"
    document = write_contacts(manifest_no, tuple(Contact(waybill, "张三", _PHONE) for waybill in waybills))
    register.keep_document(document)
    lines = tuple(
        ManifestLine(
            waybill=waybill,
            carrier="POST",
            product=ParcelProduct.ORDINARY,
            sender="LXSC" if place == COD else "",
            cod_fen=COD_FEN if place == COD else 0,
            registered=False,
            consented=True,
        )
        for place, waybill in enumerate(waybills)
    )
    return ManifestAnnounced(manifest_no, COURIER_NO, contacts_hash(document), lines), waybills
