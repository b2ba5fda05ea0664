"""What the control socket understands of credit that comes by code."""

from __future__ import annotations

from typing import Any

from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.control_line import Lines, text


class CreditLines(Lines):
    """The twenty digits of a sealed grant."""

    def _do_release_code(self, asked: dict[str, Any]) -> dict[str, Any]:
        operator_no = self._operator_no(asked)
        looked = self._counter.credit.look(text(asked, "code")).result()
        return self._submit(ReleaseSealedGrant(operator_no, looked.grant_no, looked.key))
