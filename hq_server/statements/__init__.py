"""What HQ shows of its books: the day at a glance, a station's sheet, revenue by service, lists of what is open."""

from __future__ import annotations
