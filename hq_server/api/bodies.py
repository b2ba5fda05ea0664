"""Reading request bodies without trusting their size."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request

from hq_server.wording import RefusedError

JSON_BYTES_MAX = 16 * 1024


class BodyTooLargeError(RefusedError):
    """A request is larger than its kind may be."""


async def bounded_body(request: Request, limit: int) -> bytes:
    """Read a body, giving up as soon as it is above the limit, whatever its header claims.

    Raises:
        BodyTooLargeError: it is above the limit.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise BodyTooLargeError(
                "too_large", f"请求超过 {limit} 字节", f"the request is above the limit of {limit} bytes"
            )
    return bytes(data)


async def json_fields(request: Request, *names: str) -> dict[str, str]:
    """Read a JSON object of exactly these text fields.

    Raises:
        RefusedError: it is anything else.
    """
    data = await bounded_body(request, JSON_BYTES_MAX)
    try:
        fields: Any = json.loads(data)
    except (ValueError, RecursionError):
        fields = None
    whole = isinstance(fields, dict) and set(fields) == set(names)
    if not whole or not all(_is_text(value) for value in fields.values()):
        raise RefusedError(
            "damaged",
            f"请求须为 JSON 文本字段: {', '.join(names)}",
            f"the request is a JSON object of the text fields {', '.join(names)}",
        )
    return dict(fields)


def _is_text(value: object) -> bool:
    """Tell whether it is text that can be kept: neither half a character nor NUL is."""
    return isinstance(value, str) and "\0" not in value and _encodes(value)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
