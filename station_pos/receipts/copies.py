"""A marked copy of a paper as it was stored: the same lines, and which copy it is on each slip of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from station_pos.receipts.paper import Cut, Text
from station_pos.receipts.wording import TEXT

if TYPE_CHECKING:
    from station_pos.receipts.paper import Item, Paper


def copy_mark(copy_no: int) -> Text:
    """Compose the mark of a copy."""
    return Text(TEXT("copy", number=copy_no), "centre", size=(2, 2), bold=True)


def marked(paper: Paper, copy_no: int) -> Paper:
    """Give the paper with the mark behind the title of each slip in it; every other line is as it was stored."""
    items: list[Item] = []
    begins = True
    for item in paper.items:
        items.append(item)
        if begins:
            items.append(copy_mark(copy_no))
        begins = isinstance(item, Cut)
    return replace(paper, items=tuple(items))
