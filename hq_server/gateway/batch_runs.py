"""Runs of a biller that takes files: what goes into which file, and what its result files end.

Rows are bound to a run in one transaction before its file is written, and a run's file is composed from its rows
alone, so a crash at any point writes the same file again, never a row into two files. A result file is taken in one
transaction or not at all.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, text, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.gateway_tables import batch_results, batch_runs, gateway_requests
from hq_server.gateway.answering import Evidence, end_reversal, end_unknown, why_not_reversed
from hq_server.gateway.batch_adapter import (
    BatchRefusedError,
    RequestLine,
    expressible,
    put_file,
    read_result,
    read_whole,
    request_name,
    set_aside,
    waiting_files,
    write_request,
)
from hq_server.gateway.requests import Kind, RequestState, find_request, recovering, requests_where, this_row
from hq_server.hq_journal import CannotTellError, held_head
from hq_server.logs import get_logger
from hq_server.reference.working_days import business_date_of
from station_journal.records import SYSTEM, AnswerSource, BillerAnswered, Outcome
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.gateway.batch_adapter import ResultFile, ResultLine
    from hq_server.gateway.billers import Biller
    from hq_server.gateway.requests import Request
    from hq_server.hq_journal import HqJournal

RUN_EVERY = timedelta(minutes=10)
LINES_MAX = 5_000
_RUN_LOCK = 7_201_020

_log = get_logger(__name__)


class _NotYetError(Exception):
    """An earlier result file has not arrived."""


def run_batches(engine: Engine, journal: HqJournal, biller: Biller, now: datetime) -> int:
    """Take result files, open a run when its time has come, write files not yet written; gives how many of each."""
    done = _open_run(engine, journal, biller, now)
    try:
        done += _take_results(engine, journal, biller, now)
        done += _write_runs(engine, biller, now)
    except OSError as error:
        _log.error("gateway.batch_folder", biller_code=biller.biller_code, error=str(error))
    return done + _tell_pending(engine, journal, biller, now)


def _lock(connection: Connection, biller_code: str) -> None:
    query = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:code))")
    connection.execute(query, {"lock": _RUN_LOCK, "code": biller_code})


def _open_run(engine: Engine, journal: HqJournal, biller: Biller, now: datetime) -> int:
    table, code = gateway_requests.c, biller.biller_code
    with engine.begin() as connection:
        _lock(connection, code)
        last = connection.execute(
            select(func.max(batch_runs.c.run_no), func.max(batch_runs.c.opened_at)).where(
                batch_runs.c.biller_code == code
            )
        ).one()
        if last[1] is not None and now - last[1] < RUN_EVERY:
            return 0
        new = (table.biller_code == code, table.state == RequestState.NEW.value, table.run_no.is_(None))
        found = requests_where(connection, *new, limit=LINES_MAX)
        rows = [request for request in found if _fits(connection, journal, request, now)]
        if not rows:
            return 0
        run_no, day = (last[0] or 0) + 1, business_date_of(now)
        name = request_name(code, day, run_no)
        connection.execute(
            insert(batch_runs).values(biller_code=code, run_no=run_no, business_date=day, opened_at=now, file_name=name)
        )
        for request in rows:
            connection.execute(
                update(gateway_requests)
                .where(this_row(request.key), table.state == RequestState.NEW.value)
                .values(state=RequestState.SENT.value, version=request.version + 1, sent_at=now, run_no=run_no)
            )
    return len(rows)


def _fits(connection: Connection, journal: HqJournal, request: Request, now: datetime) -> bool:
    """Tell whether a row may stand in a file; one that may not was never sent and is refused by HQ itself."""
    reason = "" if expressible(request.asked) else "account or bill number cannot be written in a batch file"
    if not reason and request.kind is Kind.REVERSE:
        # The same lock as an invoice takes: a receipt is either invoiced or reversed.
        held_head(connection, request.station_code, Side.HQ, lock=True)
        reason = why_not_reversed(connection, request.station_code, request.payment_seq)
    if not reason:
        return True
    if request.kind is Kind.REVERSE:
        end_reversal(connection, journal, request, accepted=False, reason=reason, now=now)
    else:
        evidence = Evidence(Outcome.DECLINED, AnswerSource.REPLY, reason=reason)
        end_unknown(connection, journal, request.station_code, request.payment_seq, evidence, now)
    return False


def _write_runs(engine: Engine, biller: Biller, now: datetime) -> int:
    written = 0
    runs, table, code = batch_runs.c, gateway_requests.c, biller.biller_code
    with engine.begin() as connection:
        _lock(connection, code)
        unwritten = connection.execute(
            select(batch_runs).where(runs.biller_code == code, runs.written_at.is_(None)).order_by(runs.run_no)
        ).all()
        for run in unwritten:
            rows = requests_where(connection, table.biller_code == code, table.run_no == run.run_no, limit=LINES_MAX)
            lines = [RequestLine(request.asked, request.kind is Kind.REVERSE) for request in rows]
            put_file(Path(biller.outbox), run.file_name, write_request(code, run.business_date, run.run_no, lines))
            connection.execute(
                update(batch_runs).where(runs.biller_code == code, runs.run_no == run.run_no).values(written_at=now)
            )
            details = {"file_name": run.file_name, "lines": len(lines)}
            audit.note(connection, AuditTag.BATCH_RUN_WRITTEN, audit.SYSTEM_ACTOR, now, details)
            written += 1
    return written


def _tell_pending(engine: Engine, journal: HqJournal, biller: Biller, now: datetime) -> int:
    """Tell stations that a payment is on its way by file: nobody waits at the counter for hours."""
    table = gateway_requests.c
    with engine.connect() as connection:
        untold = requests_where(
            connection,
            table.biller_code == biller.biller_code,
            table.kind == Kind.PAY.value,
            table.state == RequestState.SENT.value,
            table.unknown_at.is_(None),
            table.station_code.not_in(recovering()),
            limit=LINES_MAX,
        )
    for request in untold:
        with engine.begin() as connection:
            held_head(connection, request.station_code, Side.HQ, lock=True)
            still = (table.state == RequestState.SENT.value) & table.unknown_at.is_(None)
            told = connection.execute(
                update(gateway_requests).where(this_row(request.key), still).values(unknown_at=now)
            )
            if told.rowcount == 1:
                reason = "sent by batch file"
                fact = BillerAnswered(request.payment_seq, Outcome.UNKNOWN, AnswerSource.REPLY, "", reason)
                journal.append(connection, request.station_code, [fact], SYSTEM, now)
    return len(untold)


def _take_results(engine: Engine, journal: HqJournal, biller: Biller, now: datetime) -> int:
    taken = 0
    for path in waiting_files(Path(biller.inbox)):
        try:
            with engine.begin() as connection:
                _lock(connection, biller.biller_code)
                taken += _take_result(connection, journal, biller, path, now)
        except (_NotYetError, CannotTellError):
            _log.warning("gateway.batch_result_early", file_name=path.name)
            continue
        except BatchRefusedError as error:
            with engine.begin() as connection:
                details = {"biller_code": biller.biller_code, "file_name": path.name, "reason": str(error)}
                audit.note(connection, AuditTag.BATCH_RESULT_REFUSED, audit.SYSTEM_ACTOR, now, details)
            _log.warning("gateway.batch_result_refused", file_name=path.name, reason=str(error))
            set_aside(path, "refused")
            continue
        set_aside(path, "taken")
    return taken


def _take_result(connection: Connection, journal: HqJournal, biller: Biller, path: Path, now: datetime) -> int:
    file = read_result(read_whole(path))
    if file.biller_code != biller.biller_code:
        raise BatchRefusedError(f"the file is of biller {file.biller_code}")
    mine = batch_results.c.biller_code == biller.biller_code
    same = connection.execute(select(batch_results).where(mine, batch_results.c.sha256 == file.sha256)).one_or_none()
    if same is not None:
        if same.file_name == path.name:
            return 0  # taken, but a crash left it in the inbox
        raise BatchRefusedError(f"the same file was taken before as {same.file_name}")
    last = connection.scalar(select(func.max(batch_results.c.result_no)).where(mine)) or 0
    if file.result_no <= last:
        raise BatchRefusedError(f"result {file.result_no} was taken before with other content")
    if file.result_no > last + 1:
        raise _NotYetError
    for line, request in _matched(connection, biller.biller_code, file):
        _end_by(connection, journal, line, request, now)
    connection.execute(
        insert(batch_results).values(
            biller_code=biller.biller_code,
            result_no=file.result_no,
            file_name=path.name,
            sha256=file.sha256,
            line_count=len(file.lines),
            amount_fen=file.amount_fen,
            taken_at=now,
        )
    )
    details = {"file_name": path.name, "lines": len(file.lines)}
    audit.note(connection, AuditTag.BATCH_RESULT_TAKEN, audit.SYSTEM_ACTOR, now, details)
    return len(file.lines)


def _matched(connection: Connection, biller_code: str, file: ResultFile) -> list[tuple[ResultLine, Request]]:
    found = []
    for line in file.lines:
        request = _request_of(connection, line)
        if request is None or request.our_no != line.our_no or request.run_no is None:
            raise BatchRefusedError(f"line {line.line_no}: {line.our_no} was never asked by file")
        if request.biller_code != biller_code or request.amount_fen != line.amount_fen:
            raise BatchRefusedError(f"line {line.line_no}: another biller or amount than was asked")
        found.append((line, request))
    return sorted(found, key=lambda pair: pair[1].key)  # one order of locks


def _request_of(connection: Connection, line: ResultLine) -> Request | None:
    station_code, _, seq = line.our_no.rpartition("-")[0].rpartition("-")
    if not (seq.isascii() and seq.isdigit() and len(seq) < len(str(2**63))):
        return None
    if not line.reverse:
        return find_request(connection, station_code, Kind.PAY, int(seq))
    table = gateway_requests.c
    where = (table.station_code == station_code, table.kind == Kind.REVERSE.value, table.payment_seq == int(seq))
    asked = requests_where(connection, *where, limit=LINES_MAX)
    return asked[-1] if asked else None


def _end_by(connection: Connection, journal: HqJournal, line: ResultLine, request: Request, now: datetime) -> None:
    if line.reverse:
        end_reversal(connection, journal, request, accepted=line.done, reason=line.reason, now=now)
        return
    outcome = Outcome.CONFIRMED if line.done else Outcome.DECLINED
    evidence = Evidence(outcome, AnswerSource.REPLY, line.biller_no, line.reason)
    end_unknown(connection, journal, request.station_code, request.payment_seq, evidence, now)
