"""A printer of a few lines on a real pseudo-terminal, for the driver's tests; it imports nothing of ours."""

from __future__ import annotations

import fcntl
import os
import re
import select
import sys
import termios
import threading
import tty
from typing import Any

MARKER = re.compile(rb"\x1d\x28\x48\x06\x00\x30\x30(....)|\x1d\x72(\x01)", re.DOTALL)
REAL_TIME = re.compile(rb"\x10\x04([\x01-\x04])")


class PtyPrinter:
    """Answers status at once and markers when it `prints`; keeps every byte of the jobs it took, in order."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.bits = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}
        self.mute = False
        self.prints = True
        self.reads = True
        self.sensor = b"\x00"
        self.paper_out_after: int | None = None
        self.jobs = b""
        self.questions: list[int] = []
        self.taken = self.given = 0
        self._answered = 0
        self._asked = self._seen = 0
        self._rested = threading.Condition()
        self._poked, self._poke = os.pipe()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, data: bytes) -> None:
        """Send bytes that nobody asked for."""
        self.given += os.write(self.master, data)

    def paper_out(self) -> None:
        self.bits.update({1: 0x1A, 2: 0x32, 4: 0x7E})
        self.prints = False

    def paper_in(self) -> None:
        self.bits.update({1: 0x12, 2: 0x12, 4: 0x12})
        self.prints = True

    def waiting_bytes(self) -> int:
        """The bytes that lie at the driver's end of the line, unread."""
        found = fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4))
        return int.from_bytes(found, sys.byteorder)

    def tell(self, _cmd: str, s: float = 0.0, sent: int = 0, read: int | None = None) -> dict[str, Any]:
        """Let a moment pass as the simulators do (see `told_time`), once what it was told and sent is worked off."""
        del s
        with self._rested:
            self._asked += 1
            asked = self._asked
            os.write(self._poke, b"!")
            self._rested.wait_for(lambda: self._seen >= asked or self._closed.is_set())
        arrived = not self.reads or self.taken >= sent
        passed = arrived and self.given <= (self.given if read is None else read)
        return {"passed": passed, "taken": self.taken, "given": self.given}

    def _run(self) -> None:
        while not self._closed.is_set():
            watched = [self.master, self._poked] if self.reads else [self._poked]
            ready = select.select(watched, [], [], 0.2)[0]
            asked = self._asked
            if self.master in ready:
                self._take(os.read(self.master, 4096))
            self._answer_markers()
            if self._poked in ready and self.master not in ready:
                os.read(self._poked, 4096)
                with self._rested:
                    self._seen = asked
                    self._rested.notify_all()

    def _take(self, data: bytes) -> None:
        self.taken += len(data)
        for question in REAL_TIME.findall(data):
            self.questions.append(question[0])
            if not self.mute:
                self.say(bytes([self.bits[question[0]]]))
        self.jobs += REAL_TIME.sub(b"", data)
        if self.paper_out_after is not None and len(self.jobs) >= self.paper_out_after:
            self.paper_out_after = None
            self.paper_out()

    def _answer_markers(self) -> None:
        if self.mute or not self.prints:
            return
        for marker in MARKER.finditer(self.jobs, self._answered):
            self._answered = marker.end()
            self.say(b"\x37\x22" + marker[1] + b"\x00" if marker[1] else self.sensor)

    def close(self) -> None:
        self._closed.set()
        os.write(self._poke, b"!")
        self._thread.join(30)
        os.close(self._poke)
        os.close(self._poked)
        os.close(self.master)
        os.close(self._slave)
