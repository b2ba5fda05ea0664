"""The entry point of the ZVT driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from station_pos.devices.zvt.apdu import PASSWORD_DIGITS
from station_pos.devices.zvt.driver import ZvtTerminal

if TYPE_CHECKING:
    from station_pos.devices.card_drivers import DriverSetup

BAUD: Final = 9_600
STOP_BITS: Final = 2
FACTORY_PASSWORD: Final = "000000"  # noqa: S105 - the value that terminals are delivered with; the settings name another


def make(setup: DriverSetup) -> ZvtTerminal:
    """Make the driver: 9600 8N2 unless the settings name another speed, or `socket://host:20007`.

    Raises:
        ValueError: the password is not six digits.
    """
    password = setup.password or FACTORY_PASSWORD
    if not (password.isascii() and password.isdecimal() and len(password) == PASSWORD_DIGITS):
        raise ValueError("the password of a ZVT terminal is six digits")
    return ZvtTerminal(setup.serial_line(BAUD, STOP_BITS), now=setup.now, password=password)
