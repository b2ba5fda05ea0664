"""What the books and documents say of corrections, cases, known faults and alarms; implements ``Disputes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.evidence_paper import EvidenceRefusedError, read_evidence
from station_journal.facts.disputes import DisputeAbout
from station_journal.rules.case import OPEN_CASES, CaseState, DisputeCase, DisputedThing, case_place, thing_place
from station_journal.rules.disputes import Correction, CorrectionState
from station_journal.rules.known_faults import KnownFault, StationAlarm
from station_pos.services.disputes import Evidence, Waiting
from station_pos.store import reference, subject_rows
from station_pos.store.database import row

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from station_pos.store.database import Database

_FAULT_STATES = (1, 2)


class DisputeQueries:
    """Questions about corrections, cases and known faults over one open database."""

    def __init__(self, database: Database) -> None:
        """Read through ``database``."""
        self._database = database

    def corrections(self) -> tuple[Correction, ...]:
        """List the corrections: unanswered first, then the newest."""
        with self._database.reading() as connection:
            found = subject_rows.in_states(connection, Correction, *CorrectionState)
        return tuple(sorted(found, key=lambda one: (one.state is not CorrectionState.PROPOSED, -one.proposed_seq)))

    def cases(self) -> tuple[DisputeCase, ...]:
        """List the cases: open ones first, then the newest."""
        with self._database.reading() as connection:
            found = subject_rows.in_states(connection, DisputeCase, *CaseState)
        return tuple(sorted(found, key=lambda one: (one.state not in OPEN_CASES, -one.case_no)))

    def case_of_correction(self, correction: Correction) -> DisputeCase | None:
        """Give the case about a correction."""
        with self._database.reading() as connection:
            return _case(connection, correction.case_no) if correction.case_no else None

    def case_about(self, about_no: int, of_seq: int) -> DisputeCase | None:
        """Give the case about a record, by the number of what it is about."""
        with self._database.reading() as connection:
            thing = subject_rows.find(connection, thing_place(DisputeAbout(about_no), of_seq))
            return _case(connection, thing.case_no) if isinstance(thing, DisputedThing) else None

    def evidence(self, named: bytes, title: str) -> Evidence:
        """Give a document by its hash."""
        with self._database.reading() as connection:
            data = reference.document(connection, named) if named else None
        if data is None:
            return Evidence(title, None, here=False)
        try:
            paper = read_evidence(data)
        except EvidenceRefusedError:
            return Evidence(title, None, here=True)
        return Evidence(paper.title, paper.text, here=True)

    def staff_name(self, staff_no: int) -> str:
        """Name a member of HQ's staff; empty if HQ never named that number here."""
        with self._database.reading() as connection:
            found = row(connection, "SELECT name FROM hq_staff WHERE staff_no=?", (staff_no,))
        return "" if found is None else str(found[0])

    def waiting(self, today: date) -> Waiting:
        """Count what waits."""
        with self._database.reading() as connection:
            return waiting_in(connection, today)

    def faults(self) -> tuple[KnownFault, ...]:
        """List the known faults that touch this station: open ones first, then the newest."""
        with self._database.reading() as connection:
            return known_faults(connection)

    def alarms(self) -> tuple[StationAlarm, ...]:
        """List what HQ's checks found about this station, the newest first."""
        with self._database.reading() as connection:
            found = subject_rows.in_states(connection, StationAlarm, 0)
        return tuple(sorted(found, key=lambda one: -one.raised_seq))


def known_faults(connection: Connection) -> tuple[KnownFault, ...]:
    """List the known faults that HQ told of, over a connection that is open: open ones first, then the newest."""
    found = subject_rows.in_states(connection, KnownFault, *_FAULT_STATES)
    return tuple(sorted(found, key=lambda one: (one.state_no, -one.fault_no)))


def waiting_in(connection: Connection, today: date) -> Waiting:
    """Count what waits, over a connection that is open."""
    proposed = subject_rows.in_states(connection, Correction, CorrectionState.PROPOSED)
    cases = subject_rows.in_states(connection, DisputeCase, *OPEN_CASES, CaseState.RULED)
    open_cases = [one for one in cases if one.state in OPEN_CASES]
    unread = sum(1 for one in cases if one.state is CaseState.RULED and not one.read_seq)
    return Waiting(len(proposed), len(open_cases), sum(1 for one in open_cases if one.overdue(today)), unread)


def _case(connection: Connection, case_no: int) -> DisputeCase | None:
    found = subject_rows.find(connection, case_place(case_no))
    return found if isinstance(found, DisputeCase) else None
