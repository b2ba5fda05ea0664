"""What HQ approves, and the proofs on both sides that whoever speaks knows the one-time code (HMAC-SHA256)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from station_journal.seal import Certificate, SealRefusedError, verify_certificate
from station_journal.side import Side
from station_pos.enrolment.faults import EnrolmentError, EnrolmentFault

if TYPE_CHECKING:
    from station_pos.keystore import PendingKey


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate with HQ's signature on it."""

    certificate: Certificate
    signature: bytes


@dataclass(frozen=True, slots=True)
class Profile:
    """What HQ knows of the station and receipts show."""

    name: str
    branch: str
    address: str
    complaint_line: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What HQ approved, verified: a certificate for each journal, the station's earlier ones, its profile."""

    station: SignedCertificate
    hq: SignedCertificate
    earlier: tuple[SignedCertificate, ...]
    profile: Profile

    @property
    def certificate(self) -> Certificate:
        """The certificate of the epoch that begins."""
        return self.station.certificate


def code_proof(code: str, station_code: str, public_key: bytes) -> str:
    """Prove to HQ that this key's owner knows the code: hex HMAC-SHA256 over station and key."""
    return _hmac(code, b"enrol" + station_code.encode() + public_key).hex()


def read_approval(answer: dict[str, Any], pending: PendingKey) -> Approval:
    """Verify what HQ sent with its approval.

    Raises:
        EnrolmentError: HQ does not know the code, or a certificate is not for this key, this station, or not HQ's.
    """
    try:
        hq_public_key, hq_proof = bytes.fromhex(answer["hq_public_key"]), bytes.fromhex(answer["hq_proof"])
        texts = answer["profile"]
        profile = Profile(*(str(texts[name]) for name in ("name", "branch", "address", "complaint_line")))
    except (KeyError, TypeError, ValueError) as error:
        raise EnrolmentError(EnrolmentFault.NOT_HQ) from error
    if not hmac.compare_digest(hq_proof, _hmac(pending.code, b"hq" + hq_public_key + pending.public_key)):
        raise EnrolmentError(EnrolmentFault.PROOF_WRONG)
    station = _signed(answer, "", hq_public_key)
    hq = _signed(answer, "hq_", hq_public_key)
    given = tuple(_signed(row, "", hq_public_key) for row in answer.get("certificates", ()))
    ours = (station.certificate.side, station.certificate.station_code, station.certificate.public_key)
    hqs = (hq.certificate.side, hq.certificate.station_code, hq.certificate.public_key)
    expected = (Side.STATION, pending.station_code, pending.public_key), (Side.HQ, pending.station_code, hq_public_key)
    if (ours, hqs) != expected or any(item.certificate.station_code != pending.station_code for item in given):
        raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG)
    earlier = [
        item
        for item in given
        if item.certificate.side is Side.STATION and item.certificate.epoch < station.certificate.epoch
    ]
    return Approval(station, hq, tuple(sorted(earlier, key=lambda item: item.certificate.epoch)), profile)


def _signed(row: dict[str, Any], prefix: str, hq_public_key: bytes) -> SignedCertificate:
    """Read one certificate with its signature, and verify it."""
    try:
        data = bytes.fromhex(row[f"{prefix}certificate"])
        signature = bytes.fromhex(row[f"{prefix}certificate_signature"])
    except (KeyError, TypeError, ValueError) as error:
        raise EnrolmentError(EnrolmentFault.NOT_HQ) from error
    try:
        certificate = Certificate.from_bytes(data)
        verify_certificate(hq_public_key, signature, certificate)
    except SealRefusedError as error:
        raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG) from error
    return SignedCertificate(certificate, signature)


def _hmac(code: str, message: bytes) -> bytes:
    return hmac.new(code.encode(), message, hashlib.sha256).digest()
