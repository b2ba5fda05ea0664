"""References: documents by hash, station profiles, PIN hashes, cached bills, and single settings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.tariff import Tariff, TariffRefusedError, read_tariff
from station_pos.store.database import row, rows, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from station_journal.side import Side


CHAIN_ANSWERS_KEPT = 500
"""Of some kilobytes each; what was printed is kept as a document besides."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How the station is named on its papers; dated by the station record from which it holds."""

    station_name: str
    branch: str
    address: str
    complaint_line: str


@dataclass(frozen=True, slots=True)
class Pin:
    """The Argon2id hash of an operator's PIN, with the wrong tries since the last right one (UTC seconds if locked)."""

    pin_hash: str
    wrong_tries: int
    locked_until: int


def setting(connection: Connection, name: str) -> bytes:
    """Give a single setting, empty if it was never set."""
    found = row(connection, "SELECT value FROM settings WHERE name=?", (name,))
    return b"" if found is None else bytes(found[0])


def keep_setting(connection: Connection, name: str, value: bytes) -> None:
    """Set a single setting."""
    run(connection, "INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def profile(connection: Connection, seq: int) -> Profile:
    """Give the profile that held at a station record; blank before enrolment."""
    found = row(
        connection,
        """SELECT station_name, branch, address, complaint_line FROM profiles
           WHERE from_seq<=? ORDER BY from_seq DESC LIMIT 1""",
        (seq,),
    )
    return Profile("", "", "", "") if found is None else Profile(*found)


def keep_profile(connection: Connection, from_seq: int, given: Profile) -> None:
    """Let a profile hold from a station record on; papers issued before keep the one they had."""
    if profile(connection, from_seq) != given:
        run(
            connection,
            "INSERT OR REPLACE INTO profiles VALUES (?, ?, ?, ?, ?)",
            (from_seq, given.station_name, given.branch, given.address, given.complaint_line),
        )


def keep_document(connection: Connection, data: bytes) -> bytes:
    """Store a document under its SHA-256, which is given back."""
    named = hashlib.sha256(data).digest()
    run(connection, "INSERT OR IGNORE INTO documents VALUES (?, ?)", (named, data))
    return named


def keep_documents(connection: Connection, documents: Iterable[bytes]) -> None:
    """Store some documents."""
    for data in documents:
        keep_document(connection, data)


def erase_document(connection: Connection, named: bytes) -> None:
    """Erase a document: what names it stays, what it held does not (its bytes are overwritten)."""
    run(connection, "DELETE FROM documents WHERE hash=?", (named,))


def documents_beginning(connection: Connection, prefix: bytes) -> tuple[bytes, ...]:
    """Give the documents of one form, which begin alike."""
    found = rows(connection, "SELECT data FROM documents WHERE substr(data, 1, ?)=?", (len(prefix), prefix))
    return tuple(bytes(data) for (data,) in found)


def document(connection: Connection, named: bytes) -> bytes | None:
    """Give a document whose content still fits its name; None if it is not here or was altered."""
    found = row(connection, "SELECT data FROM documents WHERE hash=?", (named,))
    if found is None or hashlib.sha256(found[0]).digest() != named:
        return None
    return bytes(found[0])


class Tariffs:
    """Tariffs read from stored documents, each read once. A tariff whose content is absent or altered is None."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._read: dict[bytes, Tariff] = {}

    def over(self, connection: Connection) -> Callable[[bytes], Tariff | None]:
        """Give the look-up over one connection."""

        def look_up(named: bytes) -> Tariff | None:
            known = self._read.get(named)
            if known is None:
                data = document(connection, named)
                if data is None:
                    return None
                try:
                    known = read_tariff(data)
                except TariffRefusedError:
                    return None
                self._read[named] = known
            return known

        return look_up

    def forget(self) -> None:
        """Read every tariff from its document again."""
        self._read.clear()


def pin(connection: Connection, operator_no: int) -> Pin | None:
    """Give the PIN hash of an operator."""
    found = row(connection, "SELECT pin_hash, wrong_tries, locked_until FROM pins WHERE operator_no=?", (operator_no,))
    return None if found is None else Pin(*found)


def keep_pin(connection: Connection, operator_no: int, given: Pin) -> None:
    """Store the PIN hash of an operator."""
    run(
        connection,
        "INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?)",
        (operator_no, given.pin_hash, given.wrong_tries, given.locked_until),
    )


def keep_bill(connection: Connection, product_code: int, account_no: str, fetched_at: int, answer: str) -> None:
    """Keep the latest inquiry answer of an account (JSON), with its age in UTC seconds."""
    run(
        connection,
        "INSERT OR REPLACE INTO bill_cache VALUES (?, ?, ?, ?)",
        (product_code, account_no, fetched_at, answer),
    )


def bills_of_account(connection: Connection, account_no: str) -> list[tuple[int, int, str]]:
    """Give the kept answers for an account number: product code, UTC seconds, JSON."""
    found = rows(
        connection, "SELECT product_code, fetched_at, answer FROM bill_cache WHERE account_no=?", (account_no,)
    )
    return [tuple(values) for values in found]


def keep_chain_answer(connection: Connection, side: Side, seq: int, heard_at: int, answer: bytes) -> None:
    """Keep HQ's latest answer about a record (UTC seconds, signed bytes); the oldest answers make room."""
    run(connection, "INSERT OR REPLACE INTO heard_chains VALUES (?, ?, ?, ?)", (side.value, seq, heard_at, answer))
    run(
        connection,
        """DELETE FROM heard_chains WHERE rowid NOT IN
           (SELECT rowid FROM heard_chains ORDER BY heard_at DESC, seq DESC LIMIT ?)""",
        (CHAIN_ANSWERS_KEPT,),
    )


def chain_answer(connection: Connection, side: Side, seq: int) -> tuple[bytes, int] | None:
    """Give HQ's latest answer about a record, and when it came."""
    found = row(connection, "SELECT answer, heard_at FROM heard_chains WHERE side=? AND seq=?", (side.value, seq))
    return None if found is None else (bytes(found[0]), int(found[1]))
