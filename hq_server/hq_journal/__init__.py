"""HQ's own journals, one a station: the only place that appends and seals HQ records."""

from __future__ import annotations

from hq_server.hq_journal.alarms import alarms_of, raise_alarm, tell_waiting_alarms, untold_stations
from hq_server.hq_journal.announcing import announce_tariffs
from hq_server.hq_journal.exporting import export_held
from hq_server.hq_journal.held import NEWS_CHANNEL, WORK_CHANNEL, HeldJournal, held_head
from hq_server.hq_journal.recovering import Recovery, mark_ahead, mark_all, recoveries, recovery_of
from hq_server.hq_journal.register import CannotTellError, HqJournal, KindNotReadError, RecoveringError

__all__ = [
    "NEWS_CHANNEL",
    "WORK_CHANNEL",
    "CannotTellError",
    "HeldJournal",
    "HqJournal",
    "KindNotReadError",
    "RecoveringError",
    "Recovery",
    "alarms_of",
    "announce_tariffs",
    "export_held",
    "held_head",
    "mark_ahead",
    "mark_all",
    "raise_alarm",
    "recoveries",
    "recovery_of",
    "tell_waiting_alarms",
    "untold_stations",
]
