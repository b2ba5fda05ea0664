"""PINs of the operators: Argon2id hashes on this machine, and a minute's lock after five wrong tries."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from station_pos.store import reference
from station_pos.store.reference import Pin
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from argon2 import PasswordHasher

    from station_pos.register.register import Register

TRIES_MAX = 5
LOCKED_FOR = timedelta(minutes=1)
_TEXT = Catalogue({"form": ("密码是 4 到 12 位数字。", "A PIN has 4 to 12 digits.")})
_FORM = re.compile(r"[0-9]{4,12}")


class PinRefusedError(ValueError):
    """A PIN has not the form of one; the message is one sentence."""


def _hasher() -> PasswordHasher:
    # RFC 9106 section 4 scaled to an old counter PC: 19 MiB and two passes take about 50 ms.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Pins:
    """Sets and checks PINs over the register's database; ``clock`` gives UTC."""

    def __init__(self, register: Register, clock: Callable[[], datetime]) -> None:
        """Use an open register."""
        self._register = register
        self._clock = clock
        self._turn = threading.Lock()

    def set(self, operator_no: int, pin: str) -> None:
        """Set an operator's PIN; whoever may do so was decided by the command that opened the account.

        Raises:
            PinRefusedError: not 4 to 12 digits.
            RegisterFault: the disk refused.
        """
        self.check_form(pin)
        made = Pin(_hasher().hash(pin), 0, 0)
        self._register.write(lambda connection: reference.keep_pin(connection, operator_no, made))

    @staticmethod
    def check_form(pin: str) -> None:
        """Check that a text can be a PIN.

        Raises:
            PinRefusedError: not 4 to 12 digits.
        """
        if not _FORM.fullmatch(pin):
            raise PinRefusedError(_TEXT("form"))

    def is_set(self, operator_no: int) -> bool:
        """Tell whether an operator has a PIN on this machine."""
        with self._register.database.reading() as connection:
            return reference.pin(connection, operator_no) is not None

    def check(self, operator_no: int, pin: str) -> bool:
        """Check a PIN; a locked number is not looked at. Takes as long as a guess is to cost: call it in a worker.

        Attempts are judged one after the other, so that none escapes the count.

        Raises:
            RegisterFault: the disk refused.
        """
        with self._turn:
            return self._check(operator_no, pin)

    def check_against(self, number: int, pin_hash: str, pin: str) -> bool:
        """Check a PIN whose hash came from elsewhere, as a courier's does from HQ; tries count as with ``check``.

        Raises:
            RegisterFault: the disk refused.
        """
        with self._turn:
            with self._register.database.reading() as connection:
                known = reference.pin(connection, number)
            if known is None or known.pin_hash != pin_hash:
                made = Pin(pin_hash, 0, 0)
                self._register.write(lambda connection: reference.keep_pin(connection, number, made))
            return self._check(number, pin)

    def _check(self, operator_no: int, pin: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        now = self._clock()
        with self._register.database.reading() as connection:
            known = reference.pin(connection, operator_no)
        # A lock further ahead than one can last was set by a clock that was wrong.
        if known is None or 0 < known.locked_until - int(now.timestamp()) <= int(LOCKED_FOR.total_seconds()):
            return False
        right = False
        with suppress(VerificationError, InvalidHashError):
            right = bool(_hasher().verify(known.pin_hash, pin))
        if right and not known.wrong_tries:
            return True
        tries = 0 if right else known.wrong_tries + 1
        locked_until = 0
        if tries >= TRIES_MAX:
            tries, locked_until = 0, int((now + LOCKED_FOR).timestamp())
        after = Pin(known.pin_hash, tries, locked_until)
        self._register.write(lambda connection: reference.keep_pin(connection, operator_no, after))
        return right
