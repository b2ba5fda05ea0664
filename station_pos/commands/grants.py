"""Opening a sealed grant at the counter: once, in time, and ten wrong codes a day at most.

A code whose check digits do not fit never comes here: it opens nothing anywhere and costs no try.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.grants import CodeRefusal, GrantCodeRefused, SealedGrantReleased
from station_journal.payment import Suspense
from station_journal.rules.grants import CodeTries, Grant, broken_by, grant_key
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_pos.commands.grant_orders import ReleaseSealedGrant
    from station_pos.commands.view import Moment, StationView

TRIES_A_DAY = 10

_TOO_LATE = {
    Suspense.GRANT_SPENT: Refusal.GRANT_SPENT,
    Suspense.GRANT_REVOKED: Refusal.GRANT_REVOKED,
    Suspense.GRANT_EXPIRED: Refusal.GRANT_EXPIRED,
}
"""Why the right code opens nothing; it is nobody's guess, so it costs no try."""


def release(command: ReleaseSealedGrant, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a code: it opens its grant, or the try is recorded."""
    tries = view.subject(CodeTries, moment.business_date.isoformat())
    if tries is not None and tries.refused >= TRIES_A_DAY:
        return Refused(Refusal.CODE_TRIES_USED, (("most", TRIES_A_DAY),))
    grant = view.subject(Grant, grant_key(command.grant_no)) if command.grant_no else None
    broken = broken_by(grant, command.key, moment.business_date, moment.seen_seq)
    if grant is None or broken is Suspense.GRANT_UNKNOWN:
        return [GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT)]
    if broken is Suspense.GRANT_KEY_WRONG:
        return [GrantCodeRefused(grant.grant_no, CodeRefusal.WRONG_CODE)]
    if broken is not None:
        until = ("valid_until", grant.valid_until.isoformat())
        return Refused(_TOO_LATE[broken], (("amount_fen", grant.amount_fen), until))
    return [SealedGrantReleased(grant.grant_no, command.key)]
