from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hq_server.reference import enrolment
from hq_server.reference.enrolment import CODE_ALPHABET, CODE_LASTS, code_proof
from hq_server.reference.hq_key import bind_key, load_or_make_key, public_bytes
from hq_server.reference.staff import StaffMember
from hq_server.reference.stations import certificates, current_certificate
from hq_server.wording import RefusedError
from station_journal.records import Side
from station_journal.seal import verify_certificate
from tests.hq_server.people import MAKER, MARKETING, NOON, SECOND, add_people, enrol_station, finish_enrolment, profile

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
DEVICE = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
DEVICE_PUBLIC = public_bytes(DEVICE)


def _issued(engine: Engine) -> str:
    add_people(engine)
    with engine.begin() as connection:
        return enrolment.add_station(connection, HQ, MAKER, profile(), NOON)


def _request(engine: Engine, code: str, public_key: bytes = DEVICE_PUBLIC, **later: int) -> None:
    with engine.begin() as connection:
        proof = code_proof(code, "ST-0417", public_key)
        enrolment.request_enrolment(connection, HQ, "ST-0417", proof, public_key, NOON + timedelta(**later))


class TestTheOneTimeCode:
    def test_it_has_twelve_characters_without_look_alikes_and_is_not_kept_readable(self, engine: Engine) -> None:
        code = _issued(engine)
        assert len(code) == 12
        assert set(code) <= set(CODE_ALPHABET)
        assert not set("01OIL") & set(CODE_ALPHABET)
        with engine.connect() as connection:
            kept = connection.scalar(text("SELECT string_agg(e::text, '') FROM enrolments e"))
        assert code not in kept
        assert code.encode().hex() not in kept

    def test_a_wrong_code_is_refused(self, engine: Engine) -> None:
        _issued(engine)
        with pytest.raises(RefusedError, match="wrong, used or expired"):
            _request(engine, "A" * 12)

    def test_it_expires_after_seven_days(self, engine: Engine) -> None:
        code = _issued(engine)
        with pytest.raises(RefusedError, match="wrong, used or expired"):
            _request(engine, code, seconds=int(CODE_LASTS.total_seconds()) + 1)

    def test_it_is_erased_once_used_and_works_for_no_second_key(self, engine: Engine) -> None:
        code = _issued(engine)
        _request(engine, code)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT code_sealed FROM enrolments")) is None
        with pytest.raises(RefusedError, match="wrong, used or expired"):
            _request(engine, code, public_bytes(HQ))

    def test_the_same_request_again_changes_nothing_before_and_after_approval(self, engine: Engine) -> None:
        code = _issued(engine)
        _request(engine, code)
        _request(engine, code)
        with engine.begin() as connection:
            enrolment.approve(connection, HQ, SECOND, "ST-0417", NOON)
        _request(engine, code)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM enrolments")) == 1

    def test_a_new_code_withdraws_the_open_one(self, engine: Engine) -> None:
        old = _issued(engine)
        with engine.begin() as connection:
            enrolment.issue_code(connection, HQ, MAKER, "ST-0417", NOON)
        with pytest.raises(RefusedError, match="wrong, used or expired"):
            _request(engine, old)


