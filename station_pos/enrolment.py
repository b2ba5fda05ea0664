"""Enrolment: the station makes its key, proves with a one-time code that it is the one HQ means, and gets certificates.

The code never travels: both sides prove that they know it (HMAC-SHA256), so the station also knows that HQ's key is
HQ's. Every step can be cut and made again: the key is on the disk before anybody hears of it, and what HQ approved is
asked for again until it is kept. A new epoch after a restore or a replacement is the same road with a new code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from station_journal.seal import Certificate, SealRefusedError, verify_certificate
from station_journal.side import Side
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.store import journal
from station_pos.store.reference import Profile as StationProfile
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.witness import Witness, write_witness
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from station_pos.keystore import Keystore, PendingKey
    from station_pos.store.database import Database

CODE_CHARACTERS = 12
POLL_S = 5.0
_TEXT = Catalogue(
    {
        "code_form": ("登记码应为 {count} 个字符。", "The enrolment code has {count} characters."),
        "refused": ("总部没有批准本次登记：{why}", "HQ refused the enrolment: {why}"),
        "proof_wrong": (
            "对方不知道登记码，不是签发登记码的总部，登记没有完成。",
            "The server does not know the code, so it is not the HQ that gave it: not enrolled.",
        ),
        "certificate_wrong": (
            "总部给的证书与本机或签名不符，登记没有完成。",
            "A certificate from HQ is not for this machine or not signed by HQ: not enrolled.",
        ),
        "other_hq": (
            "总部的密钥与以前登记时不同，登记没有完成，请联系总部核实。",
            "HQ's key is not the one of the earlier enrolment: not enrolled; ask HQ in person.",
        ),
        "history_differs": (
            "总部保存到第 {prior} 条，本机到第 {own} 条，两边历史接不上，登记没有完成。",
            "HQ holds records up to {prior}, this machine up to {own}, and they do not join: not enrolled.",
        ),
        "not_hq": ("对方的回复不是总部系统的格式。", "The answer is not of HQ's form."),
    }
)


class EnrolmentFault(StrEnum):
    """Why an enrolment ended; the values are the ids of their sentences."""

    CODE_FORM = "code_form"
    REFUSED = "refused"
    PROOF_WRONG = "proof_wrong"
    CERTIFICATE_WRONG = "certificate_wrong"
    OTHER_HQ = "other_hq"
    HISTORY_DIFFERS = "history_differs"
    NOT_HQ = "not_hq"


class EnrolmentError(Exception):
    """The enrolment cannot go on; one sentence. The journal and an earlier enrolment are untouched."""

    def __init__(self, fault: EnrolmentFault, **figures: object) -> None:
        """Keep the reason beside the sentence made of it."""
        super().__init__(_TEXT(fault.value, **figures))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Profile:
    """What HQ knows of the station and receipts show."""

    name: str
    branch: str
    address: str
    complaint_line: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What HQ approved, verified: both certificates with HQ's signatures, and the station's profile."""

    certificate: Certificate
    certificate_signature: bytes
    hq_certificate: Certificate
    hq_certificate_signature: bytes
    profile: Profile


class EnrolmentClient(Protocol):
    """Calls to HQ, as ``HqClient`` makes them."""

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post a JSON object and give the one that comes back; raises ``LinkError``."""


class EnrolledStation(Protocol):
    """Where an approval is kept: the station's database."""

    def certificate(self, side: Side) -> Certificate | None:
        """Give the certificate in force of one journal; None before the first enrolment."""

    def head_seq(self) -> int:
        """Give the number of the last record of the station's journal, 0 if none."""

    def digest_at(self, seq: int) -> bytes:
        """Give the digest after a record of the station's journal; empty where there is no such record."""

    def adopt(self, approval: Approval) -> int:
        """Begin the epoch, in one durable step; the same again changes nothing.

        Gives how many records that HQ never held were put aside.
        """


def code_proof(code: str, station_code: str, public_key: bytes) -> str:
    """Prove to HQ that this key's owner knows the code: hex HMAC-SHA256 over station and key."""
    return _hmac(code, b"enrol" + station_code.encode() + public_key).hex()


