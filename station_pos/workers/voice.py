"""The phrase for the customer spoken aloud, by whatever program the settings name; the newest phrase alone counts.

A voice is never waited for and stops nothing: one that cannot be started, or hangs, is silent. It is killed, not asked
to end: one that does not listen would keep the next phrase, and the end of the counter, waiting.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_S = 20.0
"""No phrase takes longer to say; a program that does hangs."""
_log = logging.getLogger(__name__)


class Voice:
    """Hands each phrase to a program on its standard input, as UTF-8, in a thread of its own."""

    def __init__(self, command: Sequence[str], longest_s: float = LONGEST_S) -> None:
        """Name the program and its arguments; ``longest_s`` is how long it may take for a phrase."""
        self._command, self._longest_s = list(command), longest_s
        self._changed = threading.Condition()
        self._phrase = ""
        self._speaking: subprocess.Popen[bytes] | None = None
        self._open = True
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
        self._thread.start()

    def say(self, phrase: str) -> None:
        """Speak a phrase in place of whatever is being spoken."""
        with self._changed:
            self._phrase = phrase
            if self._speaking is not None:
                self._speaking.kill()
            self._changed.notify_all()

    def close(self) -> None:
        """Fall silent, and end the thread."""
        with self._changed:
            self._open = False
        self.say("")
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._phrase or not self._open)
                if not self._open:
                    return
                phrase, self._phrase = self._phrase, ""
            try:
                self._speak(phrase)
            except (OSError, subprocess.SubprocessError):
                _log.warning("the voice %s did not speak", self._command[0], exc_info=True)

    def _speak(self, phrase: str) -> None:
        quiet = subprocess.DEVNULL
        with subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as speaking:
            with self._changed:
                self._speaking = speaking
                if self._phrase or not self._open:  # a newer one came while the program started
                    speaking.kill()
            try:
                speaking.communicate(phrase.encode(), timeout=self._longest_s)
            except subprocess.TimeoutExpired:
                speaking.kill()
                raise
            finally:
                with self._changed:
                    self._speaking = None