class TestApproval:
    def test_both_certificates_are_signed_by_hq_for_the_right_keys(self, engine: Engine) -> None:
        add_people(engine)
        station = enrol_station(engine, HQ)
        with engine.connect() as connection:
            held = {item.side: item for item in certificates(connection, "ST-0417")}
        for side, key in ((Side.STATION, public_bytes(station.key)), (Side.HQ, public_bytes(HQ))):
            certificate = held[side].read()
            verify_certificate(public_bytes(HQ), held[side].signature, certificate)
            assert (certificate.side, certificate.epoch, certificate.public_key) == (side, 1, key)

    def test_whoever_issued_the_code_cannot_approve_and_the_database_holds_it_too(self, engine: Engine) -> None:
        code = _issued(engine)
        _request(engine, code)
        with engine.begin() as connection, pytest.raises(RefusedError, match="second person"):
            enrolment.approve(connection, HQ, MAKER, "ST-0417", NOON)
        with engine.begin() as connection, pytest.raises(IntegrityError, match="four_eyes"):
            connection.execute(text("UPDATE enrolments SET state = 'APPROVED', approver_no = maker_no"))
        with engine.connect() as connection:
            assert current_certificate(connection, "ST-0417", Side.STATION) is None

    def test_of_two_approvers_at_once_one_wins(self, engine: Engine) -> None:
        code = _issued(engine)
        _request(engine, code)
        outcomes: list[str] = []

        def approve(by: StaffMember) -> None:
            try:
                with engine.begin() as connection:
                    enrolment.approve(connection, HQ, by, "ST-0417", NOON)
                outcomes.append("approved")
            except RefusedError as error:
                outcomes.append(error.code)

        threads = [threading.Thread(target=approve, args=(by,)) for by in (SECOND, MARKETING)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["approved", "nothing_pending"]
        with engine.connect() as connection:
            assert len(certificates(connection, "ST-0417")) == 2

    def test_a_refused_request_takes_a_new_code(self, engine: Engine) -> None:
        code = _issued(engine)
        _request(engine, code)
        with engine.begin() as connection:
            enrolment.refuse(connection, SECOND, "ST-0417", NOON)
        with engine.begin() as connection, pytest.raises(RefusedError, match="no request waiting"):
            enrolment.approve(connection, HQ, SECOND, "ST-0417", NOON)

    def test_a_second_machine_opens_the_next_epoch_and_closes_the_first(self, engine: Engine) -> None:
        add_people(engine)
        first = enrol_station(engine, HQ)
        with engine.begin() as connection:
            secret = enrolment.issue_code(connection, HQ, MAKER, "ST-0417", NOON)
        second = finish_enrolment(engine, HQ, "ST-0417", secret)
        assert (second.certificate.epoch, second.certificate.prior_seq) == (2, 0)
        assert second.certificate.prior_digest == first.certificate.start().digest
        with engine.connect() as connection:
            of_station = [item for item in certificates(connection, "ST-0417") if item.side is Side.STATION]
        assert [(item.epoch, item.closed) for item in of_station] == [(1, True), (2, False)]

    def test_a_station_code_is_checked_and_taken_once(self, engine: Engine) -> None:
        _issued(engine)
        with engine.begin() as connection, pytest.raises(RefusedError, match="exists already"):
            enrolment.add_station(connection, HQ, MAKER, profile(), NOON)
        with engine.begin() as connection, pytest.raises(RefusedError, match="capital letters"):
            enrolment.add_station(connection, HQ, MAKER, profile("st 1"), NOON)


class TestTheKeyOfHq:
    def test_it_is_made_once_readable_by_its_owner_only(self, data_folder: Path) -> None:
        path = data_folder / "hq-key.pem"
        key = load_or_make_key(path, None)
        assert path.stat().st_mode & 0o777 == 0o600
        assert public_bytes(load_or_make_key(path, None)) == public_bytes(key)

    def test_with_a_pass_phrase_it_opens_with_that_only(self, data_folder: Path) -> None:
        path = data_folder / "hq-key.pem"
        key = load_or_make_key(path, "open sesame")
        assert public_bytes(load_or_make_key(path, "open sesame")) == public_bytes(key)
        assert key.private_bytes_raw() not in path.read_bytes()
        for wrong in ("other", None):
            with pytest.raises(RefusedError, match="HQ_KEY_PASSPHRASE"):
                load_or_make_key(path, wrong)

    def test_a_database_refuses_another_key_than_the_one_its_stations_know(self, engine: Engine) -> None:
        with engine.begin() as connection:
            bind_key(connection, HQ, NOON)
        with engine.begin() as connection:
            bind_key(connection, HQ, NOON)
            with pytest.raises(RefusedError, match="another HQ key"):
                bind_key(connection, DEVICE, NOON)
