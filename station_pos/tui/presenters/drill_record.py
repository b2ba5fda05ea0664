"""练习记录: the operators with how many drills each has passed, and one operator's drills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.lists import Place, marker, on_page
from station_pos.tui.presenters.state_rows import local

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from station_pos.services.practice import TraineeRow

TEXT = Catalogue(
    {
        "title": (" 练习记录   谁练过什么", " Practice record   who has passed what"),
        "of": (" 练习记录   {name}", " Practice record   {name}"),
        "operator": ("{name}   练过 {passed} / {count}", "{name}   passed {passed} of {count}"),
        "passed": ("{name}   练过 {day}", "{name}   passed {day}"),
        "not_yet": ("{name}   没练过", "{name}   not yet"),
        "about": (
            "   没练过也能卖; 练习: 关了柜台, 运行 station-pos practice",
            "   Nobody is kept from selling. To practise, run: station-pos practice",
        ),
        "unreadable": (
            "   练习记录的文件读不出 ({reason}); 再练过一项会另起一份",
            "   The record cannot be read ({reason}); the next pass begins another",
        ),
        "keys": ("Enter 看一个人   *n 第 n 行   Esc 回", "Enter shows one   *n line n   Esc back"),
        "keys_one": ("Esc 回名单", "Esc back to the list"),
    }
)


def people_view(rows: Sequence[TraineeRow], place: Place, unreadable: str) -> View:
    """List the operators."""
    lines = [
        Line(marker(line, place) + TEXT("operator", name=row.name, passed=row.passed, count=len(row.drills)))
        for line, row in enumerate(on_page(rows, place), 1)
    ]
    fault = (Line(TEXT("unreadable", reason=unreadable), Tone.ALERT),) if unreadable else ()
    return View(
        above=(Line(TEXT("title"), Tone.STRONG), rule()),
        prompt=" > ",
        below=(*lines, *fault, BLANK, rule(), Line(TEXT("about"))),
        keys=TEXT("keys"),
    )


def person_view(row: TraineeRow) -> View:
    """List one operator's drills."""
    lines = []
    for drill in row.drills:
        done = drill.passed_at
        text = TEXT("not_yet", name=drill.name) if done is None else TEXT("passed", name=drill.name, day=_day(done))
        lines.append(Line("   " + text, Tone.NORMAL if done else Tone.STRONG))
    return View(
        above=(Line(TEXT("of", name=row.name), Tone.STRONG), rule()),
        prompt=" > ",
        below=tuple(lines),
        keys=TEXT("keys_one"),
    )


def _day(moment: datetime) -> str:
    return f"{local(moment):%Y-%m-%d}"
