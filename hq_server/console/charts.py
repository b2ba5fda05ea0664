"""Charts as plain SVG made on the server: bars with their figures beside them, readable without colour or script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 400
UPRIGHT_HEIGHT = 140
ROW_HEIGHT = 26
_LABEL_WIDTH = 120
_FIGURE_WIDTH = 60
_BASE = 24
_TOP = 18
_LABELLED = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the chart's own units. ``text`` is its figure as people read it; ``label`` may be left out."""

    x: int
    y: int
    width: int
    height: int
    label: str
    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars and the size of their picture; ``highest`` is the figure of the longest."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    highest: str

    @property
    def is_empty(self) -> bool:
        """Tell that there is nothing to draw."""
        return not any(bar.width and bar.height for bar in self.bars)


def upright_bars(figures: Sequence[tuple[str, int, str]]) -> Chart:
    """Draw figures side by side, as days; each has a label, a value and the value's text."""
    most = max((value for _, value, _ in figures), default=0)
    step = WIDTH / max(len(figures), 1)
    every = max(1, -(-len(figures) // _LABELLED))
    room = UPRIGHT_HEIGHT - _BASE - _TOP
    bars = []
    for number, (label, value, text) in enumerate(figures):
        height = room * value // most if most else 0
        shown = label if (len(figures) - 1 - number) % every == 0 else ""
        x, width = round(number * step + 1), max(1, round(step - 3))
        bars.append(Bar(x, UPRIGHT_HEIGHT - _BASE - height, width, height, shown, text, label))
    highest = next((text for _, value, text in figures if value == most), "") if most else ""
    return Chart(WIDTH, UPRIGHT_HEIGHT, tuple(bars), highest)


def lying_bars(figures: Sequence[tuple[str, int]]) -> Chart:
    """Draw figures below each other, each with its label before and its figure behind the bar."""
    most = max((value for _, value in figures), default=0)
    room = WIDTH - _LABEL_WIDTH - _FIGURE_WIDTH
    bars = [
        Bar(
            _LABEL_WIDTH,
            number * ROW_HEIGHT + 4,
            max(room * value // most, 2 if value else 0) if most else 0,
            ROW_HEIGHT - 8,
            label,
            str(value),
            label,
        )
        for number, (label, value) in enumerate(figures)
    ]
    return Chart(WIDTH, max(len(figures), 1) * ROW_HEIGHT, tuple(bars), str(most))
