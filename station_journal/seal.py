"""Digest chain, certificates, seals and countersignatures.

``digest[n] = SHA-256(digest[n-1] || bytes[n])``; the digest before an epoch's first record comes from the epoch's
certificate. A seal is one Ed25519 signature (RFC 8032) over a position and its digest, made per frame and per
export; a countersignature is HQ's over what it durably holds. This module knows nothing of records: bytes are verified
before anybody decodes them. Suite and format numbers are part of what is signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterable

SUITE_SHA256_ED25519 = 1
CERTIFICATE_FORMAT = 1
DIGEST_BYTES = 32
SIGNATURE_BYTES = 64
HEAD_ON_PAPER_BYTES = 8
"""How much of the head digest is printed on paper, as a witness of history."""

_TAG_GENESIS = b"station-journal genesis 1\x00"
_TAG_SEAL = b"station-journal seal 1\x00"
_TAG_HELD = b"station-journal held 1\x00"
_TAG_CERTIFICATE = b"station-journal certificate 1\x00"


class SealRefusedError(ValueError):
    """A signature, certificate or digest does not fit; the message is one sentence."""


class Position(NamedTuple):
    """How far a journal has got: epoch, number of the last record (0 if none) and the digest after it."""

    epoch: int
    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """Who may write one epoch of one journal: bound to the station, the epoch and the public key.

    ``prior_seq`` and ``prior_digest`` close the epoch before (0 and empty for the first one): numbers go on across
    epochs, so the first record of this epoch is ``prior_seq + 1``.
    """

    side: Side
    station_code: str
    epoch: int
    public_key: bytes
    prior_seq: int = 0
    prior_digest: bytes = b""
    suite: int = SUITE_SHA256_ED25519

    def to_bytes(self) -> bytes:
        """Give the bytes that are signed by HQ and hashed into the epoch's first digest."""
        return cbor2.dumps(
            [
                CERTIFICATE_FORMAT,
                self.suite,
                self.side.value,
                self.station_code,
                self.epoch,
                self.public_key,
                self.prior_seq,
                self.prior_digest,
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Certificate:
        """Read a certificate.

        Raises:
            SealRefusedError: the bytes are no certificate of a known format and suite.
        """
        try:
            form, suite, side, station_code, epoch, public_key, prior_seq, prior_digest = cbor2.loads(data)
            certificate = cls(Side(side), station_code, epoch, public_key, prior_seq, prior_digest, suite)
            known = form == CERTIFICATE_FORMAT and suite == SUITE_SHA256_ED25519 and certificate.to_bytes() == data
        except (ValueError, TypeError, cbor2.CBORDecodeError) as error:
            message = "the bytes are not a certificate"
            raise SealRefusedError(message) from error
        if not known:
            message = "the certificate has a format or suite that this version does not know"
            raise SealRefusedError(message)
        return certificate

    def start(self) -> Position:
        """Give the position before the epoch's first record."""
        digest = hashlib.sha256(_TAG_GENESIS + self.to_bytes()).digest()
        return Position(self.epoch, self.prior_seq, digest)


def next_digest(digest: bytes, data: bytes) -> bytes:
    """Extend the chain by one record's stored bytes."""
    return hashlib.sha256(digest + data).digest()


def extend(position: Position, run: Iterable[bytes]) -> list[bytes]:
    """Extend the chain by a run of records; gives the digest after each."""
    digests = []
    digest = position.digest
    for data in run:
        digest = hashlib.sha256(digest + data).digest()
        digests.append(digest)
    return digests


def _sealed_message(tag: bytes, side: Side, station_code: str, position: Position) -> bytes:
    return tag + cbor2.dumps([SUITE_SHA256_ED25519, side.value, station_code, *position])


def seal(key: Ed25519PrivateKey, side: Side, station_code: str, position: Position) -> bytes:
    """Sign a position of the writer's own journal."""
    return key.sign(_sealed_message(_TAG_SEAL, side, station_code, position))


def countersign(key: Ed25519PrivateKey, station_code: str, position: Position) -> bytes:
    """Sign, as HQ, that the station's journal is durably held up to a position: held, not agreed."""
    return key.sign(_sealed_message(_TAG_HELD, Side.STATION, station_code, position))


def sign_certificate(key: Ed25519PrivateKey, certificate: Certificate) -> bytes:
    """Sign, as HQ, that a key may write an epoch."""
    return key.sign(_TAG_CERTIFICATE + certificate.to_bytes())


def verify_seal(public_key: bytes, signature: bytes, side: Side, station_code: str, position: Position) -> None:
    """Check a seal.

    Raises:
        SealRefusedError: the signature is not this key's over this position.
    """
    _verify(public_key, signature, _sealed_message(_TAG_SEAL, side, station_code, position), "seal")


def verify_countersignature(public_key: bytes, signature: bytes, station_code: str, position: Position) -> None:
    """Check HQ's countersignature over a position of the station's journal.

    Raises:
        SealRefusedError: the signature is not HQ's over this position.
    """
    message = _sealed_message(_TAG_HELD, Side.STATION, station_code, position)
    _verify(public_key, signature, message, "countersignature")


def verify_certificate(public_key: bytes, signature: bytes, certificate: Certificate) -> None:
    """Check HQ's signature on a certificate.

    Raises:
        SealRefusedError: the signature is not HQ's on this certificate.
    """
    _verify(public_key, signature, _TAG_CERTIFICATE + certificate.to_bytes(), "certificate")


def sign_message(key: Ed25519PrivateKey, purpose: str, message: bytes) -> bytes:
    """Sign a message between the two sides for one named purpose (a hello, a reply, an inquiry)."""
    return key.sign(_purpose_tag(purpose) + hashlib.sha256(message).digest())


def verify_message(public_key: bytes, signature: bytes, purpose: str, message: bytes) -> None:
    """Check a message's signature.

    Raises:
        SealRefusedError: the signature is not this key's on this message for this purpose.
    """
    _verify(public_key, signature, _purpose_tag(purpose) + hashlib.sha256(message).digest(), purpose)


def _purpose_tag(purpose: str) -> bytes:
    return f"station-journal {purpose} 1\x00".encode()


def _verify(public_key: bytes, signature: bytes, message: bytes, what: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError) as error:
        sentence = f"the {what} is not signed by the key it should be signed by"
        raise SealRefusedError(sentence) from error


def head_on_paper(digest: bytes) -> str:
    """Write the first eight bytes of a digest as paper shows them, ``9C2E-71B0-4411-A0FE``."""
    text = digest[:HEAD_ON_PAPER_BYTES].hex().upper()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))
