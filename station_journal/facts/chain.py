"""What a station records of the chain behind a record: that it was put on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ChainPrinted:
    """The chain behind record ``of_seq`` of this station was printed, as HQ stated it in the answer of this SHA-256.

    ``answer_hash`` is empty where HQ had not been heard about it: the paper shows what the station itself knows.
    ``of_seq`` 0: the record is one of HQ's journal, and the answer, which is then there, names it.
    """

    KIND: ClassVar[int] = 50
    of_seq: int
    answer_hash: bytes


ChainStationFact = ChainPrinted
