"""The condition of a running HQ: what monitoring asks, and what of it somebody has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from hq_server.db.gateway_tables import gateway_requests
from hq_server.db.journal_tables import alarms, branch_cases
from hq_server.db.leading import LEADER_LOCK
from hq_server.db.reference_tables import stations
from hq_server.ledger.queries import posting_stop_list, trial_balance
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock

SILENT_AFTER_S = 26 * 3_600
"""How long a station may be silent before it counts as silent: a day and the time to open the next morning."""
WAITING_TOO_LONG_S = 3_600
"""How long a payment may wait for its biller before monitoring speaks of it."""

_UNPOSTED = text(
    """
    SELECT coalesce(sum(greatest(h.seq - coalesce(CASE h.side WHEN 'S' THEN s.station_seq ELSE s.hq_seq END, 0), 0)), 0)
    FROM journal_heads h LEFT JOIN standings s ON s.station_code = h.station_code
    """
)
_RECOVERING = text("SELECT count(*) FROM hq_recoveries WHERE ended_at IS NULL")
_LEADER = text(
    """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid = :lock AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What HQ holds and what lags. ``payments_waiting_s`` is how long the oldest unanswered payment has waited."""

    stations: int
    stations_silent: int
    stations_stopped: int
    stations_recovering: int
    records_unposted: int
    payments_waiting: int
    payments_waiting_s: int
    alarms: int
    branch_cases: int
    difference_fen: int
    jobs_working: bool

    def troubles(self) -> list[Sentence]:
        """Say what somebody has to look at; nothing where all is well."""
        found = []
        if not self.jobs_working:
            found.append(Sentence("没有 jobs 进程在工作", "no jobs process is working"))
        if self.stations_stopped:
            count = self.stations_stopped
            found.append(Sentence(f"{count} 个站点的入账停住", f"posting has stopped for {count} stations"))
        if self.stations_recovering:
            count = self.stations_recovering
            found.append(
                Sentence(
                    f"总部由备份恢复, {count} 个站点还没有把缺少的记录送回",
                    f"HQ was restored, and {count} stations have not brought back what it lacks",
                )
            )
        if self.payments_waiting_s > WAITING_TOO_LONG_S:
            minutes = self.payments_waiting_s // 60
            found.append(
                Sentence(f"有缴费等收费单位已 {minutes} 分钟", f"a payment has waited {minutes} minutes for its biller")
            )
        if self.difference_fen:
            found.append(
                Sentence(
                    f"试算不平, 差 {self.difference_fen} 分", f"the trial balance is off by {self.difference_fen} fen"
                )
            )
        return found


def condition(connection: Connection, now: datetime) -> Condition:
    """Read how HQ stands at a time (UTC)."""
    seen_age = func.extract("epoch", now - stations.c.last_seen_at)
    known, silent = connection.execute(
        select(func.count(), func.count().filter(seen_age > SILENT_AFTER_S)).select_from(stations)
    ).one()
    waiting, oldest = connection.execute(
        select(func.count(), func.min(gateway_requests.c.created_at)).where(gateway_requests.c.state != "ANSWERED")
    ).one()
    return Condition(
        stations=known,
        stations_silent=silent,
        stations_stopped=len(posting_stop_list(connection)),
        stations_recovering=int(connection.scalar(_RECOVERING) or 0),
        records_unposted=int(connection.scalar(_UNPOSTED) or 0),
        payments_waiting=waiting,
        payments_waiting_s=int((now - oldest).total_seconds()) if oldest else 0,
        alarms=connection.scalar(select(func.count()).select_from(alarms)) or 0,
        branch_cases=connection.scalar(select(func.count()).select_from(branch_cases)) or 0,
        difference_fen=trial_balance(connection).difference_fen,
        jobs_working=bool(connection.scalar(_LEADER, {"lock": LEADER_LOCK})),
    )


class ConditionDesk:
    """Answers monitoring from the database, and nothing else."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Keep where to ask and what time it is."""
        self._engine = engine
        self._clock = clock

    def condition(self) -> Condition:
        """Read how HQ stands now.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        with self._engine.connect() as connection:
            return condition(connection, self._clock())

    def answers(self) -> bool:
        """Tell whether the database answers at all."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.connect() as connection:
                return bool(connection.scalar(text("SELECT 1")))
        except SQLAlchemyError:
            return False
