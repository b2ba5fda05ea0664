"""What keeps the console to its people: headers, the tokens of forms, and forms of a bounded size."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from hq_server.console.visits import SentForm, Upload
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from starlette.types import Message

FORM_BYTES_MAX = 64 * 1024
_FIELDS_MAX = 50
PICKED_MAX = 1_000
"""How many rows of a list one form may name."""
_PICK = "pick"
_NAME_MAX = 200

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer: only the console's own files run, nothing is embedded, nothing is kept by a browser or a proxy."""


class FormToken:
    """The token of a session's forms. Each time a template writes it, it is another form's, which counts once."""

    def __init__(self, session_token: str) -> None:
        """Make tokens for the forms of one session."""
        self._session_token = session_token

    def __str__(self) -> str:
        return f"{self._session_token}.{secrets.token_urlsafe(9)}"


def form_number(token: str) -> str:
    """Give the part of a form's token that tells it from every other form."""
    return token.partition(".")[2]


def came_from_elsewhere(request: Request) -> bool:
    """Tell whether another site's page sent a form, which browsers say by themselves (Fetch Metadata)."""
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


async def read_form(request: Request, upload_bytes_max: int = 0) -> SentForm:
    """Read a form, of a bounded size whatever its header claims.

    Raises:
        RefusedError: it is too large or no form.
    """
    if upload_bytes_max and request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _read_upload(request, upload_bytes_max)
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > FORM_BYTES_MAX:
            raise _no_form()
    try:
        limit = _FIELDS_MAX + PICKED_MAX
        pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, max_num_fields=limit, errors="strict")
    except ValueError as error:
        raise _no_form() from error
    return _sent(pairs, None)


async def _read_upload(request: Request, upload_bytes_max: int) -> SentForm:
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > upload_bytes_max + FORM_BYTES_MAX:
            raise RefusedError(
                "form",
                f"文件超过 {upload_bytes_max // 1_000_000} MB, 没有接收",
                f"the file is over {upload_bytes_max // 1_000_000} MB and was not taken",
            )
        return message

    try:
        parsed = await Request(request.scope, bounded).form(max_files=1, max_fields=_FIELDS_MAX + PICKED_MAX)
    except (MultiPartException, HTTPException, ValueError) as error:
        raise _no_form() from error
    upload, pairs = None, []
    try:
        for name, value in parsed.multi_items():
            if not isinstance(value, UploadFile):
                pairs.append((name, value))
            elif value.filename:
                upload = Upload(without_zeros(value.filename)[:_NAME_MAX], await value.read())
    finally:
        await parsed.close()
    return _sent(pairs, upload)


def _sent(pairs: list[tuple[str, str]], upload: Upload | None) -> SentForm:
    if sum(name != _PICK for name, _ in pairs) > _FIELDS_MAX:
        raise _no_form()
    fields = {name: without_zeros(value) for name, value in pairs}
    return SentForm(fields, tuple(without_zeros(value) for name, value in pairs if name == _PICK), upload)


def without_zeros(text: str) -> str:
    """Take out the one character, and the halves of characters, that no text of the database can hold."""
    return "".join(sign for sign in text if sign != "\x00" and not "\ud800" <= sign <= "\udfff")


def _no_form() -> RefusedError:
    return RefusedError("form", "表单过大或无法读取", "the form is too large or cannot be read")
