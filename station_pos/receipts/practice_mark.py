"""The mark of practice on every piece of paper: above its first line, and above the first line after each cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.config import PRACTICE_CODE
from station_pos.receipts.paper import Cut, Paper, Text
from station_pos.receipts.wording import TEXT

if TYPE_CHECKING:
    from station_pos.receipts.paper import Item


def practice_marked(paper: Paper, station_code: str) -> Paper:
    """Mark a paper of the practice station; any other, and one that is marked already, stays as it is."""
    if station_code != PRACTICE_CODE:
        return paper
    mark = Text(TEXT("practice"), "centre", size=(2, 2), bold=True)
    if mark in paper.items:
        return paper
    items: list[Item] = [mark]
    for place, item in enumerate(paper.items):
        items.append(item)
        if isinstance(item, Cut) and place + 1 < len(paper.items):
            items.append(mark)
    return Paper(tuple(items), paper.columns)
