"""Ordering goods by HQ's list, signing for them, and taking insurance leads where a registration is on file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.distribution import GoodsSigned, LeadNoted, OrderCancelled, OrderPlaced
from station_journal.goods_list import QUANTITY_MAX
from station_journal.lead_contact import SALT_BYTES, LeadContact, lead_contact_hash, write_lead_contact
from station_journal.masking import mask_name, phone_key
from station_journal.rules.distribution import (
    ONE,
    GoodsListInForce,
    GoodsOrder,
    OrderState,
    Registrations,
    number_key,
)
from station_pos.commands.distribution_orders import is_phone
from station_pos.commands.operations import operation_refused
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.facts.distribution import GoodsLine
    from station_journal.records import Fact
    from station_pos.commands.distribution_orders import CancelOrder, OrderGoods, ReceiveGoods, TakeLead
    from station_pos.commands.view import Moment, StationView

NAME_MAX = 20
LINES_MAX = 200


def order(command: OrderGoods, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on an order: once a counter job, by the list in force, each item once, in quantities that make sense."""
    done = operation_refused(view, command.operation_no)
    if done:
        return done
    listed = view.subject(GoodsListInForce, ONE)
    if listed is None or listed.list_hash != command.list_hash:
        return Refused(Refusal.GOODS_LIST_CHANGED)
    if not _are_lines(command.lines):
        return Refused(Refusal.GOODS_LINES_WRONG)
    return [OrderPlaced(command.operation_no, command.list_hash, command.lines)]


def cancel(command: CancelOrder, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on taking an order back: before HQ's answer was heard, and before any of it came."""
    ordered = view.subject(GoodsOrder, number_key(command.order_seq))
    if ordered is None or ordered.answered_for(moment.seen_seq) or ordered.state is not OrderState.ORDERED:
        return Refused(Refusal.ORDER_UNDER_WAY)
    return [OrderCancelled(command.order_seq)]


def _are_lines(lines: Sequence[GoodsLine]) -> bool:
    once = len({line.item_code for line in lines}) == len(lines)
    return 0 < len(lines) <= LINES_MAX and once and all(0 < line.quantity <= QUANTITY_MAX for line in lines)


def receive(command: ReceiveGoods, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on signing for goods: once a counter job, what is missing of the order, never more.

    Goods that nobody ordered go back.
    """
    done = operation_refused(view, command.operation_no)
    if done:
        return done
    ordered = view.subject(GoodsOrder, number_key(command.order_seq))
    if ordered is None or ordered.state in {OrderState.REFUSED, OrderState.COMPLETE, OrderState.CANCELLED}:
        return Refused(Refusal.ORDER_CLOSED)
    missing = dict(ordered.missing)
    if not _are_lines(command.lines) or any(line.quantity > missing.get(line.item_code, 0) for line in command.lines):
        return Refused(Refusal.GOODS_LINES_WRONG)
    return [GoodsSigned(command.operation_no, command.order_seq, command.lines)]


def take_lead(command: TakeLead, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a lead: only with a registration in force, only with the customer's consent, only a number to call."""
    done = operation_refused(view, command.operation_no)
    if done:
        return done
    filed = view.subject(Registrations, ONE)
    filing = filed.valid(moment.seen_seq, moment.business_date) if filed else None
    if filing is None:
        return Refused(Refusal.NOT_REGISTERED)
    if not command.consent:
        return Refused(Refusal.CONSENT_MISSING)
    name = command.customer_name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", NAME_MAX),))
    if not is_phone(command.phone):
        return Refused(Refusal.PHONE_WRONG)
    if len(command.salt) != SALT_BYTES:
        raise ValueError(f"the chance for a lead's contact is {SALT_BYTES} bytes")
    named = lead_contact_hash(contact_document(command))
    masked, kept = mask_name(name), phone_key(command.phone)
    return [LeadNoted(command.operation_no, command.kind, masked, kept, named, filing.registration_no)]


def contact_document(command: TakeLead) -> bytes:
    """Write the document with name and number that goes with a lead; the journal keeps its hash alone."""
    return write_lead_contact(LeadContact(command.customer_name.strip(), command.phone), command.salt)
