"""Masking of personal data for screens, paper and lists.

Sources: GB/T 41833-2022 (face sheets: at least one character of a name hidden),
JR/T 0171-2020 (personal financial information).
"""

from __future__ import annotations

_TAIL = 2
_HEAD = 4
_PHONE_TAIL = 4
_MOBILE_DIGITS = 11


def mask_name(name: str) -> str:
    """Hide the first character of a name, ``*秀兰``; a name of one character is hidden whole."""
    stripped = name.strip()
    return "*" + stripped[1:] if len(stripped) > 1 else "*" * len(stripped)


def mask_account(account_no: str) -> str:
    """Hide the middle of an account number, ``0081****67``; a short one shows its last two characters only."""
    if len(account_no) <= _HEAD + _TAIL:
        return "*" * max(0, len(account_no) - _TAIL) + account_no[-_TAIL:]
    return account_no[:_HEAD] + "*" * (len(account_no) - _HEAD - _TAIL) + account_no[-_TAIL:]


def mask_phone(phone: str) -> str:
    """Hide the middle of a phone number known by head and tail, ``138****6621``, for the operator's own screen.

    ``phone`` is three and four digits, or the last four alone.
    """
    return (phone[:-_PHONE_TAIL] or "***") + "****" + phone[-_PHONE_TAIL:] if phone else ""


def mask_phone_on_label(phone: str) -> str:
    """Hide six digits of a phone number known by head and tail, ``138******34`` (GB/T 41833-2022: at least six)."""
    return (phone[:-_PHONE_TAIL] or "***") + "******" + phone[-_TAIL:] if phone else ""


def phone_key(number: str) -> str:
    """Reduce a whole phone number to what the journal keeps of it: the first three digits and the last four.

    A number too short for that keeps its last four digits alone.
    """
    digits = "".join(character for character in number if character.isdigit())
    return digits[:3] + digits[-_PHONE_TAIL:] if len(digits) >= _MOBILE_DIGITS else digits[-_PHONE_TAIL:]
