"""What can go wrong between the station and HQ, each with its sentence."""

from __future__ import annotations

from enum import StrEnum

from station_pos.sync.wording import TEXT


class LinkFault(StrEnum):
    """Why HQ was not reached or not understood; the values are the ids of their sentences."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    CUT = "cut"
    UNTRUSTED = "untrusted"
    HQ_FAULT = "hq_fault"
    HQ_REFUSED = "hq_refused"
    TOO_LARGE = "too_large"
    NOT_HQ = "not_hq"
    ADDRESS_WRONG = "address_wrong"


class LinkError(Exception):
    """A call to HQ failed; ``fault`` names why, ``status`` is HTTP's (0 without one), ``body`` what HQ said of it."""

    def __init__(self, fault: LinkFault, *, status: int = 0, body: bytes = b"", url: str = "") -> None:
        """Keep the reason beside the sentence made of it."""
        super().__init__(TEXT(fault.value, status=status, url=url))
        self.fault = fault
        self.status = status
        self.body = body
