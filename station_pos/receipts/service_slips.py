"""Which records of the services issue a slip, and who composes it from the stored record: each service listed once.

A service's module gives ``SLIPS`` (who composes the slip of which fact) and may give ``FROZEN``: facts whose slip is a
signed statement, of which a copy is the stored paper with a mark and is never composed anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcels import ParcelsHandedOff
from station_pos.receipts import (
    cash_slips,
    chain_slips,
    dispute_slips,
    goods_slips,
    grant_slips,
    parcel_slips,
    withdrawal_slips,
)
from station_pos.receipts.slip_facts import Slip as Slip  # noqa: PLC0414, TC001 - read with the list
from station_pos.receipts.slip_facts import SlipFacts as SlipFacts  # noqa: PLC0414, TC001

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact

SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {
    **cash_slips.SLIPS,
    **chain_slips.SLIPS,
    **grant_slips.SLIPS,
    **goods_slips.SLIPS,
    **dispute_slips.SLIPS,
    **withdrawal_slips.SLIPS,
    **parcel_slips.SLIPS,
}
"""Who composes the slip of a record, by its fact."""

FROZEN: frozenset[type[Fact]] = frozenset({*cash_slips.FROZEN, *chain_slips.FROZEN, *parcel_slips.FROZEN})
"""Facts whose slip is a signed statement."""


def issues_slip(fact: Fact) -> bool:
    """Tell whether a record issues a slip; a hand-off does where it collected cash."""
    return type(fact) in SLIPS and not (isinstance(fact, ParcelsHandedOff) and not fact.collected_fen)
