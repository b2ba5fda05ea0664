"""The register of withdrawals 登记簿 as CSV, with the fields that the rules ask for (domain rule 2.2, item 2)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.register_line import REGISTER_HEADER, register_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hq_server.withdrawals.held import HeldWithdrawal


def register_csv(held: Iterable[HeldWithdrawal]) -> str:
    """Write the register, a line for each withdrawal."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(REGISTER_HEADER)
    for one in held:
        writer.writerow(register_line(one.station_code, one.withdrawal, format_yuan))
    return made.getvalue()
