"""Who of the operators passed which drill of practice, out of the file that practice keeps in the station's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.drill_passes import NAMES, PASSES_NAME, Drill, read_passes
from station_pos.services.practice import PassedDrill, TraineeRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from station_pos.counter import OperatorRow


def drill_record(folder: Path, operators: Iterable[OperatorRow]) -> tuple[TraineeRow, ...]:
    """List the operators with their drills, and then whoever else practised here, as the file names them.

    Raises:
        PassesUnreadableError: the file cannot be read; that is no empty record.
    """
    passes = read_passes(folder / PASSES_NAME)
    people = [(one.operator_no, one.name) for one in operators]
    others = dict.fromkeys((one.operator_no, one.operator_name) for one in passes)
    rows = []
    for who in (*people, *(one for one in others if one not in people)):
        last = {one.drill: one.passed_at for one in passes if (one.operator_no, one.operator_name) == who}
        rows.append(TraineeRow(*who, tuple(PassedDrill(NAMES(drill), last.get(drill)) for drill in Drill)))
    return tuple(rows)
