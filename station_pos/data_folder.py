"""What is done with a closed data folder, or beside a running counter: check it, derive it again, write it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.bootstrap import now
from station_pos.counter import OperatorRow
from station_pos.register import Register
from station_pos.store.database import Database
from station_pos.workers.hq_link import KEYS_NAME

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from station_pos.register.inspection import Verified


def verify_folder(folder: Path) -> Verified:
    """Check both journals of a data folder, beside a running counter too.

    Raises:
        StoreError: nothing there, or it cannot be read.
    """
    from station_pos.register.inspection import verify

    database = Database(folder, shared=True)
    try:
        return verify(database)
    finally:
        database.close()


def operators_of(folder: Path) -> tuple[OperatorRow, ...]:
    """List the operators of a data folder, beside a running counter too; none where it has none or cannot be read."""
    from station_pos.queries import Queries
    from station_pos.store.errors import StoreError
    from station_pos.store.reference import Tariffs

    try:
        database = Database(folder, shared=True)
    except StoreError:
        return ()
    try:
        queries = Queries(database, Tariffs())
        with database.reading() as connection:
            found = queries.view(connection).operators()
    except StoreError:
        return ()
    finally:
        database.close()
    return tuple(OperatorRow(one.operator_no, one.name, one.role) for one in found)


def compare_folder(folder: Path) -> tuple[tuple[str, ...], str]:
    """Say which derived tables of a data folder differ from the journals, and where the fold had to stop.

    Raises:
        StoreError: nothing there, in use, or it cannot be read.
    """
    from station_pos.register.inspection import compare

    database = Database(folder)
    try:
        found = compare(database)
    finally:
        database.close()
    return found.differing, found.blocked


def rebuild_folder(folder: Path) -> str:
    """Derive every figure of a data folder again; gives why the fold had to stop, empty if it did not.

    Raises:
        StoreError, RegisterFault: nothing there, in use, or it cannot be written.
    """
    database = Database(folder)
    try:
        register = Register(database, now)
        register.rebuild()
        blocked = register.blocked()
    finally:
        database.close()
    return "" if blocked is None else str(blocked)


def export_folder(folder: Path, target: Path, pass_phrase: str) -> int | None:
    """Write both journals with every proof to a file; gives its size, None for a wrong pass phrase.

    Raises:
        StoreError, KeystoreError, OSError: one sentence each; a file of that name is replaced only when all is written.
    """
    from station_journal.side import Side
    from station_pos.keystore import KeyFault, Keystore, KeystoreError
    from station_pos.register.inspection import export
    from station_pos.store import journal

    database = Database(folder, shared=True)
    try:
        with database.reading() as connection:
            found = journal.certificate(connection, Side.STATION)
        try:
            key = Keystore(folder / KEYS_NAME).open(found[0].epoch if found else 0, pass_phrase)
        except KeystoreError as error:
            if error.fault is KeyFault.WRONG_PASS_PHRASE:
                return None
            raise
        part = target.with_name(target.name + ".part")
        with part.open("wb") as file:
            count = sum(file.write(chunk) for chunk in export(database, key))
        part.replace(target)
        return count
    finally:
        database.close()


def withdrawal_register(folder: Path, first: date, last: date) -> str:
    """Write the register of withdrawals of some calendar days as CSV.

    Raises:
        StoreError: nothing enrolled there, or it cannot be read.
    """
    import csv
    import io

    from station_journal.money import format_yuan
    from station_journal.register_line import REGISTER_HEADER, register_line
    from station_pos.store import reference, withdrawal_rows

    database = Database(folder, shared=True)
    try:
        with database.reading() as connection:
            station_code = reference.setting(connection, "station_code").decode()
            found = withdrawal_rows.between(connection, first, last)
    finally:
        database.close()
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(REGISTER_HEADER)
    writer.writerows(register_line(station_code, one, format_yuan) for one in found)
    return made.getvalue()
