"""Amounts as a layout writes them, read into integer fen; a sign may be a minus or a letter, digits may be padded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

DIGITS_MAX = 12
"""Digits of an amount in front of the point; totals may have `TOTAL_DIGITS` of fen."""
TOTAL_DIGITS = 16


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How amounts are written.

    `sign` is what may stand in front: nothing, a minus, or one of `letters`, which give +1 or -1. `zeros` allows
    padding with zeros, `point_zero` a ``.00`` behind whole fen, `thousands` commas between groups of three.
    """

    unit: Literal["fen", "yuan"] = "fen"
    sign: Literal["none", "minus", "letter"] = "none"
    letters: dict[str, int] = field(default_factory=dict, hash=False)
    zeros: bool = False
    point_zero: bool = False
    thousands: bool = False

    @property
    def says_direction(self) -> bool:
        """Tell whether a number of this form says which way money went."""
        return self.sign != "none"

    def pattern(self, digits_max: int = DIGITS_MAX) -> re.Pattern[str]:
        """Compile the form; group 1 is the sign, 2 the whole part, 3 the decimals."""
        sign = {"none": "", "minus": "-?", "letter": f"[{''.join(map(re.escape, self.letters))}]"}[self.sign]
        whole = f"[0-9]{{1,{digits_max}}}" if self.zeros else f"0|[1-9][0-9]{{0,{digits_max - 1}}}"
        if self.thousands:
            whole += "|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}"
        decimals = r"(?:\.([0-9]{1,2}))?" if self.unit == "yuan" else r"(?:\.(0{1,2}))?" if self.point_zero else "()"
        return re.compile(f"({sign})({whole}){decimals}")

    def reader(self, digits_max: int = DIGITS_MAX) -> NumberReader:
        """Make the reader of the form."""
        return NumberReader(self, self.pattern(digits_max))


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads one form of numbers; anything else is None."""

    form: NumberForm
    _pattern: re.Pattern[str]

    def read(self, text: str) -> int | None:
        """Read an amount, in fen with its sign."""
        match = self._pattern.fullmatch(text)
        if match is None:
            return None
        sign, whole, decimals = match.groups()
        fen = int(whole.replace(",", "") if "," in whole else whole)
        if self.form.unit == "yuan":
            fen = fen * 100 + int((decimals or "").ljust(2, "0") or 0)
        if not sign:
            return fen
        return -fen if sign == "-" or self.form.letters.get(sign, 1) < 0 else fen

    def written(self, fen: int) -> str:
        """Write a sum plainly in the form's unit, for a sentence."""
        if self.form.unit == "fen":
            return str(fen)
        return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
