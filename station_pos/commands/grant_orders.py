"""What may be asked about sealed grants."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReleaseSealedGrant:
    """Open a sealed grant with what the slow hash made of the code that was typed.

    ``grant_no`` is the grant that the code names, 0 where it names none; ``key`` is empty then. The hash takes a moment
    and is done before this is asked, so that the books are not held up by it.
    """

    operator_no: int
    grant_no: int
    key: bytes
