"""Who is signed in at the console: one row a session, found by the hash of its cookie, ended by time or by hand."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from hq_server.db.desk_tables import console_sessions
from hq_server.reference.staff import find_staff
from hq_server.wording import Language

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember

IDLE_MAX = timedelta(minutes=30)
LENGTH_MAX = timedelta(hours=10)
_TOKEN_BYTES = 32
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A session with its person; ``csrf_token`` stands in every form of it."""

    member: StaffMember
    csrf_token: str
    language: Language


def new_token() -> str:
    """Draw an unguessable token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def open_session(connection: Connection, member: StaffMember, language: Language, now: datetime) -> str:
    """Open a session for a person who has just signed in; gives the token for the cookie. Old sessions are swept."""
    table = console_sessions.c
    connection.execute(
        delete(console_sessions).where((table.used_at < now - IDLE_MAX) | (table.opened_at < now - LENGTH_MAX))
    )
    token = new_token()
    connection.execute(
        insert(console_sessions).values(
            token_hash=_hashed(token),
            staff_no=member.staff_no,
            csrf_token=new_token(),
            language=language.value,
            opened_at=now,
            used_at=now,
        )
    )
    return token


def find_session(connection: Connection, token: str, now: datetime) -> Session | None:
    """Find the session of a cookie and note its use; None where there is none or its time is over."""
    table = console_sessions.c
    row = connection.execute(select(console_sessions).where(table.token_hash == _hashed(token))).one_or_none()
    if row is None or now - row.used_at > IDLE_MAX or now - row.opened_at > LENGTH_MAX:
        return None
    member = find_staff(connection, row.staff_no)
    if member is None:
        return None
    if now - row.used_at > _TOUCH_EVERY:
        connection.execute(update(console_sessions).where(table.token_hash == row.token_hash).values(used_at=now))
    return Session(member, row.csrf_token, Language(row.language))


def choose_language(connection: Connection, token: str, language: Language) -> None:
    """Keep the language that a session is shown in."""
    mine = console_sessions.c.token_hash == _hashed(token)
    connection.execute(update(console_sessions).where(mine).values(language=language.value))


def close_session(connection: Connection, token: str) -> None:
    """End a session; its cookie opens nothing any more."""
    connection.execute(delete(console_sessions).where(console_sessions.c.token_hash == _hashed(token)))
