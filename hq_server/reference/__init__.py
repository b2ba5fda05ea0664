"""Reference data that every stage reads: working days, billers, tariffs."""

from __future__ import annotations
