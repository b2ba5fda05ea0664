"""分销: order goods by HQ's list, see by when they are due, and sign for what arrived."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.facts.distribution import GoodsLine, OrderCancelled, OrderPlaced
from station_journal.goods_list import QUANTITY_MAX
from station_journal.rules.distribution import OrderState
from station_pos.commands.distribution_orders import CancelOrder, OrderGoods, ReceiveGoods
from station_pos.commands.outcome import Accepted, Outcome
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.goods import TEXT, new_order_view, order_view, orders_view
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.rules.distribution import GoodsOrder
    from station_pos.commands.orders import Command
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_CLOSED = frozenset({OrderState.REFUSED, OrderState.COMPLETE, OrderState.CANCELLED})


class Step(IntEnum):
    """Where the operator is."""

    ORDERS = 1
    NEW = 2
    ORDER = 3


class GoodsScreen(FrameScreen, inherit_bindings=False):
    """Lists the orders; + makes one, Enter opens one to sign for its goods."""

    TOPIC: ClassVar[str] = "goods"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; nothing was recorded."""

        reason: str

    def __init__(self, desk: Desk) -> None:
        """Start with the list of orders."""
        super().__init__(desk)
        self._step = Step.ORDERS
        self._place = Place()
        self._orders = desk.counter.distribution.orders()
        self._offered = desk.counter.distribution.offered()
        self._figures: dict[int, int] = {}
        self._order: GoodsOrder | None = None
        self._operation_no = 0
        self._asked_to_cancel = False

    def picture(self) -> object:
        """Every step asks something else."""
        return self._step

    def view(self) -> View:
        """Show the orders, the list to order from, or one order."""
        today = self.desk.state().business_date
        if self._step is Step.NEW:
            return new_order_view(self._offered, self._figures, self._place)
        if self._step is Step.ORDER and self._order is not None:
            items = {item.item_code: item for item in self.desk.counter.distribution.items_of(self._order)}
            return order_view(self._order, items, self._figures, self._place, today)
        return orders_view(self._orders, self._place, today)

    def entry_mode(self) -> EntryMode:
        """Take quantities where there are any."""
        typing = self._step is Step.NEW or (self._step is Step.ORDER and self._figures)
        return EntryMode.NUMBER if typing else EntryMode.NOTHING

    def _codes(self) -> tuple[int, ...]:
        if self._step is Step.NEW:
            return tuple(item.item_code for item in self._offered.items) if self._offered else ()
        if self._step is Step.ORDER and self._order is not None:
            return tuple(line.item_code for line in self._order.lines)
        return tuple(order.seq for order in self._orders)

    def entered(self, text: str) -> None:
        """Open the chosen order, or set the chosen item's quantity and go to the next."""
        codes = self._codes()
        if self._step is Step.ORDERS:
            if self._place.index < len(self._orders):
                self._open(self._orders[self._place.index])
        elif text and self._place.index < len(codes):
            self._set(codes[self._place.index], int(text))

    def _set(self, code: int, quantity: int) -> None:
        self._asked_to_cancel = False
        most = QUANTITY_MAX if self._order is None else dict(self._order.missing).get(code, 0)
        if quantity > most:
            self.refuse(refused_quantity())
            return
        if quantity or self._step is Step.ORDER:
            self._figures[code] = quantity
        else:
            self._figures.pop(code, None)
        self.entry.put("")
        self._place = self._place.moved("down", len(self._codes()))
        self.note("")

    def _open(self, order: GoodsOrder) -> None:
        self._step, self._order, self._place = Step.ORDER, order, Place()
        self._operation_no = self.desk.counter.open_operation()
        self._asked_to_cancel = False
        # Of an order that HQ has not answered nothing is on its way: one key must not sign for it.
        waits = order.state in _CLOSED or order.state is OrderState.ORDERED
        self._figures = {} if waits else _as_ordered(order)
        self.entry.put("")
        self.note("")

    def picked_line(self, line: int) -> None:
        """Choose a line of the page; of the orders, open it."""
        place = self._place.at_line(line, len(self._codes()))
        if place is None:
            super().picked_line(line)
            return
        self._place = place
        if self._step is Step.ORDERS:
            self._open(self._orders[place.index])
        self.repaint()

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._asked_to_cancel = False
        self._place = self._place.moved(key, len(self._codes()))
        self.repaint()

    def plus(self) -> None:
        """Begin an order, send it, or sign for what arrived."""
        lines = tuple(GoodsLine(code, figure) for code, figure in sorted(self._figures.items()) if figure)
        if self._step is Step.ORDERS:
            self._step, self._order, self._place, self._figures = Step.NEW, None, Place(), {}
            self._operation_no = self.desk.counter.open_operation()
            self.note("")
        elif self._step is Step.ORDER and (self._order is None or self._order.state in _CLOSED):
            self.refuse(SENTENCES("key_unused"))
        elif self._order is not None and self._order.state is OrderState.ORDERED and not self._figures:
            self._figures = _as_ordered(self._order)
            self.note(TEXT("came_already"))
        elif not lines:
            self.refuse(TEXT("nothing"))
        elif self._step is Step.NEW and self._offered is not None:
            self._submit(OrderGoods(self.desk.operator_no, self._operation_no, self._offered.list_hash, lines))
        elif self._order is not None:
            self._submit(ReceiveGoods(self.desk.operator_no, self._operation_no, self._order.seq, lines))

    def minus(self) -> None:
        """Take the chosen item off the order; an order that HQ has not answered is cancelled by a second press."""
        codes = self._codes()
        if self._step is Step.NEW and self._place.index < len(codes):
            self._figures.pop(codes[self._place.index], None)
            self.repaint()
        elif self._order is not None and self._order.state is OrderState.ORDERED:
            self._cancel(self._order)
        else:
            self.refuse(SENTENCES("key_unused"))

    def _cancel(self, order: GoodsOrder) -> None:
        if self._asked_to_cancel:
            self._submit(CancelOrder(self.desk.operator_no, order.seq))
        else:
            self._asked_to_cancel = True
            self.note(TEXT("cancel_again", number=order.seq))

    def escaped(self) -> None:
        """Go back to the orders; from there, leave."""
        if self._step is Step.ORDERS:
            super().escaped()
        else:
            self._to_orders("")

    def _to_orders(self, sentence: str) -> None:
        self._step, self._order, self._place, self._figures = Step.ORDERS, None, Place(), {}
        self._orders = self.desk.counter.distribution.orders()
        self.entry.put("")
        self.note(sentence)

    def _submit(self, order: Command) -> None:
        if not self.may_commit():
            return
        self.busy = True
        self.run_worker(self._await_outcome(self.desk.counter.submit(order)), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def on_goods_screen_submitted(self, message: GoodsScreen.Submitted) -> None:
        """Say what became of it."""
        self.busy = False
        if isinstance(message.outcome, Accepted):
            fact = message.outcome.facts[0]
            ring_done(self)
            key = {OrderPlaced: "ordered", OrderCancelled: "cancelled"}.get(type(fact), "signed")
            number = fact.order_seq if isinstance(fact, OrderCancelled) else message.outcome.seq
            self._to_orders(TEXT(key, number=number))
        else:
            self._asked_to_cancel = False
            self.refuse(refused(message.outcome))

    def on_goods_screen_failed(self, message: GoodsScreen.Failed) -> None:
        """Say what failed; the quantities stay."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))


def refused_quantity() -> str:
    """Say that a quantity is more than is missing or can be ordered."""
    from station_pos.commands.outcome import Refusal, Refused

    return refused(Refused(Refusal.GOODS_LINES_WRONG))


def _as_ordered(order: GoodsOrder) -> dict[int, int]:
    return {line.item_code: line.quantity for line in order.missing}
