"""A station believes only the HQ that knows its code, and only certificates that are for itself."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from station_journal.records import Side
from station_journal.seal import Certificate, Position, sign_certificate
from station_pos.enrolment import Approval, EnrolmentError, EnrolmentFault, announce, ask, begin, finish, read_approval
from station_pos.keystore import KdfCost, KeyFault, Keystore, KeystoreError, PendingKey
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.witness import Witness, read_witness
from tests.factories.journal import STATION, certificate, key, public

CODE = "ABCDEFGH2345"
PHRASE = "山上的桃花开了2026"
URL = "http://127.0.0.1:1"
PROFILE = {"name": "张家坝便民服务站", "branch": "江油支局", "address": "3组", "complaint_line": "11183"}
PENDING = PendingKey(key(1), STATION, URL, CODE)


def signed(given: Certificate, signer: int = 2) -> tuple[str, str]:
    return given.to_bytes().hex(), sign_certificate(key(signer), given).hex()


def approval(**changes: object) -> dict[str, Any]:
    own, own_signature = signed(certificate())
    hqs, hq_signature = signed(certificate(Side.HQ))
    proof = hmac.new(CODE.encode(), b"hq" + public(2) + public(1), hashlib.sha256).hexdigest()
    return {
        "state": "approved",
        "certificate": own,
        "certificate_signature": own_signature,
        "hq_certificate": hqs,
        "hq_certificate_signature": hq_signature,
        "hq_public_key": public(2).hex(),
        "hq_proof": proof,
        "certificates": [{"certificate": own, "certificate_signature": own_signature}],
        "profile": PROFILE,
    } | changes


class Hq:
    """Answers calls with what a test says."""

    def __init__(self, answer) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((path, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer)

    def exchange(self, request: bytes, wait_s: int = 0) -> bytes:
        self.calls.append(("/exchange", {"bytes": len(request), "wait_s": wait_s}))
        raise LinkError(LinkFault.UNREACHABLE)


class Shelf:
    """Where an approval is kept, in memory."""

    def __init__(self, own: Certificate | None = None, hq: Certificate | None = None) -> None:
        self.own, self.hq = own, hq
        self.adopted: list[Approval] = []

    def certificate(self, side: Side) -> Certificate | None:
        return self.own if side is Side.STATION else self.hq

    def last(self) -> Position:
        return Position(0, 0, b"")

    def acknowledged(self) -> Position:
        return Position(0, 0, b"")

    def digest_at(self, seq: int) -> bytes:
        assert seq > 0
        return b""

    def append(self, run) -> None:
        raise AssertionError(run)

    def put_aside(self, after_seq: int) -> int:
        raise AssertionError(after_seq)

    def adopt(self, given) -> int:
        self.adopted.append(given)
        self.own = given.certificate
        return 0


def fault_of(call) -> EnrolmentFault:
    with pytest.raises(EnrolmentError) as caught:
        call()
    assert str(caught.value)
    return caught.value.fault


class TestAnApproval:
    def test_that_is_right_is_believed(self):
        given = read_approval(approval(), PENDING)
        assert given.certificate == certificate()
        assert given.hq.certificate == certificate(Side.HQ)
        assert given.profile.complaint_line == "11183"
        assert given.earlier == ()

    def test_from_somebody_who_does_not_know_the_code_is_not(self):
        wrong = hmac.new(b"WRONGCODE234", b"hq" + public(2) + public(1), hashlib.sha256).hexdigest()
        assert fault_of(lambda: read_approval(approval(hq_proof=wrong), PENDING)) is EnrolmentFault.PROOF_WRONG

    def test_that_puts_another_hq_key_under_the_proof_is_not(self):
        other = approval(hq_public_key=public(3).hex())
        assert fault_of(lambda: read_approval(other, PENDING)) is EnrolmentFault.PROOF_WRONG

    @pytest.mark.parametrize(
        "given",
        [
            certificate(public_key=public(5)),
            certificate(station_code="JY0999"),
            certificate(Side.HQ, public_key=public(1)),
        ],
        ids=["another key", "another station", "another side"],
    )
    def test_with_a_certificate_that_is_not_for_this_machine_is_not(self, given):
        data, signature = signed(given)
        answer = approval(certificate=data, certificate_signature=signature)
        assert fault_of(lambda: read_approval(answer, PENDING)) is EnrolmentFault.CERTIFICATE_WRONG

    def test_with_a_certificate_that_hq_did_not_sign_is_not(self):
        data, signature = signed(certificate(), signer=3)
        answer = approval(certificate=data, certificate_signature=signature)
        assert fault_of(lambda: read_approval(answer, PENDING)) is EnrolmentFault.CERTIFICATE_WRONG

    @pytest.mark.parametrize("name", sorted(approval().keys() - {"state", "certificates"}))
    @pytest.mark.parametrize("value", [None, "", "zz", 7, [], "00"])
    def test_with_a_field_missing_or_spoilt_is_one_sentence(self, name, value):
        answer = approval(**{name: value})
        assert fault_of(lambda: read_approval(answer, PENDING)) in set(EnrolmentFault)


class TestAsking:
    def test_sends_a_proof_and_never_the_code(self):
        hq = Hq({"state": "pending"})
        announce(hq, PENDING)
        assert ask(hq, PENDING) is None
        assert [path for path, _ in hq.calls] == ["/enrolment", "/enrolment/status"]
        assert CODE not in str(hq.calls)
        proof = hmac.new(CODE.encode(), b"enrol" + STATION.encode() + public(1), hashlib.sha256).hexdigest()
        assert {body["code_proof"] for _, body in hq.calls} == {proof}

    def test_of_an_hq_that_refused_ends_with_its_reason(self):
        refused = LinkError(LinkFault.HQ_REFUSED, status=403, body=b'{"error": "enrolment"}')
        assert fault_of(lambda: announce(Hq(refused), PENDING)) is EnrolmentFault.REFUSED
        assert fault_of(lambda: ask(Hq({"state": "refused"}), PENDING)) is EnrolmentFault.REFUSED

    def test_over_a_line_that_fails_may_be_made_again(self):
        with pytest.raises(LinkError):
            ask(Hq(LinkError(LinkFault.CUT)), PENDING)

    def test_of_something_that_is_not_hq_is_one_sentence(self):
        assert fault_of(lambda: ask(Hq({"hello": "world"}), PENDING)) is EnrolmentFault.NOT_HQ


class TestKeepingIt:
    @pytest.fixture
    def keystore(self, tmp_path):
        return Keystore(tmp_path / "keys", KdfCost(1, 64, 1))

    def keep(self, keystore, shelf, tmp_path, answer=None):
        given = read_approval(answer or approval(), PENDING)
        return finish(keystore, shelf, tmp_path / "w.json", Hq({}), PENDING, given, PHRASE)

    def test_leaves_key_certificates_and_witness_and_nothing_pending(self, keystore, tmp_path):
        shelf = Shelf()
        self.keep(keystore, shelf, tmp_path)
        assert keystore.open(1, PHRASE).sign(b"x") == key(1).sign(b"x")
        assert shelf.own == certificate()
        assert read_witness(tmp_path / "w.json") == Witness(certificate().start())
        assert not keystore.has_pending()

    def test_refuses_an_hq_whose_key_changed(self, keystore, tmp_path):
        shelf = Shelf(hq=certificate(Side.HQ, public_key=public(9)))
        assert fault_of(lambda: self.keep(keystore, shelf, tmp_path)) is EnrolmentFault.OTHER_HQ
        assert shelf.adopted == []
        with pytest.raises(KeystoreError) as missing:
            keystore.open(1, PHRASE)
        assert missing.value.fault is KeyFault.NO_KEY

    def test_refuses_an_epoch_that_another_certificate_has(self, keystore, tmp_path):
        shelf = Shelf(own=certificate(public_key=public(7)))
        assert fault_of(lambda: self.keep(keystore, shelf, tmp_path)) is EnrolmentFault.CERTIFICATE_WRONG
        assert shelf.adopted == []

    def test_waits_for_the_line_where_records_must_come_from_hq_first(self, keystore, tmp_path):
        data, signature = signed(certificate(epoch=2, prior_seq=9, prior_digest=b"\1" * 32))
        answer = approval(certificate=data, certificate_signature=signature)
        shelf = Shelf()
        with pytest.raises(LinkError):
            self.keep(keystore, shelf, tmp_path, answer)
        assert shelf.adopted == []

    def test_a_pending_key_is_not_given_up_for_a_wrong_pass_phrase(self, keystore):
        made = begin(keystore, STATION, URL, CODE, PHRASE)
        with pytest.raises(KeystoreError) as caught:
            begin(keystore, STATION, URL, CODE, "另一个口令1234567")
        assert caught.value.fault is KeyFault.WRONG_PASS_PHRASE
        assert begin(keystore, STATION, URL, "abcd-efgh 2345", PHRASE).public_key == made.public_key
        other = begin(keystore, STATION, URL, CODE, "另一个口令1234567", start_over=True)
        assert other.public_key != made.public_key
