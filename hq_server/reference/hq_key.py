"""HQ's signing key: one Ed25519 key in a file, made once, bound to the database that its signatures stand in.

With a pass phrase the file is encrypted (PKCS #8). Without one it is readable by its owner only, which is meant for one
machine and a demonstration. A database remembers the public key it was used with: another key is refused, since
stations hold HQ to the key that they were enrolled under.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import insert, select, text

from hq_server.db.reference_tables import hq_keys
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

_NONCE_BYTES = 12
_BINDING_LOCK = 7_201_003


def load_or_make_key(path: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Read HQ's key, or make it when there is no file yet; two processes at once end up with one key.

    Raises:
        RefusedError: the file cannot be read or written, is no such key, or the pass phrase is missing or wrong.
    """
    try:
        if not path.exists():
            _make_key(path, passphrase)
        data = path.read_bytes()
    except OSError as error:
        raise RefusedError(
            "key_file", f"密钥文件 {path} 无法读写: {error}", f"the key file {path} cannot be used: {error}"
        ) from error
    try:
        key = load_pem_private_key(data, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError) as error:
        raise RefusedError(
            "key_passphrase",
            f"密钥文件 {path} 打不开: 口令 (HQ_KEY_PASSPHRASE) 不对或文件已损坏",
            f"the key file {path} does not open: the pass phrase (HQ_KEY_PASSPHRASE) is wrong or the file is damaged",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise RefusedError("key_file", f"{path} 不是 Ed25519 密钥", f"{path} holds no Ed25519 key")
    return key


def _make_key(path: Path, passphrase: str | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    encryption: KeySerializationEncryption = (
        BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    )
    data = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first; its key stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def bind_key(connection: Connection, key: Ed25519PrivateKey, now: datetime) -> None:
    """Remember, or check, which key this database's signatures are made with.

    Raises:
        RefusedError: the database was used with another key.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _BINDING_LOCK})
    public_key = public_bytes(key)
    known = list(connection.scalars(select(hq_keys.c.public_key)))
    if not known:
        connection.execute(insert(hq_keys).values(public_key=public_key, first_used_at=now))
    elif public_key not in known:
        raise RefusedError(
            "key_differs",
            "密钥文件与此数据库不符: 各站点认的是另一把总部密钥",
            "the key file does not belong to this database: its stations know another HQ key",
        )


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Give the 32 bytes of the public key."""
    return key.public_key().public_bytes_raw()


def conceal(key: Ed25519PrivateKey, secret: bytes, context: str) -> bytes:
    """Encrypt a short secret for rest in the database, under HQ's key; ``context`` binds it to its place."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, secret, context.encode())


def reveal(key: Ed25519PrivateKey, concealed: bytes, context: str) -> bytes:
    """Decrypt what ``conceal`` made.

    Raises:
        RefusedError: the bytes were altered, moved to another place, or made under another key.
    """
    try:
        return _cipher(key).decrypt(concealed[:_NONCE_BYTES], concealed[_NONCE_BYTES:], context.encode())
    except InvalidTag as error:
        raise RefusedError(
            "concealed", "数据库中的密文无法解开", "a secret in the database does not open under HQ's key"
        ) from error


def secret_for(key: Ed25519PrivateKey, context: bytes) -> bytes:
    """Give 32 secret bytes that follow from HQ's key and a context, and are stored nowhere."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hq-server derived secrets 1\x00" + context)
    return kdf.derive(key.private_bytes_raw())


def _cipher(key: Ed25519PrivateKey) -> ChaCha20Poly1305:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hq-server secrets at rest 1")
    return ChaCha20Poly1305(kdf.derive(key.private_bytes_raw()))
