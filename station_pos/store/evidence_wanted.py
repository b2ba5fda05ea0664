"""Evidence that HQ's records name and that is not here yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.rules.case import CaseState, DisputeCase
from station_journal.rules.disputes import Correction, CorrectionState
from station_pos.store import subject_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection


def evidence_named(connection: Connection) -> tuple[bytes, ...]:
    """Give the SHA-256 of the evidence of every correction and every ruling, each once."""
    proposed = subject_rows.in_states(connection, Correction, *CorrectionState)
    ruled = subject_rows.in_states(connection, DisputeCase, CaseState.RULED)
    hashes = (*(one.evidence_hash for one in proposed), *(one.evidence_hash for one in ruled))
    return tuple(dict.fromkeys(one for one in hashes if one))
