"""Masking of personal data for screens, paper and lists.

Sources: GB/T 41833-2022 (face sheets: at least one character of a name hidden),
JR/T 0171-2020 (personal financial information).
"""

from __future__ import annotations

_TAIL = 2
_HEAD = 4


def mask_name(name: str) -> str:
    """Hide the first character of a name, ``*秀兰``; a name of one character is hidden whole."""
    stripped = name.strip()
    return "*" + stripped[1:] if len(stripped) > 1 else "*" * len(stripped)


def mask_account(account_no: str) -> str:
    """Hide the middle of an account number, ``0081****67``; a short one shows its last two characters only."""
    if len(account_no) <= _HEAD + _TAIL:
        return "*" * max(0, len(account_no) - _TAIL) + account_no[-_TAIL:]
    return account_no[:_HEAD] + "*" * (len(account_no) - _HEAD - _TAIL) + account_no[-_TAIL:]
