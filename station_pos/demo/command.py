"""``station-pos demo``: the live counter in a terminal, a scripted day without one."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from station_pos.demo.processes import WorldError
from station_pos.demo.warm_commands import WarmCommands
from station_pos.demo.wording import TEXT, say
from station_pos.demo.world import World

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType


class _Ended(Exception):  # noqa: N818 - not a fault: somebody asked the demonstration to end
    """SIGTERM came, or the terminal is gone."""


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def run(folder: Path | None, *, scripted: bool, keep: bool) -> int:
    """Run the demonstration; gives the exit code: 0 if all is well, 1 if the books disagree, 2 if it cannot run.

    Without a terminal it is always the scripted day. ``keep`` leaves a temporary folder standing.
    """
    live = not scripted and sys.stdin.isatty() and sys.stdout.isatty()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with WarmCommands(str(folder or "")) as commands, World(folder, keep=keep, runner=commands) as world:
            if live:
                from station_pos.demo import live as mode

                world.start()
                return mode.serve(world)
            from station_pos.demo import scripted_day

            world.start()
            return scripted_day.play(world)
    except WorldError as error:
        say(TEXT("cannot_run", why=error))
        return 2
    except (KeyboardInterrupt, _Ended):
        say(TEXT("ended"))
        return 2
