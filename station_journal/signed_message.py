"""What every message of a station beside the journals is: a body, and its writer's signature for one named purpose.

Each kind of message says for what purpose it is signed, and which error tells that it was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import cbor2

from station_journal.seal import SealRefusedError, sign_message, verify_message

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class SignedMessage:
    """Base of messages as they came in: read, not yet trusted. ``check`` proves who wrote one."""

    __slots__ = ()
    PURPOSE: ClassVar[str]
    REFUSED: ClassVar[type[ValueError]]
    body: bytes
    signature: bytes

    def check(self, public_key: bytes) -> None:
        """Check the signature.

        Raises:
            ValueError: it is not this key's; of the message's own class.
        """
        check_signed(public_key, self.signature, self.PURPOSE, self.body, self.REFUSED)


def check_signed(public_key: bytes, signature: bytes, purpose: str, body: bytes, refused: type[ValueError]) -> None:
    """Check a signature for a purpose.

    Raises:
        ValueError: it is not this key's on this body for this purpose; of the class ``refused``.
    """
    try:
        verify_message(public_key, signature, purpose, body)
    except SealRefusedError as error:
        raise refused(str(error)) from error


def write_signed(key: Ed25519PrivateKey, purpose: str, body: bytes) -> bytes:
    """Sign a body for a purpose: the array of both, as it travels."""
    return cbor2.dumps([body, sign_message(key, purpose, body)])
