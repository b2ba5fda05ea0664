"""The code of a sealed grant: its digits, and what opens.

Twenty digits, read over the telephone or from a slip of the branch: two name the grant (its number modulo 100),
sixteen are secret, two check the others (ISO/IEC 7064, MOD 97-10), so that a slip of the finger is seen at once and
costs no try.

    code --(Argon2id, salt of the grant)--> key --(SHA-256)--> commitment

HQ's record holds salt and commitment. Sixteen secret digits are 53 bits: without the slow hash whoever holds the record
finds them in days, with it in tens of thousands of years of graphics cards (docs/adr/0021). The station's record of a
release holds the key: every later check costs one SHA-256, and nobody makes a key but from the code.
"""

from __future__ import annotations

import hashlib

CODE_DIGITS = 20
SECRET_DIGITS = 16
GRANTS_OPEN_MAX = 100
"""Two digits name a grant, so at most this many may be open at a station at once."""
SALT_BYTES = 16
KEY_BYTES = 32
MEMORY_KIB = 64 * 1024
PASSES = 3
"""With one lane, the second choice of RFC 9106, section 4, for machines with little memory."""
MEMORY_MAX_KIB = 1024 * 1024
PASSES_MAX = 16
_CHECK_MODULUS = 97
_DOMAIN = b"station-pos sealed grant 1\x00"


def digits_of(text: str) -> str:
    """Give the digits of a code as typed or read out, without blanks and dashes."""
    return "".join(text.split()).replace("-", "")


def make_code(grant_no: int, secret: int) -> str:
    """Give the twenty digits for a grant's number and its secret (below 10 ** 16)."""
    named = f"{grant_no % GRANTS_OPEN_MAX:02d}{secret:0{SECRET_DIGITS}d}"
    return f"{named}{_CHECK_MODULUS + 1 - int(named) * 100 % _CHECK_MODULUS:02d}"


def is_code(digits: str) -> bool:
    """Tell whether these are twenty digits whose check digits fit."""
    whole = len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit()
    return whole and int(digits) % _CHECK_MODULUS == 1


def named_grant(digits: str) -> int:
    """Give the last two digits of the number of the grant that a code names."""
    return int(digits[:2])


def commitment_of(key: bytes) -> bytes:
    """Give what HQ's record holds of a key."""
    return hashlib.sha256(_DOMAIN + key).digest()


def key_of(digits: str, salt: bytes, memory_kib: int, passes: int) -> bytes:
    """Send a code through the slow hash: about half a second on an old PC with HQ's figures.

    Raises:
        ValueError: the figures are beyond what a counter can be asked to do.
    """
    if not (0 < passes <= PASSES_MAX and 8 <= memory_kib <= MEMORY_MAX_KIB and len(salt) >= 8):  # noqa: PLR2004
        message = f"a code cannot be checked with {memory_kib} KiB and {passes} passes"
        raise ValueError(message)
    # Not before the first frame: only this screen needs it.
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        digits.encode(),
        salt,
        time_cost=passes,
        memory_cost=memory_kib,
        parallelism=1,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )
