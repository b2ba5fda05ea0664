"""From a stored record to paper: what a slip says, how it is laid out, and the bytes a printer takes. Pure."""

from __future__ import annotations
