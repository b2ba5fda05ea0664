"""The commands of both sides, run by one warm process for each of pytest's.

The scripted day has a warm process of its own, as everybody who runs it.
"""

from __future__ import annotations

import atexit
from functools import cache

from station_pos.demo.warm_commands import WarmCommands


@cache
def warm_commands() -> WarmCommands:
    """Give what runs commands. The process that does it is started at the first call and ends with this one."""
    made = WarmCommands()
    atexit.register(made.close)
    return made
