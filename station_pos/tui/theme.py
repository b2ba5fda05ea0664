"""Colours of the counter. A colour never carries a meaning alone: the words say it."""

from __future__ import annotations

from textual.theme import Theme

COUNTER_THEME = Theme(
    "counter", "#005f87", foreground="#e4e4e4", background="#121212", success="#87d787", warning="#ffd75f", dark=True
)
CONTRAST_THEME = Theme(
    "contrast", "#ffffff", foreground="#ffffff", background="#000000", success="#ffffff", warning="#ffff00", dark=True
)
"""Black and white, and one yellow: for bright shops, old monitors, and eyes that tell few colours apart."""
STYLE = "Screen { background: $background; color: $foreground; }"
