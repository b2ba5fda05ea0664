"""One bounded call to another party's HTTP/JSON front: size, time and form of an answer are never trusted.

Each call has a connection of its own, since what a party sends beyond an answer must never be read as the next one.
Settings of the environment (proxies, certificates) are not used.
"""

from __future__ import annotations

import json
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    import ssl

CONNECT_S = 5.0
ANSWER_BYTES_MAX = 256 * 1024


class NoAnswerError(Exception):
    """What came back is no answer to what was asked."""


@cache
def _trusted() -> ssl.SSLContext:
    """Read the authorities that other parties' certificates are held against, once for all of them."""
    return httpx.create_ssl_context(trust_env=False)


class JsonCaller:
    """Calls one party. ``timeout_s`` bounds a whole call, from the request sent to the last byte of the answer."""

    def __init__(self, base_url: str, timeout_s: int, token: str = "") -> None:
        """Prepare; nothing is sent yet. ``token`` is sent as bearer token where there is one."""
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        headers = {"Connection": "close", "Accept": "application/json"}
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            headers={**headers, "Authorization": f"Bearer {token}"} if token else headers,
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            verify=_trusted(),
            trust_env=False,
        )

    def close(self) -> None:
        """Give up the sockets."""
        self._client.close()

    def call(
        self, method: str, path: str, fields: dict[str, Any], bytes_max: int = ANSWER_BYTES_MAX
    ) -> tuple[int, dict[str, Any]]:
        """Call and give status and JSON object; a slow drip of bytes ends at the deadline too.

        Raises:
            NoAnswerError: what came back is too long, too slow or no JSON object.
            httpx.HTTPError: the line failed.
        """
        deadline = time.monotonic() + self._timeout_s + CONNECT_S
        sent = {"params": fields} if method == "GET" else {"json": fields}
        data = bytearray()
        with self._client.stream(method, self._base_url + path, **sent) as response:  # type: ignore[arg-type]
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > bytes_max:
                    raise NoAnswerError("the answer is too long")
                if time.monotonic() > deadline:
                    raise NoAnswerError("the answer took too long")
        try:
            body = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise NoAnswerError(f"HTTP {response.status_code}, the answer is not JSON") from error
        if not isinstance(body, dict):
            raise NoAnswerError("the answer is no JSON object")
        return response.status_code, body
