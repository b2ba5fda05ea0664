"""What the slip of a service is composed from, and what a composer gives.

A slip in two copies (shop, customer) is one paper with a cut between them: a record issues one paper, ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_journal.effects import BooksView
    from station_journal.records import Record
    from station_journal.side import Side
    from station_pos.receipts.paper import Paper
    from station_pos.receipts.receipt import Issuer


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """What a slip is composed from.

    ``record`` is the stored record ``seq`` that issues it and ``head`` the digest after it; ``books`` gives the
    subjects it is about as they stood when the slip was composed. ``issued_at`` is UTC; ``copy_no`` is 0 for the
    original. ``digest_of`` gives the digest after an earlier record of the station, ``operator_of`` an operator's name,
    ``document_of`` the bytes of a document by its SHA-256, None where it is not here, ``record_of`` a record of either
    journal, None where it is not here or cannot be read.
    """

    issuer: Issuer
    seq: int
    record: Record
    head: bytes
    books: BooksView
    issued_at: datetime
    operator_name: str
    digest_of: Callable[[int], bytes]
    operator_of: Callable[[int], str]
    document_of: Callable[[bytes], bytes | None]
    record_of: Callable[[Side, int], Record | None]
    copy_no: int = 0


class Slip(NamedTuple):
    """A composed slip: the paper, its title in the list of papers, and the amount to show there in fen (0 for none)."""

    paper: Paper
    title: str
    amount_fen: int
