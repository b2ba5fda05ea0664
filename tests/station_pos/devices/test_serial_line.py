"""The serial line on real pseudo-terminals and sockets: every failure is one sentence, and every call ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import tty

import pytest

from station_pos.devices.ports import LINE_FAULT_WORDS, LineError, LineFault
from station_pos.devices.serial_line import SerialLine


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
        assert line.read(64, 5.0) == b"\x12"
        assert time.monotonic() - started < 1
        assert line.read(64, 0.2) == b""
        assert 0.2 <= time.monotonic() - started < 2

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
        assert said.stdout.strip() == f"{pty.path} 被另一个程序占用 (PID {os.getpid()})"

    def test_the_devices_own_lock_holds_without_a_folder(self, pty):
        assert fault_of(SerialLine(pty.path).open).fault is LineFault.BUSY

    def test_a_symbolic_link_is_the_same_line(self, pty, tmp_path):
        link = tmp_path / "printer"
        link.symlink_to(pty.path)
        error = fault_of(SerialLine(str(link), lock_folder=tmp_path).open)
        assert error.fault is LineFault.BUSY
        assert error.detail == f"PID {os.getpid()}"


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
                assert line.read(64, 1.0) == b"\x12"
            assert fault_of(lambda: line.read(1, 1.0)).fault is LineFault.LOST

    def test_nobody_listening_is_missing(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        assert fault_of(SerialLine(f"socket://127.0.0.1:{port}").open).fault is LineFault.MISSING
