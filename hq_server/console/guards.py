"""What keeps the console to its people: headers, bounded forms, and a limit on how often one address may knock."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

FORM_BYTES_MAX = 64 * 1024
_FIELDS_MAX = 50
_KNOWN_MAX = 10_000

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer: nothing runs, nothing is embedded, nothing is kept by a browser or a proxy."""


async def read_form(request: Request) -> dict[str, str]:
    """Read a form, of a bounded size whatever its header claims; of a name given twice the last counts.

    Raises:
        RefusedError: it is too large or no form.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > FORM_BYTES_MAX:
            raise _no_form()
    try:
        pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise _no_form() from error
    return {name: value.replace("\x00", "") for name, value in pairs}


def _no_form() -> RefusedError:
    return RefusedError("form", "表单过大或无法读取", "the form is too large or cannot be read")


class KnockLimit:
    """Allows each address so many knocks a minute, counted in this process."""

    def __init__(self, per_minute: int) -> None:
        """Start with nobody known."""
        self._per_minute = per_minute
        self._knocks: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def allows(self, address: str, now: datetime) -> bool:
        """Count a knock and tell whether it is within the limit."""
        at = now.timestamp()
        with self._lock:
            if len(self._knocks) > _KNOWN_MAX:
                self._knocks = {key: seen for key, seen in self._knocks.items() if seen and seen[-1] > at - 60}
            seen = self._knocks.setdefault(address, deque(maxlen=self._per_minute + 1))
            while seen and seen[0] <= at - 60:
                seen.popleft()
            seen.append(at)
            return len(seen) <= self._per_minute
