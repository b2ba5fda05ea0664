"""What the control socket understands of credit by code: looking at one, as the screen does, and opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.control_line import AskedWrongError, Lines, plain, text

if TYPE_CHECKING:
    from station_pos.services.credit import Looked


class CreditLines(Lines):
    """Codes of sealed grants; what is typed is held for the length of a line and written nowhere."""

    def _do_look_at_code(self, asked: dict[str, Any]) -> dict[str, Any]:
        looked = self._looked(asked)
        until = plain(looked.valid_until)
        return {"opens": looked.opens, "amount_fen": looked.amount_fen, "valid_until": until}

    def _do_release_code(self, asked: dict[str, Any]) -> dict[str, Any]:
        operator_no = self._operator_no(asked)
        looked = self._looked(asked)
        return self._submit(ReleaseSealedGrant(operator_no, looked.grant_no, looked.key))

    def _looked(self, asked: dict[str, Any]) -> Looked:
        try:
            return self._counter.credit.look(text(asked, "code")).result()
        except ValueError:
            raise AskedWrongError("'code' has twenty digits, the last two of which check the others.") from None
