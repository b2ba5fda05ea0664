"""The amount guard: ask again only when an amount is odd for this account.

Confirmations do not save money, people press through them; so silence on ordinary bills matters as much as catching a
slip by a factor of ten. Judged by the account's own recent amounts at this station, as ratios, in integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORY_LEAST = 3
"""With fewer earlier amounts nothing is odd: there is nothing to compare with."""
_WIDE = 5
"""An account whose greatest amount is above this multiple of its least is irregular: only far outside is odd."""

_FAR = 5
"""Outside the range, this multiple or part of the middle amount is odd: half of a factor of ten."""


def is_odd(amount_fen: int, history_fen: Sequence[int]) -> bool:
    """Tell whether an amount should be keyed once more.

    ``history_fen`` holds the account's recent amounts, in any order. An amount equal to an earlier one is never odd.
    A regular account's amounts lie within a factor of about two and a half of its range; a slip of the point does not.
    """
    known = sorted(fen for fen in history_fen if fen > 0)
    if len(known) < HISTORY_LEAST or amount_fen in known:
        return False
    least, most = known[0], known[-1]
    # A slip of the point lies outside the range and far from the middle, however wide the range is.
    if amount_fen > most and amount_fen >= _FAR * known[len(known) // 2]:
        return True
    if amount_fen < least and amount_fen * _FAR <= known[(len(known) - 1) // 2]:
        return True
    if most > _WIDE * least:
        return amount_fen > 3 * most or amount_fen * 3 < least
    # Two and a half times the usual range, on either side.
    return 2 * amount_fen > 5 * most or 5 * amount_fen < 2 * least
