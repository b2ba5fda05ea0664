"""One module a step."""

from __future__ import annotations
