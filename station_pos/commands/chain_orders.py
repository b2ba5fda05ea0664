"""What may be asked about the chain behind a record, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrintChain:
    """Put the chain behind one of the station's own records on paper; ``answer`` are HQ's signed bytes, or none."""

    operator_no: int
    of_seq: int
    answer: bytes = b""
