"""What stands in a database of HQ, kept in memory and put into an empty one: a long preparation is made once a worker.

Rows are copied as they are, with the numbers that the sequences have come to; no rule of HQ runs when they are put
back, as all ran when they were made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from psycopg import sql

from hq_server.db import metadata, raw_connection

if TYPE_CHECKING:
    from psycopg import Cursor
    from sqlalchemy import Engine


@dataclass(frozen=True)
class KeptRows:
    """The rows of every table that has some, and every sequence that was used."""

    rows: tuple[tuple[str, bytes], ...]
    sequences: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Read all that is in the database."""
        with engine.connect() as connection:
            cursor = raw_connection(connection).cursor()
            copied = ((table.name, _copied(cursor, table.name)) for table in metadata.sorted_tables)
            rows = tuple((name, data) for name, data in copied if data)
            cursor.execute(
                "SELECT sequencename, last_value FROM pg_sequences"
                " WHERE schemaname = 'public' AND last_value IS NOT NULL"
            )
            return cls(rows, tuple(cursor.fetchall()))

    def put_into(self, engine: Engine) -> None:
        """Put all into a database that has nothing but what the schema begins with."""
        with engine.begin() as connection:
            self._put(raw_connection(connection).cursor(), [name for name, _ in self.rows])

    def put_in_place_of_all(self, engine: Engine) -> None:
        """Take out whatever is in a database, end all who are still at it, and put this in its place."""
        with engine.begin() as connection:
            cursor = raw_connection(connection).cursor()
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            cursor.execute(
                "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
                " JOIN pg_class ON pg_class.oid = seqrelid WHERE relnamespace = 'public'::regnamespace"
            )
            self._put(cursor, [table.name for table in metadata.sorted_tables])

    def _put(self, cursor: Cursor[tuple[str, int]], emptied: list[str]) -> None:
        # What belongs together comes and goes one by one; on Citus the nodes are told so too.
        cursor.execute("SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL session_replication_role = replica")
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in emptied]
        cursor.execute(sql.SQL("; ").join(deletes))
        for name, data in self.rows:
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as into:
                into.write(data)
        for sequence, value in self.sequences:
            cursor.execute("SELECT setval(%s::regclass, %s)", (sequence, value))


def _copied(cursor: Cursor[tuple[str, int]], name: str) -> bytes:
    with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as out:
        return b"".join(bytes(block) for block in out)
