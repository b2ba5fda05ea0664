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
_FAR = 5
"""Beyond the usual range by this factor an amount is odd whatever the digits."""


def is_odd(amount_fen: int, history_fen: Sequence[int]) -> bool:
    """Tell whether an amount should be keyed once more.

    ``history_fen`` holds the account's recent amounts, in any order. An amount equal to an earlier one is never odd.
    """
    known = sorted(fen for fen in history_fen if fen > 0)
    if len(known) < HISTORY_LEAST or amount_fen in known:
        return False
    middle_fen = known[len(known) // 2]
    if _spread_wide(known):
        # An account of very unlike amounts (summer and winter) is odd only beyond all of them.
        return amount_fen > _FAR * known[-1] or amount_fen * _FAR < known[0]
    return (
        amount_fen > known[-1] * _FAR // 2 + 1
        and amount_fen > 3 * middle_fen
        or (amount_fen * _FAR < known[0] * 2 and amount_fen * 3 < middle_fen)
    )


def _spread_wide(known: Sequence[int]) -> bool:
    return known[-1] > _FAR * known[0]
