"""The steps of an enrolment; each can be cut and made again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from station_journal.side import Side
from station_pos.enrolment.approval import Approval, code_proof, read_approval
from station_pos.enrolment.faults import EnrolmentError, EnrolmentFault
from station_pos.enrolment.recovery import RecoverableJournal, continues, recover
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.witness import Witness, write_witness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from station_journal.seal import Certificate
    from station_pos.keystore import Keystore, PendingKey

CODE_CHARACTERS = 12
POLL_S = 5.0


class EnrolmentClient(Protocol):
    """Calls to HQ, as ``HqClient`` makes them."""

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post a JSON object and give the one that comes back; raises ``LinkError``."""

    def exchange(self, request: bytes, wait_s: int = 0) -> bytes:
        """Send a hello, give the reply's bytes; raises ``LinkError``."""


class EnrolledStation(RecoverableJournal, Protocol):
    """Where an approval is kept: the station's database."""

    def certificate(self, side: Side) -> Certificate | None:
        """Give the certificate in force of one journal; None before the first enrolment."""

    def adopt(self, approval: Approval) -> int:
        """Begin the epoch, in one durable step; the same again changes nothing.

        Gives how many records that HQ never held were put aside.
        """


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


def finish(
    keystore: Keystore,
    station: EnrolledStation,
    witness_path: Path,
    client: EnrolmentClient,
    pending: PendingKey,
    approval: Approval,
    pass_phrase: str,
) -> int:
    """Keep what was approved: the records HQ holds and this machine lacks, the key, the certificates, the witness.

    Gives how many records that HQ never held were put aside. Cut anywhere, do it again.

    Raises:
        LinkError: the line failed while records were fetched.
        EnrolmentError: HQ's key changed, or the new epoch does not continue this machine's journal.
        KeystoreError, WitnessError, StoreError, RegisterFault: the disk refused.
    """
    certificate, hq_certificate = approval.certificate, approval.hq.certificate
    known = station.certificate(Side.HQ)
    if known is not None and known.epoch == hq_certificate.epoch and known != hq_certificate:
        raise EnrolmentError(EnrolmentFault.OTHER_HQ)
    current = station.certificate(Side.STATION)
    if current is not None and current.epoch >= certificate.epoch and current != certificate:
        raise EnrolmentError(EnrolmentFault.CERTIFICATE_WRONG)
    put_aside = 0
    if current != certificate and not continues(station, approval):
        put_aside = recover(client.exchange, pending, approval, station)
    keystore.keep(pending.key, pending.station_code, certificate.epoch, pass_phrase)
    put_aside += station.adopt(approval)
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
        KeystoreError, WitnessError, StoreError, RegisterFault: the disk refused.
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
                finish(keystore, station, witness_path, client, pending, approval, pass_phrase)
                return approval
        except LinkError as error:
            if error.fault in {LinkFault.ADDRESS_WRONG, LinkFault.UNTRUSTED, LinkFault.NOT_HQ}:
                raise
        pause(POLL_S)


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
