"""The stage that asks billers: opens requests from the ledger, claims what is due, asks, and hands the word on.

What a lost answer means: the biller may have booked or not, so the payment is unknown and only ever asked about, by our
number, for as long as it takes. A biller that answers ``not_found`` may have forgotten what it booked, so not even that
sends the payment again; it ends by the biller's status, its settlement file, or a ruling. Where the biller's contract
promises that a payment under one number is booked once (``resend_safe``), ``not_found`` within a day of the first
sending does send it again under the same number. A refusal of such a second sending is not believed at once: a biller
that forgot may refuse because the bill is already paid by the first; its status decides.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

from hq_server.gateway.answering import Evidence, end_reversal, end_unknown, stay_unknown, why_not_reversed
from hq_server.gateway.answers import Answer, Word
from hq_server.gateway.batch_runs import run_batches
from hq_server.gateway.billers import RoadKind, all_billers
from hq_server.gateway.http_adapter import HttpAdapter
from hq_server.gateway.requests import Kind, RequestState, claim, due_requests, open_requests
from hq_server.hq_journal import held_head
from hq_server.logs import get_logger
from station_journal.records import AnswerSource, Outcome
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from sqlalchemy import Engine

    from hq_server.db import Clock
    from hq_server.gateway.answers import Road
    from hq_server.gateway.billers import Biller
    from hq_server.gateway.requests import Request
    from hq_server.hq_journal import HqJournal

RESEND_WITHIN = timedelta(hours=24)
CALLS_AT_ONCE = 8
CALLS_AT_ONCE_PER_BILLER = 4
"""A biller that hangs keeps only so many workers; the others go on."""

_log = get_logger(__name__)


class Dispatcher(AbstractContextManager["Dispatcher"]):
    """Asks billers on a few threads, so that a slow biller stops neither the others nor the stages around it."""

    def __init__(self, engine: Engine, journal: HqJournal, clock: Clock) -> None:
        """Start without any call; ``clock`` gives the time of every step."""
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="gateway")
        self._calls: dict[tuple[str, str, int], tuple[str, Future[None]]] = {}
        self._roads: dict[str, tuple[Biller, HttpAdapter]] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let calls under way come to their end, then give up threads and sockets."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for _, road in self._roads.values():
            road.close()
        self._roads.clear()

    def run(self) -> int:
        """Start what is due and return at once; gives how many rows were opened, asked about, or settled by files."""
        now = self._clock()
        with self._engine.begin() as connection:
            done = open_requests(connection, now)
            known = all_billers(connection)
        self._forget_ended()
        for biller in known:
            if biller.adapter is RoadKind.BATCH:
                done += run_batches(self._engine, self._journal, biller, now)
            else:
                done += self._start_due(biller, now)
        return done

    def drain(self) -> None:
        """Wait until every call that was started has come to its end."""
        wait([call for _, call in self._calls.values()])
        self._forget_ended()

    def run_and_wait(self) -> int:
        """Do one whole round: for a single pass of the stages, and for tests."""
        done = self.run()
        self.drain()
        return done

    def _forget_ended(self) -> None:
        for key, (_, call) in list(self._calls.items()):
            if call.done():
                del self._calls[key]
                if not call.cancelled() and call.exception() is not None:
                    # The row keeps its claim until the lease ends and is then asked about again.
                    _log.error("gateway.call_failed", station_code=key[0], seq=key[2], error=repr(call.exception()))

    def _start_due(self, biller: Biller, now: datetime) -> int:
        busy = sum(code == biller.biller_code for code, _ in self._calls.values())
        slots = CALLS_AT_ONCE_PER_BILLER - busy
        if slots <= 0:
            return 0
        with self._engine.connect() as connection:
            due = due_requests(connection, biller.biller_code, now, slots + busy)
        road = self._road(biller)
        fresh = [request for request in due if request.key not in self._calls][:slots]
        for request in fresh:
            call = self._pool.submit(self.ask, biller, road, request)
            self._calls[request.key] = (biller.biller_code, call)
        return len(fresh)

    def _road(self, biller: Biller) -> HttpAdapter:
        known = self._roads.get(biller.biller_code)
        if known is None or known[0] != biller:
            # An earlier adapter may still be in a call; it is collected with its last one.
            known = self._roads[biller.biller_code] = (biller, HttpAdapter(biller.base_url, biller.timeout_s))
        return known[1]

    def ask(self, biller: Biller, road: Road, request: Request) -> None:
        """Claim one row, ask what is to be asked, and hand the word on; nothing if another worker was first."""
        with self._engine.begin() as connection:
            if request.kind is Kind.REVERSE:
                # The same lock as an invoice takes: a receipt is either invoiced or reversed.
                held_head(connection, request.station_code, Side.HQ, lock=True)
                first = request.state is RequestState.NEW
                reason = why_not_reversed(connection, request.station_code, request.payment_seq) if first else ""
                if reason:
                    end_reversal(connection, self._journal, request, accepted=False, reason=reason, now=self._clock())
                    return
            claimed = claim(connection, request, self._clock())
        if claimed is None:
            return
        if claimed.kind is Kind.REVERSE:
            self._reversal(road, claimed)
        elif claimed.state is RequestState.NEW:
            self._hand_on(claimed, road.pay(claimed.asked), AnswerSource.REPLY)
        else:
            self._hand_on(claimed, self._status_or_resend(biller, road, claimed), AnswerSource.STATUS)

    def _status_or_resend(self, biller: Biller, road: Road, claimed: Request) -> Answer:
        answer = road.status(claimed.asked)
        young = claimed.sent_at is not None and self._clock() - claimed.sent_at < RESEND_WITHIN
        if answer.word is not Word.NOT_FOUND or not biller.resend_safe or not young:
            return answer
        _log.info("gateway.sent_again", our_no=claimed.our_no)
        again = road.pay(claimed.asked)
        if again.word is Word.DECLINED:
            return Answer(Word.PENDING, reason=f"refused when sent again: {again.reason}")
        return again

    def _hand_on(self, claimed: Request, answer: Answer, source: AnswerSource) -> None:
        now = self._clock()
        with self._engine.begin() as connection:
            if answer.word in {Word.CONFIRMED, Word.DECLINED, Word.REVERSED}:
                outcome = Outcome.CONFIRMED if answer.word is Word.CONFIRMED else Outcome.DECLINED
                reason = answer.reason or ("reversed by the biller" if answer.word is Word.REVERSED else "")
                evidence = Evidence(outcome, source, answer.biller_no, reason)
                end_unknown(connection, self._journal, claimed.station_code, claimed.payment_seq, evidence, now)
            else:
                sent = not (answer.word is Word.NOT_SENT and claimed.state is RequestState.NEW)
                trouble = answer.reason or answer.word.value.lower()
                stay_unknown(connection, self._journal, claimed, trouble, now, sent=sent)
        _log.info("gateway.asked", our_no=claimed.our_no, word=answer.word.value, reason=answer.reason)

    def _reversal(self, road: Road, claimed: Request) -> None:
        """Ask for a reversal; after a lost answer the status tells first whether it was done.

        Asking again changes nothing that was done: a payment cannot be reversed twice.
        """
        answer = Answer(Word.NOT_FOUND) if claimed.state is RequestState.NEW else road.status(claimed.asked)
        if claimed.state is RequestState.NEW or answer.word in {Word.CONFIRMED, Word.DECLINED}:
            answer = road.reverse(claimed.asked)
        now = self._clock()
        with self._engine.begin() as connection:
            if answer.word in {Word.REVERSED, Word.DECLINED}:
                accepted = answer.word is Word.REVERSED
                end_reversal(connection, self._journal, claimed, accepted=accepted, reason=answer.reason, now=now)
            else:
                sent = not (answer.word is Word.NOT_SENT and claimed.state is RequestState.NEW)
                trouble = answer.reason or answer.word.value.lower()
                stay_unknown(connection, self._journal, claimed, trouble, now, sent=sent)
        _log.info("gateway.reversal_asked", our_no=claimed.our_no, word=answer.word.value, reason=answer.reason)
