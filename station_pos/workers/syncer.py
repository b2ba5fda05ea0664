"""The sync worker: keeps HQ and the station in step by itself, quickly while a customer waits, patiently otherwise.

Two threads. The sender carries new records as soon as they are made, retries with jitter while the line is down, and
asks for news now and then. The listener lets HQ hold an answer while a payment waits for its biller, on a connection of
its own, so that a new sale never waits behind it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from station_journal.records import Equipment
from station_pos.commands.orders import CloseOutage, OpenOutage
from station_pos.counter import LinkState
from station_pos.sync.link_fault import LinkError
from station_pos.sync.session import Pace, ReplyRefusedError
from station_pos.sync.stop import Stop
from station_pos.sync.witness import WitnessError
from station_pos.sync.wording import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.sync.port import SyncedJournals
    from station_pos.sync.session import Findings
    from station_pos.workers.exchanger import Exchanger
    from station_pos.workers.link_state import LinkBoard

_log = logging.getLogger(__name__)
_LISTENER_PATIENCE_S = 0.2


@dataclass(frozen=True, slots=True)
class Timings:
    """How often to do what.

    ``idle_poll_s``: asking for news when nothing happens. ``news_wait_s``: how long HQ may hold one answer.
    ``listen_for_s``: how long to listen after a sale. ``listen_pause_s``: least pause after an answer without news.
    ``outage_after_failures``: how many failures in a row make an outage.
    """

    idle_poll_s: float = 60.0
    news_wait_s: int = 20
    listen_for_s: float = 120.0
    listen_pause_s: float = 1.0
    outage_after_failures: int = 3


class Syncer:
    """Runs the two threads; the register calls ``appended`` after its commits, the operator's "sync now" ``wake``."""

    def __init__(
        self,
        exchanger: Exchanger,
        journals: SyncedJournals,
        board: LinkBoard,
        draw: Callable[[], float],
        timings: Timings | None = None,
        bring_contacts: Callable[[], object] = lambda: None,
    ) -> None:
        """Take what the worker drives; ``draw`` gives chance in [0, 1) for the back-off.

        ``bring_contacts`` is called after every exchange: it brings HQ what travels beside the journals.
        """
        self._exchanger = exchanger
        self._journals = journals
        self._board = board
        self._draw = draw
        self._timings = timings or Timings()
        self._bring_contacts = bring_contacts
        self._pace = Pace()
        self._wake = threading.Event()
        self._listen = threading.Event()
        self._stopping = threading.Event()
        self._listen_until = 0.0
        self._outage_closed = False
        self._threads = (
            threading.Thread(target=self._send_loop, name="sync-sender", daemon=True),
            threading.Thread(target=self._listen_loop, name="sync-listener", daemon=True),
        )

    def start(self) -> None:
        """Start both threads; the witness is checked by the caller before anything is sold."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ask both threads to end; one that waits for HQ is left behind and its reply not taken."""
        self._stopping.set()
        self._wake.set()
        self._listen.set()
        sender, listener = self._threads
        for thread, patience_s in ((sender, timeout_s), (listener, min(timeout_s, _LISTENER_PATIENCE_S))):
            if thread.is_alive():
                thread.join(patience_s)
        self._exchanger.close()

    def wake(self) -> None:
        """Exchange now: somebody asks."""
        self._wake.set()

    def appended(self) -> None:
        """Exchange now if there is something to send; called after every commit, in the thread that made it.

        What this worker's own threads commit is left to them: an outage's record must not cut its own back-off short.
        """
        if threading.current_thread() in self._threads:
            return
        try:
            unsent = self._exchanger.unsent() > 0
        except Exception:  # noqa: BLE001 - what was committed stands; the sender meets the fault and shows it
            unsent = True
        if unsent:
            self._wake.set()

    def sync_once(self) -> None:
        """Exchange until nothing is left to send or to fetch, in the calling thread.

        Raises:
            LinkError: the line failed.
            ReplyRefusedError: HQ's reply could not be taken.
            WitnessError: the witness could not be written.
        """
        while self._again(self._exchange()):
            pass

    def _send_loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self._wake.wait(self._turn())

    def _turn(self) -> float:
        """Make one exchange and give how long to wait for the next, in seconds."""
        try:
            findings = self._exchange()
        except (LinkError, ReplyRefusedError) as error:
            self._pace = self._pace.failed()
            self._board.failed(str(error))
            # A sale may have opened the outage before this worker did: the next answer closes it either way.
            self._outage_closed = False
            if self._pace.failures >= self._timings.outage_after_failures:
                self._note_outage()
        except WitnessError as error:
            self._pace = self._pace.failed()
            self._board.answered(str(error))
        except Exception as error:  # noqa: BLE001 - a full disk or worse must be seen and must not end the worker
            self._pace = self._pace.failed()
            self._trouble(error)
        else:
            return 0.0 if self._again(findings) else self._timings.idle_poll_s
        return self._pace.back_off_s(self._draw())

    def _exchange(self) -> Findings:
        unsent = self._exchanger.unsent()
        findings = self._exchanger.exchange(self._pace)
        self._pace = self._pace.succeeded()
        self._note_answer(findings.complaint)
        self._bring_contacts()
        if unsent and self._journals.answers_awaited():
            self._listen_until = monotonic() + self._timings.listen_for_s
            self._listen.set()
        return findings

    def _again(self, findings: Findings) -> bool:
        """Tell whether the next exchange would get further at once."""
        if findings.behind is not None:
            return findings.more_down  # a restored HQ got further by this one
        if findings.complaint:
            return False
        progress = bool(findings.acknowledged or findings.hq_runs or findings.recovered or findings.documents)
        if findings.more_down or (progress and self._journals.documents_wanted()):
            return True
        return self._exchanger.unsent() > 0 and (progress or findings.stop is Stop.DIVERGED)

    def _note_answer(self, complaint: str) -> None:
        self._board.answered(complaint)
        if not self._outage_closed:
            self._journals.execute(CloseOutage(Equipment.LINK))
            self._outage_closed = True

    def _note_outage(self) -> None:
        try:
            self._journals.execute(OpenOutage(Equipment.LINK))
            self._outage_closed = False
        except Exception as error:  # noqa: BLE001 - as above: tried again after the next failure
            self._trouble(error)

    def _trouble(self, error: Exception) -> None:
        _log.error("the sync worker met a fault of this station", exc_info=error)
        self._board.troubled(TEXT("station_fault", why=str(error)))

    def _listen_loop(self) -> None:
        while not self._stopping.is_set():
            self._listen.wait()
            if self._stopping.is_set():
                return
            if not self._heard():
                self._listen.clear()

    def _heard(self) -> bool:
        """Let HQ hold one answer; False when there is nothing (more) to listen for."""
        try:
            up = self._board.status().state is LinkState.UP
            if not up or monotonic() > self._listen_until or not self._journals.answers_awaited():
                return False
            findings = self._exchanger.exchange(Pace(), self._timings.news_wait_s, carrying=False)
            if not findings.hq_runs:
                self._stopping.wait(self._timings.listen_pause_s)
            elif self._exchanger.unsent():
                self._wake.set()
        except (LinkError, ReplyRefusedError, WitnessError):
            self._wake.set()  # the sender will say what is wrong with the line
            return False
        except Exception as error:  # noqa: BLE001 - as above
            self._trouble(error)
            return False
        return True
