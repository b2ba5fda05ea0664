"""Operator accounts: the first is an owner's, and only an owner opens or changes accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.records import Fact, OperatorEnrolled, OperatorRole
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.view import Operator

if TYPE_CHECKING:
    from station_pos.commands.orders import EnrolOperator
    from station_pos.commands.view import Moment, StationView

NAME_MAX = 20
OPERATOR_NO_MAX = 99


def enrol(command: EnrolOperator, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on opening or changing an operator's account. The last owner stays an owner by being the one who asks."""
    name = command.name.strip()
    if not name or len(name) > NAME_MAX or not name.isprintable():
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", NAME_MAX),))
    if not 0 < command.operator_no <= OPERATOR_NO_MAX:
        return Refused(Refusal.OPERATOR_UNKNOWN, (("most", OPERATOR_NO_MAX),))
    if command.by_operator_no == 0:
        if view.has_operators() or command.role is not OperatorRole.OWNER:
            return Refused(Refusal.OWNER_ONLY)
        return [OperatorEnrolled(command.operator_no, name, command.role)]
    by = view.operator(command.by_operator_no)
    if by is None or by.role is not OperatorRole.OWNER:
        return Refused(Refusal.OWNER_ONLY)
    if command.operator_no == by.operator_no and command.role is not OperatorRole.OWNER:
        return Refused(Refusal.OWNER_ONLY)
    if view.operator(command.operator_no) == Operator(command.operator_no, name, command.role):
        return Refused(Refusal.NOTHING_TO_DO)
    return [OperatorEnrolled(command.operator_no, name, command.role)]
