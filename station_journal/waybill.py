"""Waybill numbers: what a scan may carry, the UPU S10 check digit, and whose number it looks like.

A waybill of another form is accepted all the same: carriers change their numbers. Only a number of the S10 form is
held to its check digit (UPU S10; domain rules 4.7 and 4.8).
"""

from __future__ import annotations

import re

WAYBILL_LENGTH = range(6, 33)
TAIL_DIGITS = 5
_WAYBILL = re.compile(r"[0-9A-Z]+(?:-[0-9A-Z]+)*")
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_CARRIERS = (
    ("SF", re.compile(r"SF[0-9]{13}|[0-9]{12}")),
    ("JD", re.compile(r"JD[A-Z0-9]{11,}")),
    ("YTO", re.compile(r"YT[0-9]{13}")),
    ("JT", re.compile(r"JT[0-9]{13}")),
    ("POST", re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}|1[0-2][0-9]{11}|9[78][0-9]{11}")),
    ("ZTO", re.compile(r"7[0-9]{12,14}")),
)


class WaybillRefusedError(ValueError):
    """A text is no waybill number; the message is one sentence."""


def read_waybill(text: str) -> str:
    """Read a scanned or typed waybill number; blanks around it and lower case do not matter.

    Raises:
        WaybillRefusedError: it has another form, or the S10 form with a wrong check digit.
    """
    waybill = text.strip().upper()
    if len(waybill) not in WAYBILL_LENGTH or not _WAYBILL.fullmatch(waybill):
        raise WaybillRefusedError(f"{text[:40]!r} is no waybill number")
    if _S10.fullmatch(waybill) and not s10_is_valid(waybill):
        raise WaybillRefusedError(f"{waybill} has a wrong check digit: {s10_check_digit(waybill[2:10])} belongs there")
    return waybill


def s10_check_digit(serial: str) -> int:
    """Compute the check digit of eight serial digits (UPU S10, section 5): 11 minus the weighted sum modulo 11."""
    weighted = sum(int(digit) * weight for digit, weight in zip(serial, _S10_WEIGHTS, strict=True))
    digit = 11 - weighted % 11
    return {10: 0, 11: 5}.get(digit, digit)


def s10_is_valid(waybill: str) -> bool:
    """Tell whether a number is of the S10 form with a right check digit."""
    return bool(_S10.fullmatch(waybill)) and int(waybill[10]) == s10_check_digit(waybill[2:10])


def waybill_tail(waybill: str) -> str:
    """Give what a waybill is looked up by: the last five digits in it; of an S10 number those before its country."""
    return "".join(character for character in waybill if character.isdigit())[-TAIL_DIGITS:]


def likely_carrier(waybill: str) -> str:
    """Name the carrier whose form a number has, empty where none is known; a hint, never a reason to refuse."""
    return next((name for name, form in _CARRIERS if form.fullmatch(waybill)), "")
