"""The one writer thread: commands queue up, each gives a future, and no screen ever waits on the disk."""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome

IDLE_S = 2.0
_log = logging.getLogger(__name__)
_Job = tuple["Future[Outcome]", "Command"]


class Writer:
    """Runs ``execute`` in one thread, in the order of asking. ``stop`` finishes what was asked before it."""

    def __init__(self, execute: Callable[[Command], Outcome], idle: Callable[[], None] = lambda: None) -> None:
        """Start the thread; ``idle`` is called once when nobody has asked for anything for a while after some work."""
        self._execute = execute
        self._idle = idle
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopped = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, command: Command) -> Future[Outcome]:
        """Queue a command; the future carries its outcome, or the ``RegisterFault`` that stopped it."""
        future: Future[Outcome] = Future()
        with self._stopped:
            if not self._open:
                future.cancel()
                return future
            self._queue.put((future, command))
        return future

    def stop(self) -> None:
        """Finish what was queued and end the thread; later commands are cancelled."""
        with self._stopped:
            if not self._open:
                return
            self._open = False
            self._queue.put(None)
        self._thread.join()

    def _next(self) -> _Job | None:
        try:
            return self._queue.get(timeout=IDLE_S)
        except queue.Empty:
            try:
                self._idle()
            except Exception:  # noqa: BLE001  housekeeping must not end the one thread that sells
                _log.exception("the idle work failed")
            return self._queue.get()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            future, command = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._execute(command))
            except BaseException as error:  # noqa: BLE001  whoever asked gets it
                future.set_exception(error)
