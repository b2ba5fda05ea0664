"""A serial line through pyserial: device paths, and serial servers as `socket://host:port` or `rfc2217://host:port`.

The only module that knows pyserial, whose faults come as SerialException, bare OSError and termios.error (which is
neither); all leave here as one `LineError`.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import termios
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

import serial

from station_pos.devices.line_holders import holders_of, named
from station_pos.devices.ports import LineError, LineFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FlowControl = Literal["none", "xonxoff", "rtscts"]
_POLL_S: Final = 0.05
_BUSY: Final = {errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK}
_FORBIDDEN: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOT_SERIAL: Final = {errno.ENOTTY, errno.EINVAL, errno.EISDIR}


class SerialLine:
    """A line to one device, 8N1 unless `stop_bits` says two. Not for two threads at once; each device has its own.

    `lock_folder` holds a file for each line in use, so that a second program can be told who has it; without one,
    only the device's own lock counts. A `private` line carries card or identity data and is refused `spy://`, which
    writes a protocol of its bytes.
    """

    def __init__(
        self,
        url: str,
        *,
        baud: int = 9600,
        stop_bits: Literal[1, 2] = 1,
        flow: FlowControl = "none",
        write_timeout_s: float = 5.0,
        lock_folder: Path | None = None,
        private: bool = False,
    ) -> None:
        self._url = url
        self._baud = baud
        self._stop_bits = stop_bits
        self._flow = flow
        self._write_timeout_s = write_timeout_s
        self._lock_folder = lock_folder
        self._private = private
        self._lock_fd: int | None = None
        self._port: Any = None

    @property
    def name(self) -> str:
        """The device path or address."""
        return self._url

    def open(self) -> None:
        """Take the line for this program alone.

        Raises:
            LineError: it is missing, in use, forbidden or no serial line.
        """
        if self._port is not None:
            return
        if self._private and self._url.lower().startswith("spy://"):
            raise LineError(LineFault.UNUSABLE, self._url, "spy://")
        self._take_lock()
        try:
            self._port = serial.serial_for_url(
                self._url,
                baudrate=self._baud,
                stopbits=self._stop_bits,
                timeout=_POLL_S,
                # RFC 2217 hands bytes to a socket with a time limit of its own and refuses to be given one.
                write_timeout=None if self._url.lower().startswith("rfc2217://") else self._write_timeout_s,
                exclusive=True,
                xonxoff=self._flow == "xonxoff",
                rtscts=self._flow == "rtscts",
            )
        except (ValueError, OSError, termios.error) as error:
            self._release_lock()
            fault = _opening_fault(error)
            holders = holders_of(self._url) if fault is LineFault.BUSY and "://" not in self._url else ()
            raise LineError(fault, self._url, ", ".join(holders)) from error

    def read(self, size: int, timeout_s: float) -> bytes:
        """What has arrived, at most `size` bytes; empty when nothing came within `timeout_s`.

        Raises:
            LineError: the line is lost; it is closed, so the next `open` starts afresh.
        """
        ends_at = monotonic() + timeout_s
        with self._faults() as port:
            if timeout_s <= 0 and not port.in_waiting:
                return b""
            while True:
                # The first byte is waited for alone: asking for more would wait out the time at each short answer.
                first: bytes = port.read(1)
                if first:
                    rest: bytes = port.read(min(port.in_waiting, size - 1)) if size > 1 else b""
                    return first + rest
                if monotonic() >= ends_at:
                    return b""

    def write(self, data: bytes) -> None:
        """Hand all bytes to the line; they may still be on their way when this returns.

        Raises:
            LineError: STALLED when the device took no more in time, LOST when it is gone. In both cases an unknown
                part of the bytes has left.
        """
        with self._faults() as port:
            port.write(data)

    def drain_input(self) -> None:
        """Forget what has arrived and was not read.

        Raises:
            LineError: the line is lost.
        """
        with self._faults() as port:
            port.reset_input_buffer()

    def close(self) -> None:
        """Give the line and its lock back."""
        port, self._port = self._port, None
        if port is not None:
            # A device that is gone needs no closing.
            with suppress(OSError, termios.error):
                port.close()
        self._release_lock()

    @contextmanager
    def _faults(self) -> Iterator[Any]:
        if self._port is None:
            raise LineError(LineFault.LOST, self._url)
        try:
            yield self._port
        except serial.SerialTimeoutException as error:
            raise LineError(LineFault.STALLED, self._url) from error
        except (OSError, termios.error) as error:
            self.close()
            raise LineError(LineFault.LOST, self._url) from error

    def _take_lock(self) -> None:
        if self._lock_folder is None:
            return
        target = self._url if "://" in self._url else os.path.realpath(self._url)
        name = f"line-{hashlib.sha256(target.encode()).hexdigest()[:16]}.lock"
        try:
            self._lock_folder.mkdir(parents=True, exist_ok=True)
            lock_fd = os.open(self._lock_folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise LineError(LineFault.FORBIDDEN, self._url, str(self._lock_folder)) from error
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(lock_fd, 20, 0).decode("ascii", "replace").strip()
            os.close(lock_fd)
            raise LineError(LineFault.BUSY, self._url, named(int(holder)) if holder.isdigit() else "") from error
        self._lock_fd = lock_fd
        # A full disk costs the holder's number in somebody's message, not the line.
        with suppress(OSError):
            os.ftruncate(lock_fd, 0)
            os.pwrite(lock_fd, f"{os.getpid()}\n".encode(), 0)

    def _release_lock(self) -> None:
        if self._lock_fd is not None:
            # The file stays: removing it would let two programs lock two files of one name.
            os.close(self._lock_fd)
            self._lock_fd = None


def _opening_fault(error: Exception) -> LineFault:
    number = getattr(error, "errno", None)
    if isinstance(error, termios.error):
        number = error.args[0]
    if number in _BUSY:
        return LineFault.BUSY
    if number in _FORBIDDEN:
        return LineFault.FORBIDDEN
    if number in _NOT_SERIAL or isinstance(error, ValueError) or "configure port" in str(error):
        return LineFault.UNUSABLE
    return LineFault.MISSING
