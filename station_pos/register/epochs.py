"""A new epoch of the station: the first at enrolment, later ones after a restore or on a replaced machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.records import Side
from station_pos.commands.outcome import RegisterFault
from station_pos.register.register import READ_ONLY, STATION_CODE
from station_pos.store import journal, rebuild, reference
from station_pos.store.database import ProjectionsGoneError
from station_pos.store.errors import StoreError, StoreTrouble

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.seal import Certificate
    from station_pos.store.database import Database
    from station_pos.store.reference import Profile

HQ_PUBLIC_KEY = "hq_public_key"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What HQ hands out when it approves an enrolment; every signature in it has been checked by the caller."""

    station: Certificate
    station_signature: bytes
    hq: Certificate
    hq_signature: bytes
    hq_public_key: bytes
    profile: Profile


def begin_epoch(database: Database, epoch: Epoch) -> int:
    """Let the station write on under a new certificate; gives how many own records were put aside as a branch.

    The new epoch continues HQ's held head: records above it, which HQ never took, become the frozen branch. A
    station that lacks that head must recover its tail first. Asking twice changes nothing.

    Raises:
        RegisterFault: the disk refused, or the journal here does not reach what the certificate continues.
    """
    try:
        with database.transaction() as connection:
            frozen = _begin(connection, epoch)
            rebuild.rebuild(connection, reference.Tariffs().over(connection))
            return frozen
    except StoreError as error:
        raise RegisterFault(error.trouble) from error
    except ProjectionsGoneError as error:
        raise RegisterFault(StoreTrouble.DAMAGED) from error


def _begin(connection: Connection, epoch: Epoch) -> int:
    code = reference.setting(connection, STATION_CODE).decode()
    if code not in {"", epoch.station.station_code}:
        raise StoreError(StoreTrouble.CONFLICT, f"the folder belongs to station {code}")
    if journal.certificate(connection, Side.STATION, epoch.station.epoch) is not None:
        return 0
    prior_seq = epoch.station.prior_seq
    if prior_seq:
        last = journal.entry(connection, Side.STATION, prior_seq)
        if last is None:
            raise StoreError(StoreTrouble.CONFLICT, f"record {prior_seq} must be recovered from HQ first")
        if not _is_named(connection, epoch.station, last.digest):
            raise StoreError(StoreTrouble.CONFLICT, f"record {prior_seq} is not the one that HQ holds")
    frozen = journal.freeze_branch(connection, Side.STATION, prior_seq)
    journal.keep_certificate(connection, epoch.station, epoch.station_signature)
    journal.keep_certificate(connection, epoch.hq, epoch.hq_signature)
    reference.keep_setting(connection, STATION_CODE, epoch.station.station_code.encode())
    reference.keep_setting(connection, HQ_PUBLIC_KEY, epoch.hq_public_key)
    reference.keep_setting(connection, READ_ONLY, b"")
    reference.keep_profile(connection, prior_seq + 1, epoch.profile)
    return frozen


def _is_named(connection: Connection, certificate: Certificate, digest: bytes) -> bool:
    """Tell whether a certificate continues a record by its digest, or by the start of an epoch that was left empty."""
    if certificate.prior_digest == digest:
        return True
    empty = journal.certificate(connection, Side.STATION, certificate.epoch - 1)
    if empty is None or empty[0].start()[1:] != (certificate.prior_seq, certificate.prior_digest):
        return False
    return _is_named(connection, empty[0], digest)


def hq_public_key(connection: Connection) -> bytes:
    """Give HQ's public key as approved at enrolment; empty before it."""
    return reference.setting(connection, HQ_PUBLIC_KEY)
