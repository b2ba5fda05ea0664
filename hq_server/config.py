"""HQ's settings: read once from the environment (``HQ_...``), frozen, each error naming its setting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hq_server.wording import RefusedError


def _default_data() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "station-pos-hq"


class Settings(BaseSettings):
    """Everything that differs from one installation of HQ to another.

    ``data`` holds the key file and, without ``database_url``, the embedded database. ``key_passphrase`` encrypts the
    key file at rest; without one the file is readable by its owner only, which fits a demonstration on one machine.
    ``metrics_token`` is what a monitoring system must send to be told figures; without one nobody is.
    ``password_memory_mib`` is what a guess at a staff password costs; the least is OWASP's for Argon2id.
    ``one_time_codes`` says whether staff at the console must have them (RFC 6238) or may.
    ``bank_url`` is where the bank is asked what became of payment orders, ``bank_token`` what it gave us for that;
    without an address its files and statements tell.
    ``correction_stale_days`` is how old a record may be for HQ to correct it without a third signature: later the
    shopkeeper cannot trace the customer (horizon lesson H25, whose test comes 60 days late).
    """

    model_config = SettingsConfigDict(env_prefix="HQ_", frozen=True, extra="ignore")

    data: Path = Field(default_factory=_default_data)
    database_url: str = ""
    key_file: Path | None = None
    key_passphrase: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8071, ge=0, le=65535)
    pool_size: int = Field(default=10, ge=1, le=200)
    metrics_token: SecretStr | None = None
    password_memory_mib: int = Field(default=64, ge=19, le=1_024)
    one_time_codes: Literal["required", "offered"] = "required"
    bank_url: str = ""
    bank_token: SecretStr | None = None
    correction_stale_days: int = Field(default=60, ge=1, le=3_650)

    @property
    def key_path(self) -> Path:
        """Where HQ's signing key lies."""
        return self.key_file or self.data / "hq-key.pem"


def load_settings(data: Path | None = None) -> Settings:
    """Read the settings; ``data`` stands above ``HQ_DATA``.

    Raises:
        RefusedError: a setting has a value it cannot have.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "HQ_" + "_".join(str(part) for part in first["loc"]).upper()
        raise RefusedError(
            "setting", f"设置 {name} 的值不能用: {first['msg']}", f"the setting {name} cannot be used: {first['msg']}"
        ) from error
    return settings if data is None else settings.model_copy(update={"data": data})
