"""Who sent a signed message: a station that is approved, under the key in force, by a clock that is near ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hq_server.reference.stations import current_certificate
from hq_server.wording import RefusedError
from station_journal.side import Side

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.signed_message import SignedMessage

CLOCK_SLACK = timedelta(minutes=10)


def check_sender(connection: Connection, station_code: str, message: SignedMessage) -> None:
    """Check that a message is the station's that it names.

    Raises:
        RefusedError: the station is not approved, or the message is not signed by its key.
    """
    certificate = current_certificate(connection, station_code, Side.STATION)
    if certificate is None or certificate.closed:
        raise RefusedError("not_approved", f"站点 {station_code} 尚未开通", f"station {station_code} is not approved")
    try:
        message.check(certificate.read().public_key)
    except ValueError as error:
        raise RefusedError("unknown_station", "报文的签名不是这个站点的", str(error)) from error


def check_asked(asked_at_s: int, now: datetime) -> None:
    """Check when a question was asked, so that one that was overheard is not asked again for ever.

    Raises:
        RefusedError: the time is none, or too far from ours.
    """
    try:
        asked_at = datetime.fromtimestamp(asked_at_s, UTC)
    except (OverflowError, ValueError, OSError):
        asked_at = datetime.fromtimestamp(0, UTC)
    if abs(asked_at - now) > CLOCK_SLACK:
        raise RefusedError("clock", "站点时钟与总部相差太多", "the station's clock is too far from HQ's")
