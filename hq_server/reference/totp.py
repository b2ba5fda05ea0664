"""One-time codes by time (RFC 6238, SHA-1, 30 s, six digits): what every authenticator program makes.

Own code because it is three lines over the standard library's HMAC; the RFC's own vectors hold it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from datetime import datetime

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
DRIFT_STEPS = 1
"""How far a phone's clock may be off: one step to either side (RFC 6238 section 5.2)."""
ISSUER = "station-pos HQ"


def new_secret() -> bytes:
    """Draw a secret as long as the hash (RFC 4226 section 4, R6)."""
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Give the code of one time step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), hashlib.sha1)
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}}"


def matching_step(secret: bytes, code: str, now: datetime, used_step: int) -> int | None:
    """Give the time step that a code is of; None where it fits none, or none after the last step that was used.

    A code counts once (RFC 6238 section 5.2), so ``used_step`` is kept from one sign-in to the next.
    """
    current = int(now.timestamp()) // STEP_S
    typed = "".join(code.split())
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    fits = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), typed.encode())]
    return next((step for step in fits if step > used_step), None)


def secret_text(secret: bytes) -> str:
    """Write a secret as people type it into a program that reads no QR code: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def enrolment_uri(secret: bytes, staff_no: int) -> str:
    """Give what an authenticator program reads from a QR code (Key URI format)."""
    label = quote(f"{ISSUER}:{staff_no}")
    fields = {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": ISSUER}
    return f"otpauth://totp/{label}?{urlencode(fields, quote_via=quote)}"
