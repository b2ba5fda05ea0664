"""How much a card may still withdraw today, what the fee is, and what looks like getting around the limit; pure rules.

The cap is cumulative over the calendar day in Beijing's time (domain rule 2.2, item 1): successes and unknown results
count, what is known to be undone does not. A card is known by the terminal's token, else by issuer and last four
digits, counted conservatively: what was not shown might be the same card.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from station_journal.facts.withdrawals import FeePayer, FirstFreeScope
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.withdrawal_orders import CardSeen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from station_journal.rules.withdrawal import Terms, Withdrawal

REPEAT_MINUTES = 10
REPEAT_COUNT = 3
"""The third withdrawal of one card within so many minutes is pointed out."""
_SUCCESSES = frozenset(
    {WithdrawalState.APPROVED, WithdrawalState.PAYABLE, WithdrawalState.VOIDING, WithdrawalState.PAID}
)


def card_of(withdrawal: Withdrawal) -> CardSeen:
    """Give the card of a withdrawal as far as it is known."""
    return CardSeen(withdrawal.card_last4, withdrawal.issuer, withdrawal.card_token)


def may_be_same_card(one: CardSeen, other: CardSeen) -> bool:
    """Tell whether two cards may be one: where anything is missing they are taken to be."""
    if one.token and other.token:
        return one.token == other.token
    alike = not one.last4 or not other.last4 or one.last4 == other.last4
    return alike and (not one.issuer or not other.issuer or one.issuer == other.issuer)


def counts(withdrawal: Withdrawal) -> bool:
    """Tell whether a withdrawal counts towards the cap: it took effect, may have, or the bank says that it did."""
    word = withdrawal.last_word
    if withdrawal.state is WithdrawalState.FAILED:
        return word is not None and word.debited
    return True


def card_day_fen(withdrawals: Iterable[Withdrawal], card: CardSeen, but_seq: int = 0) -> int:
    """Add up what a card has withdrawn among a day's withdrawals; ``but_seq`` is the one being decided on."""
    return sum(
        one.amount_fen
        for one in withdrawals
        if one.seq != but_seq and counts(one) and may_be_same_card(card_of(one), card)
    )


class Fee(NamedTuple):
    """A fee in fen and who pays it."""

    fee_fen: int
    payer: FeePayer


def fee_of(terms: Terms, earlier_this_month: Iterable[Withdrawal], card: CardSeen) -> Fee:
    """Give the fee of a card's withdrawal: by the terms, and free where the month's first one is free for all cards.

    Which cards are subsidy cards only the bank knows; its daily file tells the fee that it took.
    """
    free_for_all = terms.first_free_scope is FirstFreeScope.ALL_CARDS
    had_one = any(one.state in _SUCCESSES and may_be_same_card(card_of(one), card) for one in earlier_this_month)
    if terms.fee_payer is FeePayer.WAIVED or (free_for_all and not had_one):
        return Fee(0, FeePayer.WAIVED)
    return Fee(terms.fee_fen, terms.fee_payer)


def repeats(withdrawals: Iterable[Withdrawal], card: CardSeen, at: datetime) -> int:
    """Count a card's withdrawals in the last minutes before a moment, that one included: three are pointed out."""
    since = at - timedelta(minutes=REPEAT_MINUTES)
    if not card.last4 and not card.token:
        return 0
    return sum(
        since <= one.recorded_at <= at and counts(one) and _same_known(card_of(one), card) for one in withdrawals
    )


def _same_known(one: CardSeen, other: CardSeen) -> bool:
    return bool(one.last4 or one.token) and may_be_same_card(one, other)


NOTES_FEN = (10_000, 5_000, 1_000)


def note_mix(amount_fen: int) -> tuple[tuple[int, int], ...]:
    """Suggest which notes to hand out for a multiple of 10.00, as (note in fen, count): one hundred in change.

    With 200.00 or more, the last hundred is broken into smaller notes that a customer can spend in a village.
    """
    hundreds, rest_fen = divmod(amount_fen, NOTES_FEN[0])
    if hundreds > 1:
        hundreds, rest_fen = hundreds - 1, rest_fen + NOTES_FEN[0]
    mix = [(NOTES_FEN[0], hundreds)]
    fifties = 1 if rest_fen >= NOTES_FEN[1] else 0
    mix += [(NOTES_FEN[1], fifties), (NOTES_FEN[2], (rest_fen - fifties * NOTES_FEN[1]) // NOTES_FEN[2])]
    return tuple((note, count) for note, count in mix if count)
