"""Money as integer fen: parsing, formatting, exact splitting, and the words for a receipt.

One yuan is 100 fen. No float appears anywhere; a rate is an integer number of parts per million.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PER_MILLION = 1_000_000
FEN_MAX = 10**14 - 1
"""Largest amount anything here accepts: twelve digits of yuan."""

_YUAN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")


class AmountRefusedError(ValueError):
    """Text is no amount of money; the message is one sentence naming the text."""


def parse_yuan(text: str) -> int:
    """Read an amount keyed or written in yuan, such as ``72.6`` or ``0.05``, as fen.

    At most twelve digits before the point and two after it; no sign, no blank inside, no grouping.

    Raises:
        AmountRefusedError: the text is anything else.
    """
    stripped = text.strip()
    if not _YUAN.fullmatch(stripped):
        message = f"{text[:40]!r} is not an amount in yuan with at most two decimals"
        raise AmountRefusedError(message)
    yuan, _, fen = stripped.partition(".")
    return int(yuan) * 100 + int(fen.ljust(2, "0") or "0")


def format_yuan(amount_fen: int, *, grouped: bool = True) -> str:
    """Write fen as yuan with two decimals, ``1,286.50``; a negative amount carries a leading minus."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{yuan:,}.{fen:02d}" if grouped else f"{sign}{yuan}.{fen:02d}"


def split_fen(total_fen: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share an amount by weight so that the shares sum to it exactly (largest remainder, first wins ties).

    Raises:
        ValueError: a weight is negative, all are zero, or the total is negative.
    """
    weight_sum = sum(weights)
    if total_fen < 0 or weight_sum <= 0 or min(weights) < 0:
        message = "an amount is split by weights that are not negative and not all zero"
        raise ValueError(message)
    shares = [total_fen * weight // weight_sum for weight in weights]
    remainders = [total_fen * weight % weight_sum for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: total_fen - sum(shares)]:
        shares[i] += 1
    return tuple(shares)


def rate_of(amount_fen: int, rate_per_million: int) -> int:
    """Take a rate of an amount, rounded half away from zero once, in fen."""
    quotient, remainder = divmod(abs(amount_fen) * rate_per_million, PER_MILLION)
    rounded = quotient + (2 * remainder >= PER_MILLION)
    return -rounded if amount_fen < 0 else rounded


def uppercase_rmb(amount_fen: int) -> str:
    """Write an amount in formal uppercase, 人民币大写, as receipts and vouchers require.

    The usual bank rules leave choices; ours are: an inner zero writes 零 once (also across 万 and 亿), none stands
    between 元 and 角, 整 follows 元 only, and ten is 壹拾. Zero is 零元整.

    Raises:
        ValueError: the amount is negative or above twelve digits of yuan.
    """
    if not 0 <= amount_fen <= FEN_MAX:
        message = f"{amount_fen} fen cannot be written in words"
        raise ValueError(message)
    yuan, fen = divmod(amount_fen, 100)
    jiao, fen = divmod(fen, 10)
    text = "人民币" + (_integer_in_words(yuan) + "元" if yuan or not (jiao or fen) else "")
    if not jiao and not fen:
        return text + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif yuan:
        text += "零"
    return text + (_DIGITS[fen] + "分" if fen else "")


def _integer_in_words(value: int) -> str:
    """Walk the digits from high to low; a run of zeros writes one 零 when a digit follows, also across 万 and 亿."""
    if value == 0:
        return _DIGITS[0]
    digits = f"{value:012d}"
    words, zero_due = "", False
    for section, unit in enumerate(("亿", "万", "")):
        group = digits[4 * section : 4 * section + 4]
        for place, digit in zip(_PLACES, group, strict=True):
            if digit == "0":
                zero_due = bool(words)
                continue
            words += (_DIGITS[0] if zero_due else "") + _DIGITS[int(digit)] + place
            zero_due = False
        words += unit if int(group) else ""
    return words