def begin(
    keystore: Keystore, station_code: str, hq_url: str, code: str, pass_phrase: str, *, start_over: bool = False
) -> PendingKey:
    """Make the key, or take up the one made for the same station, address and code before a cut.

    A pending key that the pass phrase does not open is kept, as HQ may have approved it; ``start_over`` gives it up.

    Raises:
        EnrolmentError: the code has not the form of one.
        KeystoreError: the key cannot be kept, or the pass phrase of the pending one is wrong.
    """
    code = "".join(code.split()).replace("-", "").upper()
    if len(code) != CODE_CHARACTERS or not code.isalnum():
        raise EnrolmentError(EnrolmentFault.CODE_FORM, count=CODE_CHARACTERS)
    if keystore.has_pending() and not start_over:
        pending = keystore.open_pending(pass_phrase)
        if (pending.station_code, pending.hq_url, pending.code) == (station_code, hq_url, code):
            return pending
    return keystore.make_pending(station_code, hq_url, code, pass_phrase)


def announce(client: EnrolmentClient, pending: PendingKey) -> None:
    """Tell HQ the public key; telling it again changes nothing.

    Raises:
        LinkError: the line failed; announce again.
        EnrolmentError: HQ does not take the code for this station.
    """
    proof = code_proof(pending.code, pending.station_code, pending.public_key)
    body = {"station_code": pending.station_code, "code_proof": proof, "public_key": pending.public_key.hex()}
    _call(client, "/enrolment", body)


def ask(client: EnrolmentClient, pending: PendingKey) -> Approval | None:
    """Ask whether HQ approved; None while nobody has decided.

    Raises:
        LinkError: the line failed; ask again.
        EnrolmentError: HQ refused, or what it sent does not verify.
    """
    proof = code_proof(pending.code, pending.station_code, pending.public_key)
    answer = _call(client, "/enrolment/status", {"station_code": pending.station_code, "code_proof": proof})
    state = answer.get("state")
    if state == "pending":
        return None
    if state == "refused":
        raise EnrolmentError(EnrolmentFault.REFUSED, why=str(answer.get("error", "")))
    if state != "approved":
        raise EnrolmentError(EnrolmentFault.NOT_HQ)
    return read_approval(answer, pending)


def read_approval(answer: dict[str, Any], pending: PendingKey) -> Approval:
    """Verify what HQ sent with its approval.

    Raises:
        EnrolmentError: HQ does not know the code, or a certificate is not for this key, this station, or not HQ's.
    """
    try:
        hq_public_key, hq_proof = bytes.fromhex(answer["hq_public_key"]), bytes.fromhex(answer["hq_proof"])
        signature, hq_signature = (bytes.fromhex(answer[f"{of}certificate_signature"]) for of in ("", "hq_"))
        texts = answer["profile"]
        profile = Profile(*(str(texts[name]) for name in ("name", "branch", "address", "complaint_line")))
        encoded = bytes.fromhex(answer["certificate"]), bytes.fromhex(answer["hq_certificate"])
    except (KeyError, TypeError, ValueError) as error:
        raise EnrolmentError(EnrolmentFault.NOT_HQ) from error
    if not hmac.compare_digest(hq_proof, _hmac(pending.code, b"hq" + hq_public_key + pending.public_key)):
        raise EnrolmentError(EnrolmentFault.PROOF_WRONG)
    try:
        certificate, hq_certificate = (Certificate.from_bytes(data) for data in encoded)
        verify_certificate(hq_public_key, signature, certificate)
        verify_certificate(hq_public_key, hq_signature, hq_certificate)
    except SealRefusedError as error:
        raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG) from error
    ours = (certificate.side, certificate.station_code, certificate.public_key)
    hqs = (hq_certificate.side, hq_certificate.station_code, hq_certificate.public_key)
    expected = (Side.STATION, pending.station_code, pending.public_key), (Side.HQ, pending.station_code, hq_public_key)
    if (ours, hqs) != expected:
        raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG)
    return Approval(certificate, signature, hq_certificate, hq_signature, profile)


