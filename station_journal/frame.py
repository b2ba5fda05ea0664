"""The frame: a run of records, compressed and sealed, that can be verified on its own.

The same bytes travel over HTTP, on a stick or on paper. A frame carries its side, epoch, first number and the writer's
seal over the position after its last record; whoever holds the position before it can verify it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cbor2
import zstandard

from station_journal.seal import SIGNATURE_BYTES, Certificate, Position, SealRefusedError, extend, seal, verify_seal
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FRAME_FORMAT = 1
FRAME_BYTES_MAX = 256 * 1024
FRAME_RECORDS_MAX = 2_000
PAYLOAD_BYTES_MAX = 1024 * 1024
_PRIOR_DIGEST_BYTES = 4
_ZSTD_LEVEL = 19
_CONTINUE = 0x80
_VARINT_SHIFT_MAX = 21


class FrameRefusedError(ValueError):
    """A frame is damaged, too large, does not follow on what is held, or is not sealed by its writer."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A run of records as it travels. ``prior`` is the start of the digest before it, to tell a fork from damage."""

    side: Side
    epoch: int
    from_seq: int
    prior: bytes
    run: tuple[bytes, ...]
    signature: bytes

    @property
    def to_seq(self) -> int:
        """Number of the last record in the frame."""
        return self.from_seq + len(self.run) - 1


def make_frame(
    key: Ed25519PrivateKey, certificate: Certificate, before: Position, run: Sequence[bytes]
) -> tuple[bytes, Position]:
    """Compress and seal a run of records that follows ``before``; gives the frame and the position after it.

    Raises:
        ValueError: the run is empty or above a limit.
    """
    after = Position(before.epoch, before.seq + len(run), extend(before, run)[-1])
    signature = seal(key, certificate.side, certificate.station_code, after)
    return pack_frame(certificate.side, before, run, signature), after


def pack_frame(side: Side, before: Position, run: Sequence[bytes], signature: bytes) -> bytes:
    """Compress a run of records under a seal that was made already.

    Raises:
        ValueError: the run is empty or above a limit.
    """
    payload = b"".join(_varint(len(data)) + data for data in run)
    if not run or len(run) > FRAME_RECORDS_MAX or len(payload) > PAYLOAD_BYTES_MAX:
        message = f"a frame holds 1 to {FRAME_RECORDS_MAX} records and at most {PAYLOAD_BYTES_MAX} bytes"
        raise ValueError(message)
    packed = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_content_size=False, write_checksum=False).compress(
        payload
    )
    compressed = len(packed) < len(payload)
    return cbor2.dumps(
        [
            FRAME_FORMAT,
            side.value,
            before.epoch,
            before.seq + 1,
            len(run),
            before.digest[:_PRIOR_DIGEST_BYTES],
            compressed,
            packed if compressed else payload,
            signature,
        ]
    )


def read_frame(data: bytes) -> Frame:
    """Read a frame without trusting it: sizes are limited before anything is unpacked.

    Raises:
        FrameRefusedError: the bytes are no whole frame, or claim more than the limits.
    """
    if len(data) > FRAME_BYTES_MAX:
        message = f"a frame of {len(data)} bytes is above the limit of {FRAME_BYTES_MAX}"
        raise FrameRefusedError(message)
    try:
        form, side, epoch, from_seq, count, prior, compressed, packed, signature = cbor2.loads(data)
        whole = (
            form == FRAME_FORMAT
            and isinstance(packed, bytes)
            and len(signature) == SIGNATURE_BYTES
            and 0 < count <= FRAME_RECORDS_MAX
            and from_seq > 0
            and epoch > 0
        )
        payload = (_unpack(packed) if compressed else packed) if whole else b""
        frame = Frame(Side(side), epoch, from_seq, bytes(prior), _split(payload, count) if whole else (), signature)
    except FrameRefusedError:
        raise
    except (ValueError, TypeError, OverflowError, cbor2.CBORDecodeError, zstandard.ZstdError) as error:
        message = "the frame is cut or damaged"
        raise FrameRefusedError(message) from error
    if not whole:
        message = "the frame's header claims what no frame can be"
        raise FrameRefusedError(message)
    return frame


def verify_frame(frame: Frame, certificate: Certificate, before: Position) -> list[bytes]:
    """Verify a frame that follows on ``before``; gives the digest after each record.

    Raises:
        FrameRefusedError: the frame does not follow, forks from what is held, or is not sealed by the writer.
    """
    if (frame.side, frame.epoch, frame.from_seq) != (certificate.side, before.epoch, before.seq + 1):
        message = (
            f"the frame starts at epoch {frame.epoch} record {frame.from_seq}, "
            f"held is epoch {before.epoch} record {before.seq}"
        )
        raise FrameRefusedError(message)
    if frame.prior != before.digest[:_PRIOR_DIGEST_BYTES]:
        message = f"the frame continues another history than the one held up to record {before.seq}"
        raise FrameRefusedError(message)
    digests = extend(before, frame.run)
    after = Position(frame.epoch, frame.to_seq, digests[-1])
    try:
        verify_seal(certificate.public_key, frame.signature, frame.side, certificate.station_code, after)
    except SealRefusedError as error:
        message = f"the frame of records {frame.from_seq} to {frame.to_seq}: {error}"
        raise FrameRefusedError(message) from error
    return digests


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= _CONTINUE:
        out.append(number & 0x7F | _CONTINUE)
        number >>= 7
    out.append(number)
    return bytes(out)


def _unpack(packed: bytes) -> bytes:
    stream = zstandard.ZstdDecompressor(max_window_size=2 * PAYLOAD_BYTES_MAX).stream_reader(packed)
    payload = stream.read(PAYLOAD_BYTES_MAX + 1)
    if len(payload) > PAYLOAD_BYTES_MAX:
        message = f"the frame unpacks to more than {PAYLOAD_BYTES_MAX} bytes"
        raise FrameRefusedError(message)
    return payload


def _split(payload: bytes, count: int) -> tuple[bytes, ...]:
    run = []
    at = 0
    for _ in range(count):
        size = shift = 0
        while True:
            if at >= len(payload) or shift > _VARINT_SHIFT_MAX:
                message = "the frame is cut or damaged"
                raise FrameRefusedError(message)
            byte = payload[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < _CONTINUE:
                break
        if size == 0 or at + size > len(payload):
            message = "the frame is cut or damaged"
            raise FrameRefusedError(message)
        run.append(payload[at : at + size])
        at += size
    if at != len(payload):
        message = "the frame holds more than it claims"
        raise FrameRefusedError(message)
    return tuple(run)
