"""Who is signed in at the console: one row a session, found by the hash of its cookie, ended by time or by hand."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.desk_tables import console_forms, console_sessions
from hq_server.db.reference_tables import staff
from hq_server.reference.staff import Role, StaffMember
from hq_server.wording import Language, RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

IDLE_MAX = timedelta(minutes=30)
LENGTH_MAX = timedelta(hours=10)
FORMS_KEPT = timedelta(days=2)
"""Longer than any session: a form is known as sent for as long as its session's token is good for anything."""
_TOKEN_BYTES = 32
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A session with its person; ``csrf_token`` stands in every form of it."""

    member: StaffMember
    csrf_token: str
    language: Language
    token_hash: bytes
    has_codes: bool
    is_password_given: bool


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
    connection.execute(delete(console_forms).where(console_forms.c.sent_at < now - FORMS_KEPT))
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
    query = (
        select(console_sessions, staff.c.name, staff.c.role, staff.c.totp_sealed, staff.c.is_password_given)
        .join(staff, staff.c.staff_no == table.staff_no)
        .where(table.token_hash == _hashed(token), ~staff.c.is_closed)
    )
    row = connection.execute(query).one_or_none()
    if row is None or now - row.used_at > IDLE_MAX or now - row.opened_at > LENGTH_MAX:
        return None
    if now - row.used_at > _TOUCH_EVERY:
        connection.execute(update(console_sessions).where(table.token_hash == row.token_hash).values(used_at=now))
    member = StaffMember(row.staff_no, row.name, Role(row.role))
    return Session(
        member,
        row.csrf_token,
        Language(row.language),
        row.token_hash,
        has_codes=row.totp_sealed is not None,
        is_password_given=row.is_password_given,
    )


def spend_form(connection: Connection, session: Session, number: str, now: datetime) -> None:
    """Note that a form is carried out, in the transaction of its deed: the same form counts once.

    A second click, a reload and the browser's back button send a form again. Of two at once one waits for the other.

    Raises:
        RefusedError: it was carried out before, or has no number.
    """
    form_hash = _hashed(f"{session.csrf_token}.{number}")
    values = {"form_hash": form_hash, "staff_no": session.member.staff_no, "sent_at": now}
    statement = insert(console_forms).values(values).on_conflict_do_nothing().returning(console_forms.c.form_hash)
    if not number or connection.scalar(statement) is None:
        raise RefusedError(
            "repeated",
            "这张表单已经提交过, 没有重复办理; 如确要再办一次, 请核对后重新提交",
            "this form was sent before and was not carried out again: look, and send it anew if you mean another",
        )


def choose_language(connection: Connection, token: str, language: Language) -> None:
    """Keep the language that a session is shown in."""
    mine = console_sessions.c.token_hash == _hashed(token)
    connection.execute(update(console_sessions).where(mine).values(language=language.value))


def close_session(connection: Connection, token: str) -> None:
    """End a session; its cookie opens nothing any more."""
    connection.execute(delete(console_sessions).where(console_sessions.c.token_hash == _hashed(token)))
