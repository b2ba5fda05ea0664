"""Raw bytes of received files, kept once by their hash in pieces, read back as a stream."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO, cast

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.file_tables import received_chunks

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHUNK_BYTES = 1024 * 1024


def digest_of(stream: BinaryIO) -> str:
    """Give the SHA-256 of a whole stream in hex; the stream is at its start again afterwards."""
    stream.seek(0)
    digest = hashlib.sha256()
    while data := stream.read(CHUNK_BYTES):
        digest.update(data)
    stream.seek(0)
    return digest.hexdigest()


def keep_content(connection: Connection, sha256: str, stream: BinaryIO) -> None:
    """Keep a stream's bytes under their hash; what is kept already stays as it is."""
    stream.seek(0)
    number = 0
    while data := stream.read(CHUNK_BYTES):
        row = {"sha256": sha256, "chunk_no": number, "content": data}
        connection.execute(insert(received_chunks).values(row).on_conflict_do_nothing())
        number += 1


class _Kept(io.RawIOBase):
    """Kept bytes, one piece in memory at a time."""

    def __init__(self, connection: Connection, sha256: str) -> None:
        self._connection, self._sha256 = connection, sha256
        self._at, self._piece, self._piece_no = 0, b"", -1
        of_file = received_chunks.c.sha256 == sha256
        last = select(func.max(received_chunks.c.chunk_no)).where(of_file).scalar_subquery()
        tail = select(received_chunks.c.chunk_no, func.length(received_chunks.c.content))
        row = connection.execute(tail.where(of_file, received_chunks.c.chunk_no == last)).one_or_none()
        self._size = 0 if row is None else row[0] * CHUNK_BYTES + row[1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        number, start = divmod(self._at, CHUNK_BYTES)
        if self._at >= self._size:
            return 0
        if number != self._piece_no:
            table = received_chunks.c
            query = select(table.content).where(table.sha256 == self._sha256, table.chunk_no == number)
            self._piece, self._piece_no = bytes(self._connection.execute(query).scalar_one()), number
        data = self._piece[start : start + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def open_content(connection: Connection, sha256: str) -> BinaryIO:
    """Open the kept bytes of a file; the connection must stay in its transaction while they are read."""
    return io.BufferedReader(_Kept(connection, sha256), 256 * 1024)
