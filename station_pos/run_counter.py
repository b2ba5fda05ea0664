"""The counter while it is open: with the screen in this terminal, or without one behind its control socket."""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.bootstrap import Station
    from station_pos.workers.voice import Voice


def run_with_screen(open_station: Callable[[], Station]) -> None:
    """Take the pass phrase while the station is opened in a thread, then serve until the operator ends the program.

    Raises:
        Exception: what ``open_station`` raised.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    from station_pos.tui.threshold import Threshold

    opened: Future[Station] = Future()

    def open_it() -> bool:
        import station_pos.tui.app  # noqa: F401  loaded while the pass phrase is typed

        station = open_station()
        opened.set_result(station)
        return station.counter.unlocked()

    with ThreadPoolExecutor(1, "opening") as opener:
        begun: list[Future[bool]] = []

        def begin() -> Future[bool]:
            begun.append(opener.submit(open_it))
            return begun[0]

        pass_phrase = Threshold(begin).run()
    try:
        for opening in begun:
            opening.result()  # a station that could not be opened says why
        if pass_phrase is not None:
            _serve(opened.result(), pass_phrase)
    finally:
        if opened.done():
            opened.result().stop()


def _serve(station: Station, pass_phrase: str) -> None:
    from station_pos.bootstrap import now
    from station_pos.config import command_words
    from station_pos.tui.app import run as run_screen

    station.start()
    voice = _voice(command_words(station.settings.voice))
    try:
        run_screen(
            station.counter,
            now,
            answer_wait_s=float(station.settings.answer_wait_s),
            idle_lock_s=float(station.settings.idle_lock_s),
            pass_phrase=pass_phrase,
            speak=voice.say if voice else None,
        )
    finally:
        if voice is not None:
            voice.close()


def _voice(command: tuple[str, ...]) -> Voice | None:
    if not command:
        return None
    from station_pos.workers.voice import Voice

    return Voice(command)


def run_headless(station: Station) -> None:
    """Serve the control socket until the program is told to end, then stop the station."""
    from station_pos.control import SOCKET_NAME, ControlServer

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        station.start()
        server = ControlServer(station.folder, station.counter, ended.set)
        try:
            ready = {"ready": True, "station_code": station.register.station_code, "socket": SOCKET_NAME}
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            ended.wait()
        finally:
            server.close()
    finally:
        station.stop()
