"""What may not leave a card terminal's driver: card numbers and expiry dates in the texts that a terminal sends.

Fields that hold them are dropped by each codec; this is for free text (receipt lines, messages), where a terminal may
print more than it should. A merchant number that is as long as a card number is cut down too: that costs little.
PCI DSS 3.4.1 allows the last four digits to be seen.
"""

from __future__ import annotations

import re
from typing import Final

_CARD_NUMBER: Final = re.compile(r"[0-9](?:[ .\-]{0,2}[0-9]){11,}")
_TRACK_2: Final = re.compile(r"[0-9]{12,19}[=D^][0-9]{4,}")
_EXPIRY: Final = re.compile(r"(?<![0-9/.])(?:0[1-9]|1[0-2])/(?:20)?[0-9]{2}(?![0-9/])")
_LAST: Final = 4


def mask_card_data(text: str) -> str:
    """Cut every run of 12 digits or more to its last four; hide expiry dates and tracks, drop control characters."""
    printable = "".join(char for char in text if char.isprintable())
    without_tracks = _TRACK_2.sub(lambda found: "*" * len(found[0]), printable)
    without_expiry = _EXPIRY.sub("**/**", without_tracks)
    return _CARD_NUMBER.sub(_last_four, without_expiry)


def last_four(digits: str) -> str:
    """The last four characters when they are digits, otherwise nothing: a masked end tells no card."""
    end = digits[-_LAST:]
    return end if len(end) == _LAST and end.isascii() and end.isdecimal() else ""


def _last_four(found: re.Match[str]) -> str:
    digits = re.sub("[^0-9]", "", found[0])
    return "*" * (len(digits) - _LAST) + digits[-_LAST:]
