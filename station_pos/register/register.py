"""Commands in, records out: one SQLite write transaction decides, appends, projects, composes and queues the print.

Nothing is half-done: a refusal or a fault leaves everything as it was, and asking again works. The register is
called by one thread at a time (the writer, the sync worker); a lock keeps the order.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from station_journal.posting import NotComputableError
from station_journal.records import RULES_VERSION, SYSTEM, Actor, BusinessDayEnded, ReceiptIssued, Record, Side
from station_pos.commands import day
from station_pos.commands.decisions import author_of, decide, documents_of
from station_pos.commands.orders import EndBusinessDay
from station_pos.commands.outcome import Accepted, Refusal, Refused, RegisterFault
from station_pos.commands.view import Moment
from station_pos.register.dates import business_date_of, dates_over
from station_pos.register.papers import payments_to_receipt, queue_print
from station_pos.store import journal, rebuild, reference
from station_pos.store.database import ProjectionsGoneError
from station_pos.store.errors import StoreError, StoreTrouble
from station_pos.store.projections import Marker, read_marker
from station_pos.store.recording import Recorder
from station_pos.store.reference import Tariffs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from station_journal.records import Fact
    from station_journal.seal import Position
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.store.database import Database

READ_ONLY = "read_only"
HQ_TIME = "hq_time"
STATION_CODE = "station_code"
_HQ_TIME_STEP_S = 3_600
_Made = TypeVar("_Made")


class _RefusedInside(Exception):  # noqa: N818  carries an answer out of the transaction, so that it is rolled back
    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


class Register:
    """The register of one enrolled station over its open database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Open the books; projections that are not those of the journals are derived again. ``clock`` gives UTC.

        Raises:
            RegisterFault: nothing enrolled, or the disk refused.
        """
        self.database = database
        self.tariffs = Tariffs()
        self._clock = clock
        self._lock = threading.RLock()
        self._operation_lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._open_drawer: Callable[[int], None] = lambda _seq: None
        self._loaded = False
        self._heads: dict[Side, Position] = {}
        self._marker = Marker(0, 0, b"", 0, b"", 0, 0, 0, "", "")
        self._pending: tuple[dict[Side, Position], Marker] | None = None
        self._operation_no = 0
        self.station_code = ""
        self._read_only = ""
        self._hq_time: datetime | None = None
        self.write(self._load)
        self.follow_up()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every commit that changed something, in the writing thread: it wakes somebody."""
        self._listeners.append(listener)

    def on_cash(self, open_drawer: Callable[[int], None]) -> None:
        """Call ``open_drawer`` with the record's number, once, when a committed job moves cash or opens the drawer.

        A copy, a follow-up and a job that was recorded before move none. It is called in the writing thread.
        """
        self._open_drawer = open_drawer

    def execute(self, command: Command) -> Outcome:
        """Carry out a command, or refuse it. What it made is on the disk when this returns.

        Raises:
            RegisterFault: the disk refused; nothing is half-done and trying again is safe.
        """
        try:
            accepted, cash = self.write(lambda connection: self._execute(connection, command))
        except _RefusedInside as inside:
            return inside.refused
        if cash:
            # Before the listeners: the drawer opens while the receipt is still to be printed.
            self._open_drawer(accepted.seq)
        self._tell()
        return accepted

    def _execute(self, connection: Connection, command: Command) -> tuple[Accepted, bool]:
        self._load(connection)
        self._check_open()
        now = self._clock().replace(microsecond=0)
        recorder = self._recorder(connection)
        business_date, doubtful = business_date_of(recorder, now, self._hq_time)
        if not isinstance(command, EndBusinessDay):
            self._end_days(recorder, now, business_date)
        heads = recorder.heads
        moment = Moment(now, business_date, heads[Side.STATION].seq + 1, heads[Side.HQ].seq, doubtful)
        decided = decide(command, recorder.view, moment)
        if isinstance(decided, Refused):
            raise _RefusedInside(decided)
        reference.keep_documents(connection, documents_of(command))
        jobs = [self._append(recorder, now, business_date, author_of(fact, command), fact) for fact in decided]
        payment = recorder.view.payment(moment.next_seq) or recorder.view.payment(getattr(decided[0], "payment_seq", 0))
        self._finish(recorder)
        made = tuple(decided), payment, tuple(job for job in jobs if job), tuple(recorder.subjects.values())
        return Accepted(moment.next_seq, *made), recorder.opens_drawer

    def _end_days(self, recorder: Recorder, now: datetime, business_date: date) -> None:
        """End every business date that is over before the first record of a later one."""
        for over in dates_over(recorder, business_date):
            self._append(recorder, now, over, SYSTEM, day.ended(recorder.view, over))

    def _append(self, recorder: Recorder, now: datetime, business_date: date, author: Actor, fact: Fact) -> int:
        seen_seq = recorder.heads[Side.HQ].seq
        if isinstance(fact, BusinessDayEnded):
            business_date = fact.ended_date
        seq = recorder.append_own(Record(now, business_date, author, seen_seq, RULES_VERSION, fact))
        return queue_print(recorder, self.station_code, seq, fact, now)

    def open_operation(self) -> int:
        """Give the number of a new counter job: dense over the jobs that took effect, and never one of those again."""
        # A lock of its own: whoever opens a payment screen never waits for a commit under way.
        with self._operation_lock:
            self._operation_no += 1
            return self._operation_no

    def receive_hq(self, run: Sequence[bytes], before: Position, seal: bytes = b"") -> None:
        """Append HQ's records, verified by the caller, with what follows from them: receipts for confirmed payments.

        ``seal`` is HQ's over the last of them; it is kept as evidence.

        Raises:
            RegisterFault: the disk refused, or ``before`` is not the head of the copy; nothing was changed.
        """

        def receive(connection: Connection) -> None:
            self._load(connection)
            if self._heads[Side.HQ] != before:
                raise StoreError(StoreTrouble.CONFLICT, f"HQ's records follow on {before.seq}")
            recorder = self._recorder(connection)
            for data in run:
                recorder.append_from_hq(data)
            if seal:
                journal.keep_seal(connection, Side.HQ, before.epoch, before.seq + len(run), seal)
            if not self._read_only and not recorder.marker.blocked_reason:
                self._issue_receipts(recorder)
            self._finish(recorder)
            if recorder.marker.blocked_reason:
                # A recovered journal waits for the HQ records it had seen: they may be these.
                rebuild.rebuild(connection, self.tariffs.over(connection))
                self._loaded = False

        self.write(receive)
        if not self._loaded:
            self.write(self._load)
            self.follow_up()
        self._tell()

    def follow_up(self) -> None:
        """Issue the receipts that are due: of payments confirmed while the station could not append."""
        with self.database.reading() as connection:
            due = not self._read_only and not self.blocked() and bool(payments_to_receipt(connection))
        if not due:
            return

        def issue(connection: Connection) -> None:
            self._load(connection)
            recorder = self._recorder(connection)
            self._issue_receipts(recorder)
            self._finish(recorder)

        self.write(issue)
        self._tell()

    def _issue_receipts(self, recorder: Recorder) -> None:
        recorder.view.write_payments()
        if not (due := payments_to_receipt(recorder.connection)):
            return
        now = self._clock().replace(microsecond=0)
        business_date, _ = business_date_of(recorder, now, self._hq_time)
        self._end_days(recorder, now, business_date)
        for payment_seq in due:
            self._append(recorder, now, business_date, SYSTEM, ReceiptIssued(payment_seq))

    def recover(self, run: Sequence[bytes], before: Position) -> None:
        """Append the station's own records that HQ held and this database lacked; every figure is derived again.

        Raises:
            RegisterFault: the disk refused, or ``before`` is not the station's head; nothing was changed.
        """

        def append(connection: Connection) -> None:
            self._load(connection)
            position = self._heads[Side.STATION]
            if position != before:
                raise StoreError(StoreTrouble.CONFLICT, f"the tail follows on {before.seq}")
            for data, digest in zip(run, journal.digests_after(before, run), strict=True):
                position = position._replace(seq=position.seq + 1, digest=digest)
                journal.append(connection, Side.STATION, position, data)
            rebuild.rebuild(connection, self.tariffs.over(connection))
            self._loaded = False

        self.write(append)
        self.write(self._load)
        self._tell()

    def rebuild(self) -> None:
        """Derive every projection again from both journals."""

        def derive(connection: Connection) -> None:
            rebuild.rebuild(connection, self.tariffs.over(connection))
            self._loaded = False

        self.tariffs.forget()
        self.write(derive)
        self.write(self._load)
        self._tell()

    def set_read_only(self, reason: str) -> None:
        """Refuse to record, with a reason for the screen; an empty one lifts it. Asking again changes nothing."""
        if reason == self._read_only:
            return

        def keep(connection: Connection) -> None:
            reference.keep_setting(connection, READ_ONLY, reason.encode())

        self.write(keep)
        self._read_only = reason
        self._tell()

    def acknowledge(self, held: Position, signature: bytes, hq_time: int) -> None:
        """Keep HQ's countersignature over what it durably holds, and HQ's time (seconds since 1970, UTC)."""

        def keep(connection: Connection) -> None:
            journal.keep_acknowledgement(connection, held, signature)
            reference.keep_setting(connection, HQ_TIME, str(hq_time).encode())

        self.write(keep)
        self._hq_time = max(datetime.fromtimestamp(hq_time, UTC), self._hq_time or datetime.min.replace(tzinfo=UTC))
        self._tell()

    def heard_at(self, hq_time: int) -> None:
        """Note HQ's time (seconds since 1970, UTC) where nothing new was acknowledged; it never goes back.

        A quiet station's clock is judged by it. It goes to the disk once an hour of progress, not with every reply.
        """
        if self._hq_time is not None and hq_time - self._hq_time.timestamp() < _HQ_TIME_STEP_S:
            return
        self.write(lambda connection: reference.keep_setting(connection, HQ_TIME, str(hq_time).encode()))
        self._hq_time = datetime.fromtimestamp(hq_time, UTC)

    def keep_document(self, data: bytes) -> None:
        """Keep a tariff's content. Where the books had to stop for want of it, they are derived again."""

        def keep(connection: Connection) -> None:
            self._load(connection)
            reference.keep_document(connection, data)
            if self._marker.blocked_reason:
                rebuild.rebuild(connection, self.tariffs.over(connection))
                self._loaded = False

        self.write(keep)
        self.write(self._load)
        self.follow_up()
        self._tell()

    @property
    def read_only_reason(self) -> str:
        """Why nothing may be recorded, empty if it may."""
        return self._read_only

    def blocked(self) -> NotComputableError | None:
        """Say from which record on the books cannot be computed; None if they can."""
        marker = self._marker
        if not marker.blocked_reason:
            return None
        return NotComputableError(Side(marker.blocked_side), marker.blocked_seq, marker.blocked_reason)

    def head(self, side: Side) -> Position:
        """Give the head of a journal as committed."""
        with self._lock:
            if not self._loaded:
                self.write(self._load)
            return self._heads[side]

    def _check_open(self) -> None:
        if self._read_only:
            raise _RefusedInside(Refused(Refusal.READ_ONLY, (("reason", self._read_only),)))
        blocked = self.blocked()
        if blocked is not None:
            detail = ("side", blocked.side.value), ("seq", blocked.seq), ("sentence", str(blocked))
            raise _RefusedInside(Refused(Refusal.NOT_COMPUTABLE, detail))

    def read(self, work: Callable[[Connection], _Made]) -> _Made:
        """Read one consistent state; derived tables that are gone are derived again first.

        Raises:
            RegisterFault: the disk refused.
        """
        try:
            with self.database.reading() as connection:
                return work(connection)
        except ProjectionsGoneError:
            self.rebuild()
        except StoreError as error:
            raise RegisterFault(error.trouble) from error
        with self.database.reading() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], _Made]) -> _Made:
        """Run one durable write transaction. Derived tables that are gone are derived again first.

        Raises:
            RegisterFault: the disk refused; nothing was changed.
        """
        with self._lock:
            for last in (False, True):
                loaded = self._loaded
                try:
                    with self.database.transaction() as connection:
                        if last:
                            self._load(connection)
                        made = work(connection)
                    return self._committed(made)
                except _RefusedInside:
                    # What this transaction derived again was rolled back with it.
                    self._loaded = loaded
                    raise
                except ProjectionsGoneError as error:
                    self._loaded = False
                    if last:
                        raise RegisterFault(StoreTrouble.DAMAGED) from error
                except StoreError as error:
                    self._loaded = False
                    raise RegisterFault(error.trouble) from error
                except BaseException:
                    self._loaded = False
                    raise
            raise RegisterFault(StoreTrouble.DAMAGED)

    def _committed(self, made: _Made) -> _Made:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._heads, self._marker = pending
        return made

    def _recorder(self, connection: Connection) -> Recorder:
        self._pending = None
        return Recorder(connection, self._heads, self._marker, self.tariffs.over(connection))

    def _finish(self, recorder: Recorder) -> None:
        recorder.finish()
        self._pending = recorder.heads, recorder.marker

    def _load(self, connection: Connection) -> None:
        """Take over what is committed, deriving the projections again where they are not those of the journals."""
        if self._loaded:
            return
        heads = {side: journal.head(connection, side) for side in Side}
        station, hq = heads[Side.STATION], heads[Side.HQ]
        if station is None or hq is None:
            raise StoreError(StoreTrouble.NOT_ENROLLED)
        tariff_of = self.tariffs.over(connection)
        if not rebuild.is_current(connection):
            rebuild.rebuild(connection, tariff_of)
        self._heads = {Side.STATION: station, Side.HQ: hq}
        self._marker = read_marker(connection) or self._marker
        self.station_code = reference.setting(connection, STATION_CODE).decode()
        self._read_only = reference.setting(connection, READ_ONLY).decode()
        hq_time = reference.setting(connection, HQ_TIME)
        self._hq_time = datetime.fromtimestamp(int(hq_time), UTC) if hq_time else None
        used = self._recorder(connection).view.standing().operation_no
        with self._operation_lock:
            self._operation_no = max(self._operation_no, used)
        self._loaded = True

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
