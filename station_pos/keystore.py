"""The station's signing keys: made on the device, kept encrypted under a pass phrase, one file an epoch.

Argon2id (RFC 9106) turns the pass phrase into a key for AES-256-GCM; its cost and salt stand in the file, bound to the
ciphertext, so a changed header is noticed. A key whose enrolment HQ has not approved yet waits in a file of its own
together with the one-time code, so that an enrolment that was cut goes on with the same key.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from station_pos.durable_file import remove_durably, write_durably
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE_FORMAT = 1
PASS_PHRASE_CHARACTERS_MIN = 8
_KEY_FILE_BYTES_MAX = 16 * 1024
_SEED_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_MEMORY_KIB_MAX = 1024 * 1024
_TIME_COST_MAX = 20
_PARALLELISM_MAX = 16
_PURPOSE_KEY = "station key"
_PURPOSE_PENDING = "pending enrolment"


class KeyFault(StrEnum):
    """Why a key cannot be had; the values are the ids of their sentences."""

    WRONG_PASS_PHRASE = "wrong_pass_phrase"  # noqa: S105 - a reason, no secret
    WEAK_PASS_PHRASE = "weak_pass_phrase"  # noqa: S105 - a reason, no secret
    NO_KEY = "no_key"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    UNWRITABLE = "unwritable"
    EXISTS = "exists"


_TEXT = Catalogue(
    {
        "wrong_pass_phrase": ("口令不对。", "The pass phrase is wrong."),
        "weak_pass_phrase": ("口令至少要 {least} 个字符。", "The pass phrase needs at least {least} characters."),
        "no_key": ("没有密钥文件 {name}，请先登记本站。", "There is no key file {name}: enrol the station first."),
        "damaged": ("密钥文件 {name} 已损坏或不是本版本的格式。", "The key file {name} is damaged or of another form."),
        "unreadable": ("密钥文件 {name} 无法读取：{why}。", "The key file {name} cannot be read: {why}."),
        "unwritable": ("密钥文件 {name} 无法写入：{why}。", "The key file {name} cannot be written: {why}."),
        "exists": ("第 {epoch} 期已有另一把密钥。", "Another key is already kept for epoch {epoch}."),
    }
)


class KeystoreError(Exception):
    """A key cannot be read or written; ``fault`` names why, the message is one sentence. Nothing was changed."""

    def __init__(self, fault: KeyFault, **figures: object) -> None:
        """Keep the reason beside the sentence made of it."""
        super().__init__(_TEXT(fault.value, **figures))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class KdfCost:
    """What one guess at the pass phrase costs (RFC 9106): passes, memory in KiB, lanes."""

    time_cost: int = 3
    memory_kib: int = 64 * 1024
    parallelism: int = 2


@dataclass(frozen=True, slots=True)
class PendingKey:
    """A key that waits for HQ's approval: whose it is, where it was announced, and under which one-time code."""

    key: Ed25519PrivateKey
    station_code: str
    hq_url: str
    code: str

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that HQ puts into the certificate."""
        return self.key.public_key().public_bytes_raw()


class Keystore:
    """The key files of one station's data folder."""

    def __init__(self, folder: Path, cost: KdfCost | None = None) -> None:
        """Use ``folder`` (made when first written); ``cost`` is for new files, old ones name their own."""
        self._folder = folder
        self._cost = cost or KdfCost()

    def make_pending(self, station_code: str, hq_url: str, code: str, pass_phrase: str) -> PendingKey:
        """Make a key for an enrolment and keep it on disk before anybody hears of it; an older pending key is replaced.

        Raises:
            KeystoreError: the pass phrase is too short, or the folder cannot be written.
        """
        if len(pass_phrase) < PASS_PHRASE_CHARACTERS_MIN:
            raise KeystoreError(KeyFault.WEAK_PASS_PHRASE, least=PASS_PHRASE_CHARACTERS_MIN)
        pending = PendingKey(Ed25519PrivateKey.generate(), station_code, hq_url, code)
        header = {"purpose": _PURPOSE_PENDING, "station_code": station_code, "hq_url": hq_url}
        secret = pending.key.private_bytes_raw() + code.encode()
        self._write(self._pending_path, _shut(secret, header, pass_phrase, self._cost))
        return pending

    def has_pending(self) -> bool:
        """Tell whether an enrolment was begun and not finished."""
        return self._pending_path.exists()

    def open_pending(self, pass_phrase: str) -> PendingKey:
        """Open the key of an enrolment that was begun.

        Raises:
            KeystoreError: there is none, the pass phrase is wrong, or the file is damaged.
        """
        secret, header = self._open(self._pending_path, _PURPOSE_PENDING, pass_phrase)
        code, station_code, hq_url = secret[_SEED_BYTES:].decode(), header["station_code"], header["hq_url"]
        return PendingKey(Ed25519PrivateKey.from_private_bytes(secret[:_SEED_BYTES]), station_code, hq_url, code)

    def drop_pending(self) -> None:
        """Forget a pending enrolment: it was finished or refused."""
        if self.has_pending():
            remove_durably(self._pending_path)

    def keep(self, key: Ed25519PrivateKey, station_code: str, epoch: int, pass_phrase: str) -> None:
        """Keep the key of an epoch; keeping the same key again changes nothing.

        Raises:
            KeystoreError: another key is kept for this epoch, or the folder cannot be written.
        """
        path = self._epoch_path(epoch)
        if path.exists():
            kept = self.open(epoch, pass_phrase)
            if kept.private_bytes_raw() != key.private_bytes_raw():
                raise KeystoreError(KeyFault.EXISTS, epoch=epoch)
            return
        header = {"purpose": _PURPOSE_KEY, "station_code": station_code, "epoch": epoch}
        self._write(path, _shut(key.private_bytes_raw(), header, pass_phrase, self._cost))

    def open(self, epoch: int, pass_phrase: str) -> Ed25519PrivateKey:
        """Open the key of an epoch. Takes up to a second on an old machine: that is what a guess costs.

        Raises:
            KeystoreError: there is none, the pass phrase is wrong, or the file is damaged.
        """
        secret, header = self._open(self._epoch_path(epoch), _PURPOSE_KEY, pass_phrase)
        if header["epoch"] != epoch or len(secret) != _SEED_BYTES:
            raise KeystoreError(KeyFault.DAMAGED, name=self._epoch_path(epoch).name)
        return Ed25519PrivateKey.from_private_bytes(secret)

    @property
    def _pending_path(self) -> Path:
        return self._folder / "pending.key"

    def _epoch_path(self, epoch: int) -> Path:
        return self._folder / f"epoch-{epoch}.key"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            write_durably(path, content)
        except OSError as error:
            raise KeystoreError(KeyFault.UNWRITABLE, name=path.name, why=error.strerror) from error

    def _open(self, path: Path, purpose: str, pass_phrase: str) -> tuple[bytes, dict[str, Any]]:
        try:
            with path.open("rb") as file:
                content = file.read(_KEY_FILE_BYTES_MAX + 1)
        except FileNotFoundError as error:
            raise KeystoreError(KeyFault.NO_KEY, name=path.name) from error
        except OSError as error:
            raise KeystoreError(KeyFault.UNREADABLE, name=path.name, why=error.strerror) from error
        return _unshut(content, path.name, purpose, pass_phrase)


