"""The serial line on real pseudo-terminals and sockets: every failure is one sentence, and every call ends."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import tty

import pytest

from station_pos.devices.ports import LINE_FAULT_WORDS, LineError, LineFault
from station_pos.devices.serial_line import SerialLine

IAC, SE, SB, WILL, DO = 255, 240, 250, 251, 253
COM_PORT = 44


class Rfc2217Server:
    """A serial server of a few lines by RFC 2217: agrees to every option, confirms settings, passes bytes on."""

    def __enter__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.bauds, self._data, self._came = [], b"", threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.close()
        self.hang_up()
        self._thread.join(60)

    def hang_up(self):
        with contextlib.suppress(OSError, AttributeError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def send(self, data):
        self._peer.sendall(data.replace(b"\xff", b"\xff\xff"))

    def received(self, count):
        with self._came:
            self._came.wait_for(lambda: len(self._data) >= count, 5)
            return self._data

    def _serve(self):
        self._peer, _ = self._server.accept()
        with self._peer, self._peer.makefile("rb") as stream, contextlib.suppress(OSError):
            while byte := stream.read(1):
                if byte[0] != IAC:
                    self._take(byte)
                    continue
                command = stream.read(1)[0]
                if command == IAC:
                    self._take(b"\xff")
                elif command == SB:
                    self._setting(self._until_end(stream))
                else:
                    option = stream.read(1)[0]
                    answer = {WILL: DO, DO: WILL}.get(command)
                    if answer:
                        self._peer.sendall(bytes([IAC, answer, option]))

    def _until_end(self, stream):
        found = b""
        while not found.endswith(bytes([IAC, SE])):
            found += stream.read(1)
        return found[:-2].replace(b"\xff\xff", b"\xff")

    def _setting(self, found):
        option, kind, value = found[0], found[1], found[2:]
        if option == COM_PORT and kind == 1 and any(value):
            self.bauds.append(int.from_bytes(value, "big"))
        if option == COM_PORT:
            escaped = value.replace(b"\xff", b"\xff\xff")
            self._peer.sendall(bytes([IAC, SB, COM_PORT, kind + 100]) + escaped + bytes([IAC, SE]))

    def _take(self, byte):
        with self._came:
            self._data += byte
            self._came.notify_all()


class Pty:
    def __init__(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def unplug(self):
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                continue


@pytest.fixture
def pty():
    pair = Pty()
    yield pair
    pair.unplug()


@pytest.fixture
def line(pty, tmp_path):
    one = SerialLine(pty.path, write_timeout_s=0.2, lock_folder=tmp_path)
    one.open()
    yield one
    one.close()


def fault_of(action) -> LineError:
    with pytest.raises(LineError) as caught:
        action()
    return caught.value


class TestBytes:
    def test_all_256_values_pass_both_ways(self, line, pty):
        every = bytes(range(256))
        line.write(every)
        assert os.read(pty.master, 1000) == every
        os.write(pty.master, every)
        time.sleep(0.05)
        assert line.read(1000, 1.0) == every

    def test_an_answer_is_there_at_once_and_silence_lasts_as_long_as_asked(self, line, pty):
        os.write(pty.master, b"\x12")
        started = time.monotonic()
        assert line.read(64, 60.0) == b"\x12"
        assert time.monotonic() - started < 30
        assert line.read(64, 0.2) == b""
        assert 0.2 <= time.monotonic() - started < 60

    def test_draining_forgets_what_came_before(self, line, pty):
        os.write(pty.master, b"old")
        time.sleep(0.05)
        line.drain_input()
        os.write(pty.master, b"new")
        assert line.read(1, 1.0) == b"n"
        assert line.read(9, 0.5) == b"ew"

    def test_opening_twice_is_opening_once(self, line):
        line.open()
        line.write(b"x")


class TestFaults:
    def test_a_device_that_stops_taking_bytes_stalls_in_finite_time(self, line):
        started = time.monotonic()
        assert fault_of(lambda: line.write(bytes(200_000))).fault is LineFault.STALLED
        assert time.monotonic() - started < 2

    def test_a_pulled_cable_is_lost_and_can_be_opened_again_later(self, line, pty):
        os.close(pty.master)
        assert fault_of(lambda: line.read(1, 0.5)).fault is LineFault.LOST
        assert fault_of(lambda: line.write(b"x")).fault is LineFault.LOST
        assert fault_of(line.open).fault in {LineFault.MISSING, LineFault.UNUSABLE}

    def test_a_missing_device(self, tmp_path):
        line = SerialLine(str(tmp_path / "none"))
        assert fault_of(line.open).fault is LineFault.MISSING
        line.close()

    @pytest.mark.parametrize("url", ["file", "nonsense://x"])
    def test_what_is_no_serial_line(self, url, tmp_path):
        (tmp_path / "file").write_text("not a device")
        line = SerialLine(str(tmp_path / url) if url == "file" else url)
        assert fault_of(line.open).fault is LineFault.UNUSABLE

    def test_a_line_never_opened_is_lost_and_not_a_crash(self, pty):
        assert fault_of(lambda: SerialLine(pty.path).read(1, 0)).fault is LineFault.LOST

    def test_every_fault_has_words_in_both_languages(self):
        for fault in LineFault:
            error = LineError(fault, "/dev/x")
            assert str(error) == error.words("zh") != error.words("en")
            assert "/dev/x" in error.words("en")
        assert set(LINE_FAULT_WORDS) == set(LineFault)


@pytest.mark.usefixtures("line")
class TestLockHeld:
    def test_another_program_is_told_in_plain_words_who_has_the_line(self, pty, tmp_path):
        program = (
            "import sys; from pathlib import Path\n"
            "from station_pos.devices.serial_line import SerialLine\n"
            "from station_pos.devices.ports import LineError\n"
            "try: SerialLine(sys.argv[1], lock_folder=Path(sys.argv[2])).open()\n"
            "except LineError as error: print(error)\n"
        )
        said = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program, pty.path, tmp_path],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=30,
            check=True,
        )
        assert said.stdout.strip().startswith(f"{pty.path} 被另一个程序占用 (PID {os.getpid()} (")

    def test_the_devices_own_lock_holds_without_a_folder(self, pty):
        assert fault_of(SerialLine(pty.path).open).fault is LineFault.BUSY

    def test_a_program_that_is_none_of_ours_is_named_too(self, pty, line):
        line.close()
        stranger = (
            "import fcntl, sys; f = open(sys.argv[1], 'rb+', 0); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", stranger, pty.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout
            other.stdout.readline()
            error = fault_of(SerialLine(pty.path).open)
            other.kill()
        assert error.fault is LineFault.BUSY
        assert f"PID {other.pid} (" in error.words("en")

    def test_a_symbolic_link_is_the_same_line(self, pty, tmp_path):
        link = tmp_path / "printer"
        link.symlink_to(pty.path)
        error = fault_of(SerialLine(str(link), lock_folder=tmp_path).open)
        assert error.fault is LineFault.BUSY
        assert error.detail.startswith(f"PID {os.getpid()} (")


class TestLockGivenBack:
    def test_a_closed_line_is_free_and_so_is_one_that_failed_to_open(self, line, pty, tmp_path):
        line.close()
        line.close()
        second = SerialLine(pty.path, lock_folder=tmp_path)
        second.open()
        second.close()
        missing = SerialLine(str(tmp_path / "later"), lock_folder=tmp_path)
        for _ in range(2):
            assert fault_of(missing.open).fault is LineFault.MISSING


@pytest.mark.enable_socket
class TestNetworkPrinter:
    def test_bytes_pass_and_a_hang_up_is_lost(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as server:
            line = SerialLine(f"socket://127.0.0.1:{server.getsockname()[1]}", lock_folder=tmp_path)
            line.open()
            peer, _ = server.accept()
            with peer:
                line.write(b"\x10\x04\x01")
                assert peer.recv(10) == b"\x10\x04\x01"
                peer.sendall(b"\x12")
                assert line.read(64, 30.0) == b"\x12"
            assert fault_of(lambda: line.read(1, 30.0)).fault is LineFault.LOST

    @pytest.mark.filterwarnings("ignore:set(Daemon|Name)")  # the library's own thread
    def test_a_serial_server_by_rfc_2217_takes_bytes_both_ways(self, tmp_path):
        with Rfc2217Server() as server:
            line = SerialLine(f"rfc2217://127.0.0.1:{server.port}", baud=9600, lock_folder=tmp_path)
            line.open()
            try:
                line.write(b"\x10\x04\xff\x01")
                assert server.received(4) == b"\x10\x04\xff\x01"
                server.send(b"\x12\xff\x16")
                got = line.read(64, 30.0)
                while len(got) < 3:
                    got += line.read(64, 30.0)
                assert got == b"\x12\xff\x16"
                assert server.bauds == [9600]
                server.hang_up()
                assert fault_of(lambda: [line.read(1, 30.0) for _ in range(5)]).fault is LineFault.LOST
            finally:
                line.close()

    def test_nobody_listening_is_missing(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        assert fault_of(SerialLine(f"socket://127.0.0.1:{port}").open).fault is LineFault.MISSING
