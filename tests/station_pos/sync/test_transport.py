"""Bytes to HQ and back: every way the line or the other end can fail is one sentence, in finite time and space."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from station_journal.exchange import EXCHANGE_BYTES_MAX, MEDIA_TYPE
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.transport import HqClient

pytestmark = pytest.mark.enable_socket


def answer(body: bytes, content_type: str = MEDIA_TYPE, status: str = "200 OK", length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + body


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server on loopback that hands each connection, its request read, to ``serve``."""
    listener = socket.create_server(("127.0.0.1", 0))
    received: list[socket.socket] = []

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            received.append(connection)
            try:
                connection.recv(65536)
                serve(connection)
            except OSError:
                continue

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in received:
            connection.close()
        thread.join()


@contextmanager
def client(url: str, silence_timeout_s: float = 60.0) -> Iterator[HqClient]:
    made = HqClient(url, silence_timeout_s=silence_timeout_s, connect_timeout_s=60.0)
    try:
        yield made
    finally:
        made.close()


def fault_against(serve: Callable[[socket.socket], None], silence_timeout_s: float = 60.0) -> LinkFault:
    with server(serve) as url, client(url, silence_timeout_s) as hq, pytest.raises(LinkError) as caught:
        hq.exchange(b"hello")
    assert str(caught.value)
    return caught.value.fault