def _shut(secret: bytes, header: dict[str, Any], pass_phrase: str, cost: KdfCost) -> bytes:
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    bound = {
        "format": KEY_FILE_FORMAT,
        **header,
        "kdf": {"name": "argon2id", **asdict(cost), "salt": salt.hex()},
        "cipher": {"name": "aes-256-gcm", "nonce": nonce.hex()},
    }
    sealed = AESGCM(_derive(pass_phrase, salt, cost)).encrypt(nonce, secret, _bound_bytes(bound))
    return json.dumps({**bound, "sealed": sealed.hex()}, ensure_ascii=True, indent=1).encode() + b"\n"


def _unshut(content: bytes, name: str, purpose: str, pass_phrase: str) -> tuple[bytes, dict[str, Any]]:
    """Open a file's secret; a wrong pass phrase and a changed file look alike to the cipher, a broken form does not."""
    try:
        bound = json.loads(content)
        sealed = bytes.fromhex(bound.pop("sealed"))
        kdf, cipher = bound["kdf"], bound["cipher"]
        salt, nonce = bytes.fromhex(kdf["salt"]), bytes.fromhex(cipher["nonce"])
        cost = KdfCost(int(kdf["time_cost"]), int(kdf["memory_kib"]), int(kdf["parallelism"]))
        known = (bound["format"], kdf["name"], cipher["name"]) == (KEY_FILE_FORMAT, "argon2id", "aes-256-gcm")
        if not known or bound["purpose"] != purpose or len(nonce) != _NONCE_BYTES or not _bearable(cost):
            raise KeystoreError(KeyFault.DAMAGED, name=name)
        secret = AESGCM(_derive(pass_phrase, salt, cost)).decrypt(nonce, sealed, _bound_bytes(bound))
    except InvalidTag as error:
        raise KeystoreError(KeyFault.WRONG_PASS_PHRASE) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, HashingError) as error:
        raise KeystoreError(KeyFault.DAMAGED, name=name) from error
    return secret, bound


def _bearable(cost: KdfCost) -> bool:
    """A file may not ask for so much that opening it would never end."""
    return (
        0 < cost.time_cost <= _TIME_COST_MAX
        and 0 < cost.memory_kib <= _MEMORY_KIB_MAX
        and 0 < cost.parallelism <= _PARALLELISM_MAX
    )


def _derive(pass_phrase: str, salt: bytes, cost: KdfCost) -> bytes:
    return hash_secret_raw(
        pass_phrase.encode(), salt, cost.time_cost, cost.memory_kib, cost.parallelism, hash_len=32, type=Type.ID
    )


def _bound_bytes(bound: dict[str, Any]) -> bytes:
    return json.dumps(bound, sort_keys=True, ensure_ascii=True).encode()
