"""练习: the drills, who passed them, and what the running one asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.services.practice import DrillState
from station_pos.text import Catalogue
from station_pos.tui.messages import HomeAsked
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule, table_row
from station_pos.tui.presenters.lists import Place, marker
from station_pos.tui.presenters.state_rows import local
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.services.practice import DrillRow
    from station_pos.tui.desk import Desk

TEXT = Catalogue(
    {
        "title": (
            " 练习   什么都不会报到总部, 每张纸上都印着 练习",
            " Practice   nothing reaches HQ; every slip says PRACTICE",
        ),
        DrillState.NOT_YET: ("没练过", "not yet"),
        DrillState.RUNNING: ("在练  (再选一次: 把毛病修好)", "running  (once more: the fault is put right)"),
        DrillState.PASSED: ("练过  {by} {day}", "passed  {by} {day}"),
        "keys": ("*n 或上下键 Enter 开始练   Esc 回", "*n or arrows, Enter begins   Esc back"),
    }
)


_NAME_COLUMNS = 28


class PracticeScreen(FrameScreen, inherit_bindings=False):
    """Begins a drill; its fault comes by itself at the counter."""

    TOPIC: ClassVar[str] = "practice"

    def __init__(self, desk: Desk) -> None:
        """Mark the drill that runs, else the first that nobody passed."""
        super().__init__(desk)
        rows = self._drills()
        running = [row.number for row in rows if row.state is DrillState.RUNNING]
        open_ones = [row.number for row in rows if row.state is DrillState.NOT_YET]
        self._place = Place(0, next(iter([*running, *open_ones, 1])) - 1)

    def _drills(self) -> tuple[DrillRow, ...]:
        practice = self.desk.counter.practice
        return practice.drills() if practice is not None else ()

    def view(self) -> View:
        """Show the drills, and what the marked one is about."""
        rows = self._drills()
        lines = []
        for row in rows:
            day = f"{local(row.passed_at):%m-%d}" if row.passed_at else ""
            state = TEXT(row.state, by=row.passed_by, day=day) if row.state is DrillState.PASSED else TEXT(row.state)
            lines.append(Line(marker(row.number, self._place) + table_row(((row.name, _NAME_COLUMNS), (state, 40)))))
        chosen = rows[self._place.index] if self._place.index < len(rows) else None
        about = (rule(), Line("   " + chosen.hint, Tone.STRONG)) if chosen else ()
        return View(
            above=(Line(TEXT("title"), Tone.STRONG), rule()),
            prompt=" > ",
            below=(*lines, BLANK, *about),
            keys=TEXT("keys"),
        )

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._drills()))
        self.repaint()

    def entered(self, text: str) -> None:
        """Begin the marked drill, or put its fault right."""
        del text
        self._begin(self._place.index + 1)

    def picked_line(self, line: int) -> None:
        """Begin a drill by its line."""
        if 1 <= line <= len(self._drills()):
            self._begin(line)
        else:
            super().picked_line(line)

    def _begin(self, number: int) -> None:
        practice, operator = self.desk.counter.practice, self.desk.operator
        if practice is not None and self.may_commit():
            number_and_name = (operator.operator_no, operator.name) if operator else (0, "")
            practice.begin(number, *number_and_name)
            self.desk.refresh()
            self.post_message(HomeAsked())
