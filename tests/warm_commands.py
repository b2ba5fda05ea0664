"""Commands of both sides, and counters where their start is not the point, run by one warm process for each worker.

The scripted day has a warm process of its own, as everybody who runs it.
"""

from __future__ import annotations

import atexit
from functools import cache

from station_pos.demo.warm_commands import WarmCommands


@cache
def warm_commands() -> WarmCommands:
    """Give what runs commands. The process that does it is started at the first call and ends with this one."""
    made = WarmCommands(whole=("station_pos",))
    atexit.register(made.close)
    return made
