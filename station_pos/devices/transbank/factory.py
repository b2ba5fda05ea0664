"""The entry point of the Transbank driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from station_pos.devices.transbank.driver import TransbankTerminal

if TYPE_CHECKING:
    from station_pos.devices.card_drivers import DriverSetup

BAUD: Final = 115_200


def make(setup: DriverSetup) -> TransbankTerminal:
    """Make the driver: 115200 8N1 unless the settings name another speed. The terminal asks for no password."""
    return TransbankTerminal(setup.serial_line(BAUD), now=setup.now)
