"""A real counter in a real pseudo-terminal: keys go in at a hand's pace, what it shows is read back as text."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import signal
import struct
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from station_pos.demo.processes import until
from tests.warm_commands import warm_commands

_CONTROL = re.compile(
    r"\x1b(?:\[[0-9;?=>]*[ -/]*[@-~]|[()][A-Z0-9]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[=>])"
)
HAND_S = 0.15
_LOOK_S, _TRIES = 1.0, 5
BACKSPACE = "\x7f"
_NOT_COUNTED = ("没有算数", "只算按了一次")
ROWS, COLUMNS = 24, 80


class Terminal:
    """Runs ``station-pos run`` as a shopkeeper does; use it as a context manager."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", "STATION_POS_LANG": "zh", **environment}
        with os.fdopen(slave, "wb") as screen:
            self.child = warm_commands().start(["station_pos", "run"], env, screen, keys=slave)
        self._text = ""
        self._seen = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.terminate()
        self.child.wait(60)
        self._reader.join(60)
        os.close(self._master)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        raw = ""
        while True:
            try:
                data = os.read(self._master, 65_536)
            except OSError:  # the other end is gone
                return
            raw += decoder.decode(data)
            self._text = _CONTROL.sub("", raw)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Hold the whole program still, as a machine that does not answer; what is typed meanwhile lies unread."""
        os.kill(self.child.pid, signal.SIGSTOP)
        try:
            until("the program to stand still", lambda: self._process_state() == "T", 30.0, 0.01)
            yield
        finally:
            os.kill(self.child.pid, signal.SIGCONT)

    def _process_state(self) -> str:
        """The state of the process as proc(5) has it, after its name in brackets."""
        return Path(f"/proc/{self.child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]

    def unread(self) -> int:
        """How many bytes lie in the terminal that the program has not read."""
        try:
            line = os.open(f"/proc/{self.child.pid}/fd/0", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:  # it has ended
            return 0
        try:
            waiting = fcntl.ioctl(line, termios.FIONREAD, struct.pack("i", 0))
        finally:
            os.close(line)
        return int(struct.unpack("i", waiting)[0])

    def press_at_once(self, typed: str) -> None:
        """Send keys faster than any hand, as a scanner does, or somebody who hammers at a stalled screen."""
        os.write(self._master, typed.encode())

    def shows(self, words: str, timeout_s: float = 60.0, or_any: tuple[str, ...] = ()) -> None:
        """Wait until the screen has shown words since the last keys, or any of others."""

        def shown() -> bool:
            text = self.since_keys()
            return any(one in text for one in (words, *or_any))

        try:
            until(f"the screen to show {words!r}", shown, timeout_s, 0.05)
        except RuntimeError as error:
            raise AssertionError(f"{error}; it showed: {self._text[self._seen :][-3_000:]}") from error

    def keys(self, typed: str, then: str = "") -> None:
        """Press keys one after the other, then wait for words on the screen, as ``answered`` does.

        A hand does not go on while the machine takes no keys: each is read before the next is pressed.
        """
        self._seen = len(self._text)
        for key in typed:
            os.write(self._master, key.encode())
            until("the key to be read", lambda: self._ended() or self.unread() == 0, 60.0, 0.01)
            time.sleep(HAND_S)
        if then:
            self.answered(then, typed[-1])

    def answered(self, words: str, key: str) -> None:
        """Wait for words; press the key again, as a hand does, when the counter says that it did not count.

        On a loaded machine the picture may come later than a key that a test presses at once.
        """
        for _ in range(_TRIES):
            self.shows(words, or_any=_NOT_COUNTED)
            if words in self.since_keys():
                return
            time.sleep(_LOOK_S)
            self._seen = len(self._text)
            os.write(self._master, key.encode())
        self.shows(words)

    def ends_with(self, typed: str) -> None:
        """Press keys that end the program, as ``keys`` does; wipe and type again what did not count."""
        for _ in range(_TRIES):
            self.keys(typed)
            until("the program to end, or not", lambda: self._ended() or self._refused_a_key(), 60.0, 0.05)
            if self._ended():
                return
            time.sleep(_LOOK_S)
            self.keys(BACKSPACE * len(typed))
        raise AssertionError(f"it did not end; it showed: {self.since_keys()[-3_000:]}")

    def _ended(self) -> bool:
        return self.child.poll() is not None

    def _refused_a_key(self) -> bool:
        return any(words in self.since_keys() for words in _NOT_COUNTED)

    def since_keys(self) -> str:
        """What was shown since the last keys."""
        return self._text[self._seen :]


ENTER, ESCAPE = "\r", "\x1b"
