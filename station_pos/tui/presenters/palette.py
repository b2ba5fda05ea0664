"""``//``: everything the counter can do in one list, found by pinyin initials or by its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_pos.text import Catalogue
from station_pos.tui.actions import FUNCTION_KEYS, INITIALS, Action, name_of
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page
from station_pos.tui.presenters.sentences import TEXT as SENTENCES

if TYPE_CHECKING:
    from collections.abc import Sequence

BIG_TEXT, CONTRAST = "big_text", "contrast"
TEXT = Catalogue(
    {
        "title": (" 全部功能   {page}", " Everything   {page}"),
        "hint": (
            "   输拼音首字母 (ls=流水) 或名字, Enter 选第 1 行",
            "   Type the first letters of a name; Enter takes line 1",
        ),
        "none": ("   没有相符的功能", "   Nothing fits"),
        "keys": ("Enter 第 1 行   *n 第 n 行   Esc 回", "Enter line 1   *n line n   Esc back"),
        "goods": ("分销订货", "Goods"),
        "goods_key": ("fx", "fx"),
        "lead": ("保险线索", "Insurance lead"),
        "lead_key": ("bx", "bx"),
        "disputes": ("更正与争议", "Corrections, disputes"),
        "disputes_key": ("gz", "gz"),
        "faults": ("已知问题", "Known faults"),
        "faults_key": ("wt", "wt"),
        "key": ("F{number} 或 /{number}", "F{number} or /{number}"),
        "pad": ("/{number}", "/{number}"),
        BIG_TEXT: ("大字 开/关", "Big text on/off"),
        CONTRAST: ("高对比 开/关", "High contrast on/off"),
        "big_key": ("*0", "*0"),
        "tariff_notice": ("新资费", "New tariff"),
        "tariff_notice_key": ("tz", "tz"),
        "tally": ("一位顾客合计", "One customer's total"),
        "tally_key": ("hj", "hj"),
        "drill_record": ("练习记录", "Practice record"),
        "drill_record_key": ("lxjl", "lxjl"),
        "practice_key": ("//lx", "//lx"),
        "contrast_key": ("//dbd", "//contrast"),
    }
)

_SERVICES = (
    ("goods", ("fx", "dh")),
    ("lead", ("bx", "xs")),
    ("disputes", ("gz", "zy")),
    ("faults", ("wt",)),
    ("tariff_notice", ("tz",)),
    ("tally", ("hj", "ywgkhj")),
    ("drill_record", ("lx", "lxjl")),
)
"""Services without a function key, by the screen that opens, with the initials that open it on the home line too."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the palette: what it does, its name, how else it is reached, and the initials that find it."""

    does: Action | str
    name: str
    key: str
    initials: tuple[str, ...]


def items(*, practice: bool) -> tuple[Item, ...]:
    """List what there is: every action with its key, and the ways the screens can look; the drills in practice only."""
    found = []
    for number, action in sorted(FUNCTION_KEYS.items()):
        key = TEXT("key" if number else "pad", number=number)
        found.append(Item(action, name_of(action), key, INITIALS.get(action, ())))
    found += [Item(name, TEXT(name), TEXT(f"{name}_key"), initials) for name, initials in _SERVICES]
    found.append(Item(BIG_TEXT, TEXT(BIG_TEXT), TEXT("big_key"), ("dz",)))
    found.append(Item(CONTRAST, TEXT(CONTRAST), TEXT("contrast_key"), ("gdb", "dbd")))
    if practice:
        found.insert(0, Item(Action.PRACTICE, name_of(Action.PRACTICE), TEXT("practice_key"), ("lx",)))
    return tuple(found)


def matching(asked: str, *, practice: bool) -> tuple[Item, ...]:
    """Find items by initials, by the start of a word, or by any part of the name."""
    wanted = asked.strip().lower()
    if not wanted:
        return items(practice=practice)
    offered = items(practice=practice)
    begun = [one for one in offered if any(initials.startswith(wanted) for initials in one.initials)]
    named = [one for one in offered if wanted in one.name.lower()]
    return tuple(dict.fromkeys([*begun, *named]))


def palette_view(found: Sequence[Item], place: Place) -> View:
    """Give a page of the palette."""
    page, pages = place.page(len(found))
    lines = [
        Line(f"{marker(number, place)}{one.key:<12}  {one.name}", Tone.STRONG if number == 1 else Tone.NORMAL)
        for number, one in enumerate(on_page(found, place), 1)
    ]
    title = TEXT("title", page=SENTENCES("page", page=page, pages=pages))
    return View(
        above=(Line(title, Tone.STRONG), rule(), Line(TEXT("hint"))),
        prompt=" > ",
        below=(*(lines or [Line(TEXT("none"))]), *([BLANK] * (PAGE_ROWS - len(lines)))),
        keys=TEXT("keys"),
    )
