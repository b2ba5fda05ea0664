from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import cbor2
import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from hq_server.bootstrap import Headquarters, make_app, make_bell
from hq_server.config import Settings
from hq_server.hq_journal import HqJournal
from hq_server.reference import enrolment
from hq_server.reference.enrolment import code_proof, hq_proof
from hq_server.reference.hq_key import public_bytes
from station_journal.exchange import EXCHANGE_BYTES_MAX, EXCHANGE_FORMAT, MEDIA_TYPE, Verdict
from station_journal.records import SYSTEM, Equipment, InvoiceIssued, OutageOpened
from station_journal.seal import Certificate, verify_certificate
from station_pos.demo.processes import until
from tests.hq_server.counterpart import Station
from tests.hq_server.people import MAKER, NOON, SECOND, SteppingClock, add_people, enrol_station, profile

pytestmark = pytest.mark.enable_socket
HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
HQ_PUBLIC = public_bytes(HQ)
TOKEN = "a token of monitoring"


@pytest.fixture
def hq(engine: Engine) -> Headquarters:
    add_people(engine)
    return Headquarters(Settings(metrics_token=SecretStr(TOKEN)), engine, HqJournal(HQ), SteppingClock())


@pytest.fixture
def client(hq: Headquarters) -> Iterator[httpx.Client]:
    """A client of the real server on a port of its own."""
    bell = make_bell(hq)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(hq, bell), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
            yield client
    finally:
        bell.closing = True
        server.should_exit = True
        thread.join()
        listener.close()


def post(client: httpx.Client, station: Station, **changes: Any) -> httpx.Response:
    body = station.hello(*station.unsent(), **changes)
    return client.post("/exchange", content=body, headers={"content-type": MEDIA_TYPE})


class TestExchangeOverHttp:
    def test_a_journal_goes_up_and_the_answer_verifies(self, client, hq: Headquarters) -> None:
        station = Station.of(enrol_station(hq.engine, HQ), HQ_PUBLIC)
        station.write(OutageOpened(Equipment.PRINTER))
        answer = post(client, station)
        assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
        reply = station.receive(answer.content)
        assert (reply.verdict, reply.held) == (Verdict.IN_STEP, station.head)

    def test_a_waiting_exchange_is_answered_as_soon_as_hq_has_news(self, client, hq: Headquarters) -> None:
        station = Station.of(enrol_station(hq.engine, HQ), HQ_PUBLIC)
        answers: list[tuple[float, httpx.Response]] = []

        def wait() -> None:
            answers.append((time.monotonic(), post(client, station, wait_s=20)))
            answers.append((time.monotonic(), answers[0][1]))

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.3)
        assert answers == []
        appended_at = time.monotonic()
        with hq.engine.begin() as connection:
            hq.journal.append(connection, station.code, [InvoiceIssued(1, "0001")], SYSTEM, NOON)
        thread.join()
        assert answers[-1][0] - appended_at < 15
        station.receive(answers[0][1].content)
        assert station.hq_facts == [InvoiceIssued(1, "0001")]

    def test_waiting_ends_without_news(self, client, hq: Headquarters) -> None:
        station = Station.of(enrol_station(hq.engine, HQ), HQ_PUBLIC)
        begun = time.monotonic()
        reply = station.receive(post(client, station, wait_s=1).content)
        assert time.monotonic() - begun > 0.9
        assert reply.hq_frames == ()

    def test_bad_requests_get_one_sentence_in_one_form(self, client, hq: Headquarters) -> None:
        station = Station.of(enrol_station(hq.engine, HQ), HQ_PUBLIC)
        stranger = post(client, station, station_code="ST-9999")
        damaged = client.post("/exchange", content=b"garbage")
        huge = client.post("/exchange", content=b"\x00" * (EXCHANGE_BYTES_MAX + 1))
        for answer, status, code in (
            (stranger, 403, "unknown_station"),
            (damaged, 400, "damaged"),
            (huge, 413, "too_large"),
        ):
            assert answer.status_code == status
            assert answer.json()["error"] == code
            assert answer.json()["sentence"].count("\n") == 0

    @pytest.mark.parametrize(
        ("place", "value"),
        [(0, 10**5_000), (0, -(10**5_000)), (0, [[]] * 9), (1, "ST\0"), (2, [10**5_000, 0, b""])],
        ids=["huge format", "huge negative format", "list as format", "NUL in the code", "huge epoch"],
    )
    def test_a_strangers_oddities_get_one_sentence(self, client, place: int, value: Any) -> None:
        body: list[Any] = [EXCHANGE_FORMAT, "ST-0417", [1, 0, b""], [1, 0, b""], 0, 1, [], []]
        body[place] = value
        hello = client.post("/exchange", content=cbor2.dumps([cbor2.dumps(body), b"", []]))
        inquiry: list[Any] = [EXCHANGE_FORMAT, "ST-0417", 101, "1", 0]
        inquiry[place] = value
        asked = client.post("/inquiry", content=cbor2.dumps([cbor2.dumps(inquiry), b""]))
        for answer in (hello, asked):
            assert (answer.status_code, answer.json()["error"]) == (400, "damaged")
            assert len(answer.json()["sentence"]) < 100

    def test_health(self, client) -> None:
        assert client.get("/health").json() == {"status": "ok"}

    def test_a_link_that_breaks_in_mid_upload_is_counted_and_no_failure(self, client: httpx.Client, caplog) -> None:
        address = (str(client.base_url.host), client.base_url.port)
        with socket.create_connection(address) as link:
            link.sendall(b"POST /exchange HTTP/1.1\r\nhost: hq\r\ncontent-length: 500\r\n\r\nhalf")

        def counted() -> bool:
            figures = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
            return 'hq_request_seconds_count{method="POST",route="/exchange",status="499"} 1.0' in figures

        until("the request to be counted", counted, 60.0)
        assert not [record for record in caplog.records if record.name == "uvicorn.error" and record.exc_info]


