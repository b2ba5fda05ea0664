"""What may be asked about the chain behind a record, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrintChain:
    """Put the chain behind a record on paper; ``answer`` are HQ's signed bytes, or none.

    ``of_seq`` is one of the station's own records, 0 for one of HQ's that the answer names. ``grant_no`` is the sealed
    grant that the record opened, 0 for a record of another kind.
    """

    operator_no: int
    of_seq: int
    answer: bytes = b""
    grant_no: int = 0
