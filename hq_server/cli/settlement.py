"""settlement: payees, windows of what is due to the line, HQ's books as a whole, fee income.

Orders and their outcomes stand in ``settlement_orders``, direct debits and the statement in ``settlement_bank``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table, take_back_option
from hq_server.cli.settlement_bank import BANK_COMMANDS
from hq_server.cli.settlement_orders import ORDER_COMMANDS
from hq_server.reference.working_days import YearNotKnown
from hq_server.reference.year_lists import working_days
from hq_server.settlement import payees, windows
from hq_server.settlement.cuts import due_lines
from hq_server.settlement.hq_books import fee_income, whole_books
from hq_server.settlement.payees import ACCOUNT_OF, Cycle, Payee, PayeeKind
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_DATE = click.DateTime(["%Y-%m-%d"])
_KINDS = click.Choice([kind.value for kind in PayeeKind])
_refuse = click.option("--refuse", "refusal", default="", help="Refuse it, for this reason.")


@click.group()
def settlement() -> None:
    """Settlement: what is owed, paid and debited. Example: hq-server settlement day --date 2026-11-23."""


for _command in (*ORDER_COMMANDS, *BANK_COMMANDS):
    settlement.add_command(_command)


@settlement.command("payee")
@click.option("--kind", required=True, type=_KINDS)
@click.option("--party", default="", help="Biller, sender, carrier or branch; none for the tax office.")
@click.option("--from", "valid_from", required=True, type=_DATE)
@click.option("--name", default="", help="Name on the account; left out, the terms entered are decided.")
@click.option("--account", default="")
@click.option("--cycle", type=click.Choice([cycle.value for cycle in Cycle]), default="DAY")
@click.option("--days", type=int, default=1, help="Working days after the window's last date (T+n).")
@_refuse
@take_back_option
@pass_footing
def payee(footing: Footing, /, kind: str, party: str, valid_from: datetime, refusal: str, **terms: Any) -> None:
    """Enter a payee's account and cycle, or decide on what was entered as a second person.

    Example: hq-server settlement payee --kind BILLER --party SCDL --from 2026-01-01 --name 四川电力
    --account 51001234567
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if terms["name"]:
                cycle, place = Cycle(terms["cycle"]), (PayeeKind(kind), party, valid_from.date())
                named = Payee(*place, terms["name"], terms["account"], cycle, terms["days"])
                payees.name_payee(connection, by, named, hq.clock())
            else:
                of = (PayeeKind(kind), party, valid_from.date())
                if terms["take_back"]:
                    payees.withdraw_payee(connection, by, of, hq.clock())
                else:
                    payees.decide_payee(connection, by, of, hq.clock(), refusal=refusal)
    footing.say(f"{kind} {party} 的收款条件已处理", f"the terms of {kind} {party} are dealt with")


@settlement.command("day")
@click.option("--date", "day", required=True, type=_DATE, help="Business date that has ended.")
@json_option
@pass_footing
def day_command(footing: Footing, day: datetime, *, as_json: bool) -> None:
    """Settle a business date: cut the books and close the windows whose cycle ends; again, the same.

    Example: hq-server settlement day --date 2026-11-23
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        try:
            with hq.engine.begin() as connection:
                made = windows.settle_date(connection, by, day.date(), working_days(connection), hq.clock())
        except YearNotKnown as error:
            raise RefusedError("not_known", str(error), str(error)) from error
    if as_json:
        show_json(asdict(made))
        return
    _show_windows(footing, made.closed)
    for kind, party, fen in made.without_payee:
        footing.say(
            f"  {kind} {party} 应付 {format_yuan(fen)} 元, 还没有批准的收款账户",
            f"  {kind} {party} is owed {format_yuan(fen)} yuan and has no approved account yet",
        )


def _show_windows(footing: Footing, rows: Sequence[windows.Window]) -> None:
    heads = footing.word("类别,对方,窗口,营业日,应付,账行,付款日", "kind,party,window,date,due,lines,due on")
    show_table(
        heads.split(","),
        [(x.kind, x.party, x.window_no, x.business_date, format_yuan(x.due_fen), x.line_count, x.due_on) for x in rows],
    )


@settlement.command("windows")
@json_option
@pass_footing
def windows_command(footing: Footing, *, as_json: bool) -> None:
    """List windows that are closed and not yet in an order or paid."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = windows.open_windows(connection)
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    _show_windows(footing, rows)


@settlement.command("explain")
@click.option("--kind", required=True, type=_KINDS)
@click.option("--party", default="")
@click.option("--window", "window_no", required=True, type=int)
@click.option("--station", "station_code", default="", help="One station instead of all.")
@click.option("--page", type=click.IntRange(1), default=1, help="A thousand lines each.")
@json_option
@pass_footing
def explain(
    footing: Footing, kind: str, party: str, window_no: int, station_code: str, page: int, *, as_json: bool
) -> None:
    """List the ledger lines that a window's due is the sum of, each with the record that made it.

    Example: hq-server settlement explain --kind BILLER --party SCDL --window 1
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        window = windows.find_window(connection, PayeeKind(kind), party, window_no)
        of, cuts = (ACCOUNT_OF[window.kind], party), (window.from_cut, window.to_cut)
        place = {"station_code": station_code, "limit": 1_000, "offset": (page - 1) * 1_000}
        lines = due_lines(connection, of, cuts, **place)  # type: ignore[arg-type]
    if as_json:
        show_json([asdict(line) for line in lines])
        return
    heads = footing.word("站点,日志,纪元,记录,行,日期,金额", "station,journal,epoch,record,line,date,due")
    cells = [(x.station_code, x.side, x.epoch, x.seq, x.line, x.business_date, format_yuan(x.due_fen)) for x in lines]
    show_table(heads.split(","), cells)


@settlement.command("books")
@json_option
@pass_footing
def books(footing: Footing, *, as_json: bool) -> None:
    """Show the trial balance of all stations and HQ's own books together; ends with 1 if it does not balance."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        whole = whole_books(connection)
    if as_json:
        rows = [{**asdict(row), "account": row.account.name} for row in whole.rows]
        show_json({"rows": rows, "difference_fen": whole.difference_fen, "agrees": whole.agrees})
    else:
        heads = footing.word("科目,对方,借方,贷方,余额", "account,party,debit,credit,balance")
        cells = [
            (
                f"{int(x.account)} {x.account.name}",
                x.party,
                *map(format_yuan, (x.debit_fen, x.credit_fen, x.balance_fen)),
            )
            for x in whole.rows
        ]
        show_table(heads.split(","), cells)
    if not whole.agrees:
        raise SystemExit(1)


@settlement.command("fees")
@click.option("--from", "first", required=True, type=_DATE)
@click.option("--to", "last", required=True, type=_DATE)
@json_option
@pass_footing
def fees(footing: Footing, first: datetime, last: datetime, *, as_json: bool) -> None:
    """Show the income of tariff fees by product.

    Example: hq-server settlement fees --from 2026-11-01 --to 2026-11-30
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = fee_income(connection, first.date(), last.date())
    if as_json:
        show_json([{"product_code": a, "biller_code": b, "items": c, "fee_fen": d} for a, b, c, d in rows])
        return
    heads = footing.word("产品,收费单位,笔数,手续费", "product,biller,items,fees")
    show_table(heads.split(","), [(a, b, c, format_yuan(d)) for a, b, c, d in rows])
