"""What stations call over HTTP."""

from __future__ import annotations
