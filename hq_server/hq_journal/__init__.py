"""HQ's own journals, one a station: the only place that appends and seals HQ records."""

from __future__ import annotations

from hq_server.hq_journal.alarms import alarms_of, raise_alarm, tell_waiting_alarms, untold_stations
from hq_server.hq_journal.announcing import announce_tariffs
from hq_server.hq_journal.held import NEWS_CHANNEL, WORK_CHANNEL, HeldJournal, held_head
from hq_server.hq_journal.register import HqJournal, KindNotReadError

__all__ = [
    "NEWS_CHANNEL",
    "WORK_CHANNEL",
    "HeldJournal",
    "HqJournal",
    "KindNotReadError",
    "alarms_of",
    "announce_tariffs",
    "held_head",
    "raise_alarm",
    "tell_waiting_alarms",
    "untold_stations",
]
