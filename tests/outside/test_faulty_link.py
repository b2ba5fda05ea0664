"""The faulty link as two parties meet it: real sockets on both sides of the real process."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.outside.processes import Process, control, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket


class Echo:
    """The far party: answers every byte with itself and keeps what it received."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received: list[bytearray] = []
        self.threads: list[threading.Thread] = []
        self.accepting = threading.Thread(target=self._accept)
        self.accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.received.append(bytearray())
            thread = threading.Thread(target=self._serve, args=(peer, self.received[-1]))
            thread.start()
            self.threads.append(thread)

    @staticmethod
    def _serve(peer: socket.socket, kept: bytearray) -> None:
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                while data := peer.recv(65_536):
                    kept += data
                    if data == b"ab":  # answered in two segments, like a header and a body
                        peer.sendall(b"a")
                        time.sleep(0.001)
                        data = b"b"
                    peer.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in (self.accepting, *self.threads):
            thread.join(60)


@contextmanager
def linked(folder: Path) -> Iterator[tuple[Process, Echo]]:
    """An echo party behind a link with a control socket."""
    echo = Echo()
    try:
        with running("faulty_link", "--to", f"127.0.0.1:{echo.port}", "--control", folder / "c") as process:
            yield process, echo
    finally:
        echo.close()


def tell(process: Process, cmd: str, **more: Any) -> dict[str, Any]:
    answer = control(process.hello["control"], cmd=cmd, **more)
    assert answer["ok"], answer
    return answer


def connect(process: Process) -> socket.socket:
    return socket.create_connection(("127.0.0.1", process.hello["port"]), timeout=60)


def read_all(line: socket.socket) -> bytes:
    """Read until the end of the connection, however it came."""
    got = b""
    try:
        while data := line.recv(65_536):
            got += data
    except ConnectionError:
        pass
    return got


def test_a_sound_line_carries_bytes_both_ways_and_the_end(tmp_path: Path) -> None:
    payload = bytes(range(256)) * 2000
    with linked(tmp_path) as (process, echo), connect(process) as line:
        sending = threading.Thread(target=line.sendall, args=(payload,))
        sending.start()
        got = b""
        while len(got) < len(payload):
            got += line.recv(65_536)
        assert got == payload
        line.shutdown(socket.SHUT_WR)
        assert read_all(line) == b""
        sending.join()
        assert bytes(echo.received[0]) == payload
        status = until(lambda: (s := tell(process, "status"))["open"] == 0 and s)
        assert (status["bytes_up"], status["bytes_down"]) == (len(payload), len(payload))


def test_down_refuses_and_cuts_and_up_serves_on_the_same_port(tmp_path: Path) -> None:
    with linked(tmp_path) as (process, _):
        with connect(process) as line:
            line.sendall(b"a")
            assert line.recv(1) == b"a"
            assert tell(process, "down")["is_up"] is False
            assert read_all(line) == b""
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                connect(process)
        assert tell(process, "up")["is_up"] is True
        with connect(process) as line:
            line.sendall(b"b")
            assert line.recv(1) == b"b"


@pytest.mark.parametrize("count", [1, 900])
def test_cut_after_lets_exactly_so_many_bytes_up(tmp_path: Path, count: int) -> None:
    with linked(tmp_path) as (process, echo):
        tell(process, "cut_after", n=count, direction="up")
        with connect(process) as line:
            line.sendall(b"x" * 5000)
            read_all(line)
        until(lambda: tell(process, "status")["open"] == 0)
        assert until(lambda: bytes(next(iter(echo.received), b""))) == b"x" * count
        with connect(process) as line:
            line.sendall(b"again")
            assert line.recv(5) == b"again"


def test_cut_after_lets_exactly_so_many_bytes_down_though_all_arrived_up(tmp_path: Path) -> None:
    with linked(tmp_path) as (process, echo):
        tell(process, "cut_after", n=10, direction="down")
        with connect(process) as line:
            line.sendall(b"y" * 500)
            assert read_all(line) == b"y" * 10
        assert bytes(echo.received[0]) == b"y" * 500


@pytest.mark.parametrize("then", ["silence", "cut"])
def test_lost_replies_reach_the_far_party_and_never_come_back(tmp_path: Path, then: str) -> None:
    with linked(tmp_path) as (process, echo):
        tell(process, "lose_replies", n=1, then=then)
        with connect(process) as line:
            line.sendall(b"pay once")
            until(lambda: echo.received and bytes(echo.received[0]) == b"pay once")
            until(lambda: tell(process, "status")["lost_bytes_down"] == 8)
            if then == "cut":
                assert read_all(line) == b""
            else:
                line.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    line.recv(1)
        with connect(process) as line:
            line.sendall(b"next")
            assert line.recv(4) == b"next"


def test_latency_delays_both_ways_and_rate_is_shared_by_all_connections(tmp_path: Path) -> None:
    with linked(tmp_path) as (process, _):
        tell(process, "latency_ms", n=150)
        with connect(process) as line:
            begin = time.monotonic()
            line.sendall(b"p")
            assert line.recv(1) == b"p"
            assert time.monotonic() - begin >= 0.3
        tell(process, "clear")
        tell(process, "rate_bytes_s", n=10_000)
        with connect(process) as one, connect(process) as other:
            begin = time.monotonic()
            for line in (one, other):
                line.sendall(b"r" * 2500)
                line.shutdown(socket.SHUT_WR)
            assert len(read_all(one)) + len(read_all(other)) == 5000
            assert time.monotonic() - begin >= 0.45


def test_a_sound_line_adds_no_wait_of_its_own_to_small_writes(tmp_path: Path) -> None:
    with linked(tmp_path) as (process, _), connect(process) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        took_s = []
        for _ in range(60):
            begin = time.monotonic()
            line.sendall(b"ab")
            got = b""
            while len(got) < 2:
                got += line.recv(2)
            took_s.append(time.monotonic() - begin)
    # Nagle's algorithm against delayed acknowledgements takes 40 ms of nearly every round; a busy machine of some.
    assert sorted(took_s)[len(took_s) // 4] < 0.03


def test_nobody_behind_the_line_and_bad_commands_are_plain_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as vacant:
        port = vacant.getsockname()[1]
    with running("faulty_link", "--to", f"127.0.0.1:{port}", "--control", tmp_path / "c") as process:
        with connect(process) as line:
            assert read_all(line) == b""
        assert tell(process, "status")["unreachable"] == 1
        for command in ({"cmd": "storm"}, {"cmd": "cut_after", "n": 0}, {"cmd": "lose_replies", "n": -1}, {}):
            answer = control(tmp_path / "c", **command)
            assert answer["ok"] is False
            assert answer["error"]
    with pytest.raises(AssertionError, match=r"is not host:port"):
        Process("faulty_link", "--to", "nowhere")


def test_sigterm_ends_it_with_connections_open(tmp_path: Path) -> None:
    with linked(tmp_path) as (process, _), connect(process) as line:
        line.sendall(b"z")
        assert line.recv(1) == b"z"
        process.child.terminate()
        assert process.child.wait(60) == 0
        assert process.child.stderr is not None
        assert process.child.stderr.read() == ""
        assert not (tmp_path / "c").exists()
