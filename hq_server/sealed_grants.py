"""Which sealed grants of a station stand, what is at stake by them, and which one a purchase by code takes.

Read from the books and from what HQ's journal said a moment ago; nothing here changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from hq_server.db.desk_tables import credit_purchases
from hq_server.db.journal_tables import journal_records
from hq_server.db.ledger_tables import standings, subjects
from hq_server.wording import RefusedError
from station_journal.codec import decode
from station_journal.facts.grants import SealedGrantReturned, SealedGrantRevoked
from station_journal.money import format_yuan
from station_journal.rules.grants import CodeTries, Grant, GrantState, grant_key
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

Closing = SealedGrantRevoked | SealedGrantReturned
"""What ends a sealed grant that nobody released."""


class Exposure(NamedTuple):
    """What HQ has at stake at a station: unsold (a code that leaked would be lost), sold, and released, in fen."""

    unsold_fen: int
    sold_fen: int
    released_fen: int


def grants_of(connection: Connection, station_code: str) -> list[Grant]:
    """List the sealed grants of a station as far as both journals are posted, by number."""
    table = subjects.c
    query = select(table.data).where(table.station_code == station_code, table.kind == Grant.SUBJECT)
    return [from_row_bytes(Grant, data) for data in connection.scalars(query.order_by(table.key))]


def find_grant(connection: Connection, station_code: str, grant_no: int) -> Grant:
    """Find a sealed grant.

    Raises:
        RefusedError: the station has none of that number.
    """
    table = subjects.c
    this = (table.station_code == station_code) & (table.kind == Grant.SUBJECT) & (table.key == grant_key(grant_no))
    data = connection.scalar(select(table.data).where(this))
    if data is None:
        raise RefusedError(
            "unknown_grant",
            f"站点 {station_code} 没有第 {grant_no} 号密封额度",
            f"station {station_code} has no sealed grant {grant_no}",
        )
    return from_row_bytes(Grant, data)


def told_since(connection: Connection, station_code: str, kind: type[Closing]) -> set[int]:
    """Give the sealed grants that HQ's journal speaks of in records which the books do not hold yet.

    What HQ said a moment ago binds whoever decides now, posted or not.
    """
    table = journal_records.c
    posted = select(standings.c.hq_seq).where(standings.c.station_code == station_code).scalar_subquery()
    newer = (
        (table.station_code == station_code) & (table.side == Side.HQ.value) & (table.seq > func.coalesce(posted, 0))
    )
    facts = (decode(data, Side.HQ).fact for data in connection.scalars(select(table.data).where(newer)))
    return {fact.grant_no for fact in facts if isinstance(fact, kind)}


def exposure(grants: Sequence[Grant], today: date) -> Exposure:
    """Add up what is at stake: a grant whose date has passed opens nothing any more."""
    return Exposure(
        sum(one.amount_fen for one in grants if one.state is GrantState.OPEN and one.valid_until >= today),
        sum(one.amount_fen for one in grants if one.state is GrantState.SOLD),
        sum(one.amount_fen for one in grants if one.state is GrantState.RELEASED),
    )


def codes_refused(connection: Connection, station_code: str) -> list[CodeTries]:
    """List the dates on which wrong codes were typed at a station, with how many, the latest first."""
    table = subjects.c
    query = select(table.data).where(table.station_code == station_code, table.kind == CodeTries.SUBJECT)
    return [from_row_bytes(CodeTries, data) for data in connection.scalars(query.order_by(table.key.desc()))]


def grant_to_sell(connection: Connection, station_code: str, amount_fen: int, today: date) -> Grant:
    """Choose the sealed grant that a purchase by code takes: of its exact amount, and surely at the station already.

    Raises:
        RefusedError: there is none; the purchase can still be granted over the line.
    """
    seen = connection.scalar(select(standings.c.seen_seq).where(standings.c.station_code == station_code)) or 0
    taken = set(
        connection.scalars(
            select(credit_purchases.c.grant_no).where(
                credit_purchases.c.station_code == station_code, credit_purchases.c.grant_no > 0
            )
        )
    )
    taken |= told_since(connection, station_code, SealedGrantRevoked)
    for grant in grants_of(connection, station_code):
        fits = grant.state is GrantState.OPEN and grant.amount_fen == amount_fen and grant.valid_until > today
        if fits and grant.sealed_seq <= seen and grant.grant_no not in taken:
            return grant
    raise RefusedError(
        "no_sealed_grant",
        f"站点没有 {format_yuan(amount_fen)} 元的密封额度可用, 请改为联网到账",
        f"no sealed grant of {format_yuan(amount_fen)} yuan lies at the station; grant it over the line instead",
    )
