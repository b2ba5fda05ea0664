"""Card terminal drivers by name, found by entry point, so that another package can bring one.

A driver is a factory under the entry point group `station_pos.card_terminals`: it takes a `DriverSetup` and gives a
`CardTerminal`. It opens nothing; the first request does. How to write one: `docs/card-terminal-drivers.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, Literal

from station_pos.devices.serial_line import SerialLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from station_pos.devices.card_terminal import CardTerminal

GROUP: Final = "station_pos.card_terminals"


class DriverError(Exception):
    """No driver of that name can be had; the message is one sentence, in English as settings are."""


@dataclass(frozen=True, slots=True)
class DriverSetup:
    """What the settings say of one terminal.

    `line` is a device path, a URL such as `socket://host:port`, or what else the driver understands. `baud` 0 is the
    driver's own speed. `password` is what the terminal asks of a counter, where it does. `lock_folder` holds a file for
    each line in use. `now` gives Beijing time.
    """

    line: str
    now: Callable[[], datetime]
    baud: int = 0
    password: str = field(default="", repr=False)
    lock_folder: Path | None = None

    def serial_line(self, default_baud: int, stop_bits: Literal[1, 2] = 1) -> SerialLine:
        """Make the line, unopened and private: it carries card data."""
        return SerialLine(
            self.line,
            baud=self.baud or default_baud,
            stop_bits=stop_bits,
            lock_folder=self.lock_folder,
            private=True,
        )


def driver_names() -> tuple[str, ...]:
    """Names of the drivers that are installed."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def make_driver(name: str, setup: DriverSetup) -> CardTerminal:
    """Make the driver of that name.

    Raises:
        DriverError: there is none, it cannot be loaded, or it refuses the setup.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise DriverError(f"card_terminal_driver {name!r} is not installed; there are: {known}.")
    try:
        factory = found[name].load()
        terminal: CardTerminal = factory(setup)
    except Exception as error:
        raise DriverError(f"card_terminal_driver {name!r} cannot be used: {type(error).__name__}: {error}.") from error
    return terminal