def finish(
    keystore: Keystore,
    station: EnrolledStation,
    witness_path: Path,
    pending: PendingKey,
    approval: Approval,
    pass_phrase: str,
) -> int:
    """Keep what was approved: key, then certificates, then the witness of the new epoch. Cut anywhere, do it again.

    Gives how many records that HQ never held were put aside.

    Raises:
        EnrolmentError: HQ's key changed, or the new epoch does not continue this machine's journal.
        KeystoreError: the key cannot be kept.
        WitnessError: the witness cannot be written.
    """
    certificate = approval.certificate
    known = station.certificate(Side.HQ)
    if known is not None and known.epoch == approval.hq_certificate.epoch and known != approval.hq_certificate:
        raise EnrolmentError(EnrolmentFault.OTHER_HQ)
    _check_continues(station, certificate)
    keystore.keep(pending.key, pending.station_code, certificate.epoch, pass_phrase)
    put_aside = station.adopt(approval)
    write_witness(witness_path, Witness(certificate.start()))
    keystore.drop_pending()
    return put_aside


def enrol(
    keystore: Keystore,
    station: EnrolledStation,
    witness_path: Path,
    client: EnrolmentClient,
    pending: PendingKey,
    pass_phrase: str,
    pause: Callable[[float], None],
) -> Approval:
    """Go the whole road from a key in hand: announce it, wait for HQ's second person, keep the certificates.

    ``pause`` waits the seconds given; a line that fails is tried again, for as long as ``pause`` returns.

    Raises:
        EnrolmentError: HQ refused, or what it sent does not verify.
        KeystoreError, WitnessError, RegisterFault: a file cannot be written.
        LinkError: HQ's address or certificate is wrong, which waiting does not cure.
    """
    announced = False
    while True:
        try:
            if not announced:
                announce(client, pending)
                announced = True
            approval = ask(client, pending)
            if approval is not None:
                finish(keystore, station, witness_path, pending, approval, pass_phrase)
                return approval
        except LinkError as error:
            if error.fault in {LinkFault.ADDRESS_WRONG, LinkFault.UNTRUSTED, LinkFault.NOT_HQ}:
                raise
        pause(POLL_S)


def _check_continues(station: EnrolledStation, certificate: Certificate) -> None:
    """A new epoch starts where HQ's copy of the one before ended; this machine's journal must hold that record."""
    current = station.certificate(Side.STATION)
    if current is not None and current.epoch >= certificate.epoch:
        if current != certificate:
            raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG)
        return
    if certificate.prior_seq and station.digest_at(certificate.prior_seq) != certificate.prior_digest:
        raise EnrolmentError(EnrolmentFault.HISTORY_DIFFERS, prior=certificate.prior_seq, own=station.head_seq())


def _call(client: EnrolmentClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return client.post_json(path, body)
    except LinkError as error:
        if error.fault is not LinkFault.HQ_REFUSED:
            raise
        raise EnrolmentError(EnrolmentFault.REFUSED, why=_reason(error)) from error


def _reason(error: LinkError) -> str:
    try:
        return str(json.loads(error.body)["error"])
    except (ValueError, KeyError, TypeError):
        return str(error)


class EnrolledDatabase:
    """``EnrolledStation`` over a station's open database."""

    def __init__(self, database: Database) -> None:
        """Use a database of this process."""
        self._database = database

    def certificate(self, side: Side) -> Certificate | None:
        """Give the certificate in force of one journal; None before the first enrolment."""
        with self._database.reading() as connection:
            found = journal.certificate(connection, side)
        return found[0] if found else None

    def head_seq(self) -> int:
        """Give the number of the last record of the station's journal, 0 if none."""
        with self._database.reading() as connection:
            head = journal.head(connection, Side.STATION)
        return head.seq if head else 0

    def digest_at(self, seq: int) -> bytes:
        """Give the digest after a record of the station's journal; empty where there is no such record."""
        with self._database.reading() as connection:
            found = journal.entry(connection, Side.STATION, seq)
        return found.digest if found else b""

    def adopt(self, approval: Approval) -> int:
        """Begin the epoch; gives how many records that HQ never held were put aside.

        Raises:
            RegisterFault: the disk refused; nothing was changed.
        """
        profile = approval.profile
        return begin_epoch(
            self._database,
            Epoch(
                station=approval.certificate,
                station_signature=approval.certificate_signature,
                hq=approval.hq_certificate,
                hq_signature=approval.hq_certificate_signature,
                hq_public_key=approval.hq_certificate.public_key,
                profile=StationProfile(profile.name, profile.branch, profile.address, profile.complaint_line),
            ),
        )


def _hmac(code: str, message: bytes) -> bytes:
    return hmac.new(code.encode(), message, hashlib.sha256).digest()
