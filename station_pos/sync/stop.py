"""Why a station may not sell on its present history."""

from __future__ import annotations

from enum import StrEnum


class Stop(StrEnum):
    """Each ends with a new epoch, by enrolling again; the values are the ids of their sentences."""

    RESTORED = "restored"
    """HQ or the witness knows later records than the database: it was put back from an older image."""
    DIVERGED = "diverged"
    """HQ holds other records under the same numbers."""
    EPOCH_CLOSED = "epoch_closed"
    """HQ has closed this machine's epoch: another machine took its place."""