class TestAnExchange:
    def test_gives_the_bytes_of_the_reply(self):
        with server(lambda c: c.sendall(answer(b"reply"))) as url, client(url) as hq:
            assert hq.exchange(b"hello") == b"reply"

    def test_with_nobody_there_is_unreachable(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with client(f"http://127.0.0.1:{port}") as hq, pytest.raises(LinkError) as caught:
            hq.exchange(b"hello")
        assert caught.value.fault is LinkFault.UNREACHABLE

    def test_without_an_answer_ends_in_time(self):
        assert fault_against(lambda _: None, 0.2) is LinkFault.TIMED_OUT

    def test_that_hq_may_hold_waits_that_much_longer(self):
        def late(connection: socket.socket) -> None:
            time.sleep(0.5)
            connection.sendall(answer(b"news"))

        with server(late) as url, client(url, 0.2) as hq:
            assert hq.exchange(b"hello", wait_s=60) == b"news"

    def test_that_trickles_for_ever_is_given_up(self):
        def trickle(connection: socket.socket) -> None:
            connection.sendall(answer(b"", length=100_000))
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)

        assert fault_against(trickle, 0.2) is LinkFault.TIMED_OUT

    def test_cut_in_the_reply_is_said_to_be_cut(self):
        def cut(connection: socket.socket) -> None:
            connection.sendall(answer(b"half", length=9_000))
            connection.close()

        assert fault_against(cut) is LinkFault.CUT

    def test_cut_before_the_reply_is_said_to_be_cut(self):
        assert fault_against(lambda c: c.close()) is LinkFault.CUT

    def test_on_a_kept_connection_that_hq_has_closed_is_made_again_by_itself(self):
        requests: list[bytes] = []

        def close_after_one(connection: socket.socket) -> None:
            connection.sendall(answer(b"first"))
            requests.append(connection.recv(65536))  # the second request, swallowed as the connection ends
            connection.close()

        def serve(connection: socket.socket) -> None:
            if requests:
                connection.sendall(answer(b"second"))
            else:
                close_after_one(connection)

        with server(serve) as url, client(url) as hq:
            assert hq.exchange(b"hello") == b"first"
            assert hq.exchange(b"hello") == b"second"
        assert len(requests) == 1

    def test_answered_without_end_is_not_read_to_the_end(self):
        def flood(connection: socket.socket) -> None:
            connection.sendall(answer(b"", length=10 * EXCHANGE_BYTES_MAX))
            for _ in range(10 * EXCHANGE_BYTES_MAX // 65536):
                connection.sendall(bytes(65536))

        assert fault_against(flood) is LinkFault.TOO_LARGE

    @pytest.mark.parametrize(
        ("reply", "fault"),
        [
            (answer(b"<html>", "text/html"), LinkFault.NOT_HQ),
            (answer(b"{}", "application/json"), LinkFault.NOT_HQ),
            (answer(b"", MEDIA_TYPE, "204 No Content"), LinkFault.NOT_HQ),
            (answer(b"", "text/html", "302 Found"), LinkFault.NOT_HQ),
            (answer(b"{}", "application/json", "403 Forbidden"), LinkFault.HQ_REFUSED),
            (answer(b"oops", "text/plain", "500 Internal Server Error"), LinkFault.HQ_FAULT),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", LinkFault.CUT),
        ],
        ids=["html", "json", "nothing", "redirect", "refused", "fault", "not http"],
    )
    def test_answered_by_something_else_is_named(self, reply, fault):
        assert fault_against(lambda c: c.sendall(reply)) is fault


class TestAnAddress:
    @pytest.mark.parametrize(
        "url", ["http://hq.example.cn", "ftp://127.0.0.1", "hq", "", "http://10.0.0.1:80", "https://"]
    )
    def test_that_would_send_accounts_in_the_clear_is_refused(self, url):
        with pytest.raises(LinkError) as caught:
            HqClient(url)
        assert caught.value.fault is LinkFault.ADDRESS_WRONG

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8800", "http://localhost:8800", "http://[::1]:80"])
    def test_of_this_machine_may_be_plain(self, url):
        HqClient(url).close()

    def test_with_a_certificate_nobody_vouches_for_is_not_trusted(self, tmp_path):
        import ssl

        certificate, key = self_signed(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        listener = socket.create_server(("127.0.0.1", 0))

        def shake() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    return

        thread = threading.Thread(target=shake)
        thread.start()
        with client(f"https://127.0.0.1:{listener.getsockname()[1]}") as hq, pytest.raises(LinkError) as caught:
            hq.exchange(b"hello")
        thread.join()
        listener.close()
        assert caught.value.fault is LinkFault.UNTRUSTED


def self_signed(folder):
    """A certificate for 127.0.0.1 that nobody signed but itself."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "k.pem").write_bytes(private)
    return folder / "c.pem", folder / "k.pem"


class TestABillInquiry:
    def ask(self, reply: bytes):
        with server(lambda c: c.sendall(reply)) as url, client(url) as hq:
            return hq.inquire(b"inquiry")

    def test_gives_the_bills(self):
        row = {"bill_no": "B1", "period": "2026-10", "amount_fen": 7260}
        body = {"payer_name": "*三", "address": "3组", "bills": [row]}
        reply = self.ask(answer(json.dumps(body).encode(), "application/json"))
        assert (reply.payer_name, reply.bills, reply.problem) == ("*三", (("B1", "2026-10", 7260),), "")

    @pytest.mark.parametrize(
        ("status", "error", "problem"),
        [
            ("404 Not Found", "unknown_account", "unknown_account"),
            ("502 Bad Gateway", "biller_silent", "biller_silent"),
            ("403 Forbidden", "refused", "refused"),
            ("400 Bad Request", "damaged", "refused"),
            ("500 Internal Server Error", "", "unreachable"),
        ],
    )
    def test_that_hq_cannot_answer_says_why(self, status, error, problem):
        body = json.dumps({"error": error}).encode()
        assert self.ask(answer(body, "application/json", status)).problem == problem

    @pytest.mark.parametrize("amount", [0, -1, 72.6, "7260", True, None])
    def test_with_an_amount_that_is_no_sum_of_fen_is_not_believed(self, amount):
        body = {"payer_name": "", "address": "", "bills": [{"bill_no": "B1", "period": "", "amount_fen": amount}]}
        reply = self.ask(answer(json.dumps(body).encode(), "application/json"))
        assert reply.bills == ()
        assert reply.problem == "unreachable"

    def test_without_a_line_is_unreachable(self):
        with client("http://127.0.0.1:9") as hq:
            assert hq.inquire(b"inquiry").problem == "unreachable"
