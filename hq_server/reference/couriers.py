"""Couriers 投递员 by number, with the hash of an own PIN, and the documents that say whom items are for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.parcel_tables import courier_tellings, couriers, parcel_contacts
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.contacts import contacts_hash
from station_journal.facts.parcels import CourierNamed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember

COURIER_NO_MIN = 101
"""Numbers below are the operators' of a station."""
_PIN = re.compile(r"[0-9]{6,12}")
_PIN_MEMORY_KIB = 19 * 1024  # as the counter's own PINs: an old PC checks it in about 50 ms
_TEXT_MAX = 20


@dataclass(frozen=True, slots=True)
class CourierRow:
    """A courier as HQ has him."""

    courier_no: int
    name: str
    company: str
    pin_hash: str


def name_courier(connection: Connection, by: StaffMember, courier: CourierRow, pin: str, now: datetime) -> None:
    """Enter a courier or change what is known of him; stations are told with his next manifest.

    ``pin`` is empty for a courier who signs on paper only. ``courier.pin_hash`` is not looked at.

    Raises:
        RefusedError: no right, a number below ``COURIER_NO_MIN``, a name too long, or no PIN of six to twelve digits.
    """
    by.require(Deed.NAME_COURIER)
    if courier.courier_no < COURIER_NO_MIN:
        raise RefusedError(
            "courier_no", f"投递员号从 {COURIER_NO_MIN} 起", f"couriers are numbered from {COURIER_NO_MIN}"
        )
    texts = (courier.name, courier.company)
    if not all(0 < len(text) <= _TEXT_MAX and text.isprintable() for text in texts):
        raise RefusedError("courier_name", "姓名和公司 1 到 20 个字", "name and company have 1 to 20 characters")
    if pin and not _PIN.fullmatch(pin):
        raise RefusedError("courier_pin", "投递员密码是 6 到 12 位数字", "a courier's PIN has 6 to 12 digits")
    hashed = PasswordHasher(time_cost=2, memory_cost=_PIN_MEMORY_KIB).hash(pin) if pin else ""
    values = {"name": courier.name, "company": courier.company, "pin_hash": hashed, "named_at": now}
    statement = upsert(couriers).values(courier_no=courier.courier_no, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["courier_no"], set_=values))
    details = {"courier_no": courier.courier_no, "name": courier.name, "company": courier.company}
    audit.note(connection, AuditTag.COURIER_NAMED, audit.staff_actor(by.staff_no), now, details)


def find_courier(connection: Connection, courier_no: int) -> CourierRow | None:
    """Find a courier by number."""
    table = couriers.c
    query = select(table.courier_no, table.name, table.company, table.pin_hash).where(table.courier_no == courier_no)
    row = connection.execute(query).one_or_none()
    return None if row is None else CourierRow(*row)


def untold(connection: Connection, station_code: str, courier: CourierRow) -> list[CourierNamed]:
    """Give what a station has still to be told of a courier, and note it as told in the caller's transaction."""
    table = courier_tellings.c
    mine = (table.station_code == station_code) & (table.courier_no == courier.courier_no)
    told = connection.execute(select(table.name, table.company, table.pin_hash).where(mine)).one_or_none()
    now_is = (courier.name, courier.company, courier.pin_hash)
    if told is not None and tuple(told) == now_is:
        return []
    connection.execute(delete(courier_tellings).where(mine))
    values = dict(zip(("name", "company", "pin_hash"), now_is, strict=True))
    connection.execute(
        insert(courier_tellings).values(station_code=station_code, courier_no=courier.courier_no, **values)
    )
    return [CourierNamed(courier.courier_no, *now_is)]


def keep_contacts(connection: Connection, station_code: str, document: bytes, now: datetime) -> bytes:
    """Keep the contacts of a manifest for its station; gives the hash that names them."""
    named = contacts_hash(document)
    statement = upsert(parcel_contacts).values(
        station_code=station_code, contacts_hash=named, document=document, stored_at=now
    )
    connection.execute(statement.on_conflict_do_nothing())
    return named


def erase_contacts(connection: Connection, before: datetime) -> int:
    """Erase the contacts that were stored before a moment; gives how many manifests lost theirs, and stand without."""
    erased = connection.execute(delete(parcel_contacts).where(parcel_contacts.c.stored_at < before))
    return erased.rowcount


def contacts_document(connection: Connection, station_code: str, named: bytes) -> bytes | None:
    """Give a contacts document that was made for this station and was not erased."""
    table = parcel_contacts.c
    query = select(table.document).where(table.station_code == station_code, table.contacts_hash == named)
    return connection.scalar(query)
