"""biller and payment: how billers are reached, what waits for their word, and rulings of two people on it."""

from __future__ import annotations

from dataclasses import asdict

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.gateway import rulings
from hq_server.gateway.billers import DEFAULT_TIMEOUT_S, TIMEOUT_MAX_S, Biller, RoadKind, all_billers, set_biller
from hq_server.gateway.requests import Kind
from hq_server.wording import RefusedError
from station_journal.money import format_yuan
from station_journal.records import Outcome


@click.group()
def biller() -> None:
    """How each biller is reached."""


@biller.command("set")
@click.argument("biller_code")
@click.option("--name", required=True, help="The biller's name.")
@click.option("--url", "base_url", default="", help="Address of its HTTP front system.")
@click.option("--outbox", default="", help="Folder for request files, for a biller that takes files.")
@click.option("--inbox", default="", help="Folder of its result files.")
@click.option("--timeout-s", type=click.IntRange(1, TIMEOUT_MAX_S), default=DEFAULT_TIMEOUT_S, show_default=True)
@click.option(
    "--resend-safe", is_flag=True, help="By contract it books a payment of one number once, however often sent."
)
@pass_footing
def biller_set(  # noqa: PLR0913 - one argument a setting
    footing: Footing,
    biller_code: str,
    name: str,
    base_url: str,
    outbox: str,
    inbox: str,
    timeout_s: int,
    *,
    resend_safe: bool,
) -> None:
    """Enter or change how a biller is reached: by HTTP with --url, else by files with --outbox and --inbox.

    Example: hq-server biller set SCDL --name 四川电力 --url http://127.0.0.1:8801/SCDL
    """
    kind = RoadKind.HTTP if base_url else RoadKind.BATCH
    road = Biller(biller_code, name, kind, base_url, outbox, inbox, timeout_s, resend_safe)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            set_biller(connection, by, road, hq.clock())
    footing.say(f"已设置 {biller_code} ({kind})", f"{biller_code} is reached by {kind}")


@biller.command("list")
@json_option
@pass_footing
def biller_list(footing: Footing, *, as_json: bool) -> None:
    """List how billers are reached.

    Example: hq-server biller list --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        known = all_billers(connection)
    if as_json:
        show_json([asdict(road) for road in known])
        return
    rows = [(road.biller_code, road.name, road.adapter, road.base_url or road.outbox) for road in known]
    heads = ("代码", "名称", "方式", "地址") if footing.language == "zh" else ("code", "name", "road", "address")
    show_table(heads, rows)


@click.group()
def payment() -> None:
    """Payments and reversals that wait for a biller's word, and rulings on them."""


@payment.command("unknown")
@json_option
@pass_footing
def payment_unknown(footing: Footing, *, as_json: bool) -> None:
    """List payments and reversals that have no result yet.

    Example: hq-server payment unknown --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        waiting = rulings.unknown_payments(connection)
    if as_json:
        show_json([asdict(request) for request in waiting])
        return
    heads = ("流水", "类型", "单位", "金额", "原因") if footing.language == "zh" else _HEADS
    rows = [(row.our_no, row.kind, row.biller_code, format_yuan(row.amount_fen), row.trouble) for row in waiting]
    show_table(heads, rows)


_HEADS = ("our no.", "kind", "biller", "amount", "trouble")


_our_no = click.option("--our-no", required=True, help="Our number of the payment.")
_reversal = click.option("--reversal", is_flag=True, help="About the reversal asked for the payment.")
_ENDS = [*rulings.ReversalOutcome, "CONFIRMED", "DECLINED"]


@payment.command("rule")
@_our_no
@click.option("--outcome", type=click.Choice(_ENDS, case_sensitive=False), required=True)
@click.option("--finding", required=True, help="What was found, and where.")
@click.option("--biller-no", default="", help="The biller's own number, where it is known.")
@_reversal
@json_option
@pass_footing
def payment_rule(
    footing: Footing, our_no: str, outcome: str, finding: str, biller_no: str, *, reversal: bool, as_json: bool
) -> None:
    """Propose how a payment without a result ended; a second person approves with `payment approve`.

    A payment was CONFIRMED or DECLINED. With --reversal, the reversal asked for it was ACCEPTED or REFUSED.

    Example: hq-server payment rule --our-no ST-0417-000012-0a1b2c3d --outcome CONFIRMED --finding 营业厅电话确认已入账
    """
    word = _outcome(outcome, reversal=reversal)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = rulings.propose(connection, by, our_no, word, finding, hq.clock(), biller_no)
    _show(footing, our_no, made, as_json=as_json)


def _outcome(name: str, *, reversal: bool) -> Outcome | rulings.ReversalOutcome:
    if reversal != (name in set(rulings.ReversalOutcome)):
        raise RefusedError(
            "outcome",
            "缴费的结果是 CONFIRMED 或 DECLINED, 冲正 (--reversal) 的结果是 ACCEPTED 或 REFUSED",
            "a payment was CONFIRMED or DECLINED, a reversal (--reversal) ACCEPTED or REFUSED",
        )
    return rulings.ReversalOutcome(name) if reversal else Outcome[name]


@payment.command("approve")
@_our_no
@_reversal
@json_option
@pass_footing
def payment_approve(footing: Footing, our_no: str, *, reversal: bool, as_json: bool) -> None:
    """Approve the ruling proposed on a payment, or with --reversal on its reversal, as a second person.

    Example: hq-server payment approve --our-no ST-0417-000012-0a1b2c3d
    """
    kind = Kind.REVERSE if reversal else Kind.PAY
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = rulings.approve(connection, hq.journal, by, our_no, hq.clock(), kind)
    _show(footing, our_no, made, as_json=as_json)


@payment.command("refuse")
@_our_no
@_reversal
@json_option
@pass_footing
def payment_refuse(footing: Footing, our_no: str, *, reversal: bool, as_json: bool) -> None:
    """Refuse the ruling proposed on a payment or its reversal, as a second person; what it was about stays open.

    Example: hq-server payment refuse --our-no ST-0417-000012-0a1b2c3d
    """
    kind = Kind.REVERSE if reversal else Kind.PAY
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = rulings.refuse(connection, by, our_no, hq.clock(), kind)
    _show(footing, our_no, made, as_json=as_json)


@payment.command("withdraw")
@_our_no
@_reversal
@json_option
@pass_footing
def payment_withdraw(footing: Footing, our_no: str, *, reversal: bool, as_json: bool) -> None:
    """Take back one's own ruling before it is decided.

    Example: hq-server payment withdraw --our-no ST-0417-000012-0a1b2c3d
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = rulings.withdraw(connection, by, our_no, hq.clock(), Kind.REVERSE if reversal else Kind.PAY)
    _show(footing, our_no, done, as_json=as_json)


def _show(footing: Footing, our_no: str, ruling: rulings.Ruling, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(ruling))
        return
    footing.say(
        f"{our_no} 裁定 {ruling.outcome}: {ruling.state}", f"ruling on {our_no}, {ruling.outcome}: {ruling.state}"
    )
