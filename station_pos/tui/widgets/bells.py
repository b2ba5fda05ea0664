"""Bells: one for done, two short for a wrong item, three short for refused, two long and one short for unknown.

A terminal has one sound, so length is rhythm: a long bell leaves a long pause behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.payment import PaymentStatus

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from station_journal.payment import Payment
    from station_journal.rules.withdrawal import Withdrawal

_SHORT_S = 0.18
_LONG_S = 0.7
DONE = (0.0,)
REFUSED = (0.0, _SHORT_S, 2 * _SHORT_S)
WRONG_ITEM = (0.0, _SHORT_S)
UNKNOWN = (0.0, _LONG_S, 2 * _LONG_S)
"""Two long ones; the last, nothing behind it, is the short one."""


def ring(node: DOMNode, pattern: tuple[float, ...]) -> None:
    """Ring a pattern of bells, each this many seconds after now."""
    for delay_s in pattern:
        if delay_s:
            node.app.set_timer(delay_s, node.app.bell)
        else:
            node.app.bell()


def ring_done(node: DOMNode) -> None:
    """Ring once: it is done."""
    ring(node, DONE)


def ring_refused(node: DOMNode) -> None:
    """Ring three times, short: it was not done."""
    ring(node, REFUSED)


def ring_wrong_item(node: DOMNode) -> None:
    """Ring twice, short: this is not the item that was asked for; look before going on."""
    ring(node, WRONG_ITEM)


def ring_unknown(node: DOMNode) -> None:
    """Ring two long and one short: nobody knows yet."""
    ring(node, UNKNOWN)


def ring_verdict(node: DOMNode, payment: Payment) -> None:
    """Ring for where a payment stands now, for an operator who does not look at it."""
    if payment.status is PaymentStatus.HELD and not payment.offline:
        ring_unknown(node)
    elif payment.status in {PaymentStatus.HELD, PaymentStatus.CONFIRMED}:
        ring_done(node)
    else:
        ring_refused(node)


def bell_step(withdrawal: Withdrawal) -> int:
    """Give the record a withdrawal last rings for: its pending slip, the instruction to pay, its failure; 0 before."""
    return max(withdrawal.pending_seq, withdrawal.instructed_seq, withdrawal.failed_seq)


def ring_withdrawal(node: DOMNode, withdrawal: Withdrawal) -> None:
    """Ring for where a withdrawal stands now: to be paid, not to be paid, unknown."""
    if withdrawal.unknown:
        ring_unknown(node)
    elif withdrawal.failed_seq:
        ring_refused(node)
    else:
        ring_done(node)
