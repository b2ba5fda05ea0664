"""Taking station journals in: verify, store the bytes, acknowledge. Nothing is decided about content here."""

from __future__ import annotations