class TestEnrolmentOverHttp:
    def test_the_whole_road_and_what_it_gives(self, client, hq: Headquarters) -> None:
        with hq.engine.begin() as connection:
            code = enrolment.add_station(connection, HQ, MAKER, profile(), NOON)
        key = Ed25519PrivateKey.generate()
        public_key = public_bytes(key)
        asked = {"station_code": "ST-0417", "code_proof": code_proof(code, "ST-0417", public_key).hex()}
        assert client.post("/enrolment/status", json=asked).status_code == 403
        request = asked | {"public_key": public_key.hex()}
        assert client.post("/enrolment", json=request).json() == {"state": "pending"}
        assert client.post("/enrolment", json=request).json() == {"state": "pending"}
        with hq.engine.begin() as connection:
            enrolment.approve(connection, HQ, SECOND, "ST-0417", NOON)
        answer = client.post("/enrolment/status", json=asked).json()
        assert answer["state"] == "approved"
        assert answer["hq_proof"] == hq_proof(code, HQ_PUBLIC, public_key).hex()
        assert answer["profile"]["complaint_line"] == "11185"
        for name, owner in (("certificate", public_key), ("hq_certificate", HQ_PUBLIC)):
            certificate = Certificate.from_bytes(bytes.fromhex(answer[name]))
            verify_certificate(HQ_PUBLIC, bytes.fromhex(answer[f"{name}_signature"]), certificate)
            assert certificate.public_key == owner

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{}", b'{"station_code": 1, "code_proof": "", "public_key": ""}', b"\xff"]
        + [b'{"station_code": "%s", "code_proof": "", "public_key": ""}' % odd for odd in (b"\\u0000", b"\\ud800")]
        + [b'{"station_code": %s, "code_proof": "", "public_key": ""}' % (b"9" * 5_000)],
    )
    def test_a_damaged_request_is_refused(self, client, body: bytes) -> None:
        answer = client.post("/enrolment", content=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "damaged")


class TestMonitoring:
    def test_health_answers_anybody_and_tells_nothing(self, client: httpx.Client) -> None:
        assert client.get("/health").json() == {"status": "ok"}

    def test_health_is_no_while_the_database_is_away(self, client: httpx.Client, hq: Headquarters, monkeypatch) -> None:
        def refuses() -> None:
            raise OperationalError("", {}, Exception("no database"))

        monkeypatch.setattr(type(hq.engine), "connect", lambda _engine: refuses())
        answer = client.get("/health")
        assert (answer.status_code, answer.json()) == (503, {"status": "the database does not answer"})

    @pytest.mark.parametrize("given", [{}, {"authorization": "Bearer guess"}, {"authorization": TOKEN.upper()}])
    def test_figures_are_told_to_nobody_without_the_token(self, client: httpx.Client, given: dict[str, str]) -> None:
        assert client.get("/metrics", headers=given).status_code == 401

    def test_figures_count_requests_by_route_and_never_name_a_path(self, client: httpx.Client) -> None:
        client.get("/enrolment/6222021234567890128")
        client.get("/stranger/6222021234567890128")
        client.get("/console/stations/6222021234567890128")
        figures = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
        assert 'hq_request_seconds_count{method="GET",route="/console/stations/{code}",status="303"}' in figures
        assert 'hq_request_seconds_count{method="GET",route="",status="404"}' in figures
        assert "hq_stations 0.0" in figures
        assert "hq_jobs_working 0.0" in figures
        assert "6222021234567890128" not in figures

    def test_pages_of_the_console_are_told_apart_in_figures_and_log(
        self, client: httpx.Client, capfd: pytest.CaptureFixture[str]
    ) -> None:
        client.get("/console/stations/6222021234567890128")
        client.get("/console/sign-in")
        figures = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
        for route, status in (("/console/stations/{code}", "303"), ("/console/sign-in", "200")):
            assert f'hq_request_seconds_count{{method="GET",route="{route}",status="{status}"}} 1.0' in figures
        lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"event": "request"' in line]
        told = [(line["method"], line["route"], line["status"]) for line in lines]
        assert told == [("GET", "/console/stations/{code}", 303), ("GET", "/console/sign-in", 200)]
