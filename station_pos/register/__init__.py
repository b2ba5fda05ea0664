"""The register: the one place where a command becomes a record, in one durable transaction."""

from __future__ import annotations

from station_pos.register.register import Register

__all__ = ["Register"]
