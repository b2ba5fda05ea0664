"""credit seal, code, sealed, revoke: sealed grants, from the batch to the digits that are read out.

These commands join the group ``credit`` of the desks.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

import click

from hq_server import sealed_credit, sealed_grants
from hq_server.cli.desks import credit, read_amount
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError
from station_journal.money import format_yuan
from station_journal.rules.grants import Grant, GrantState
from station_journal.sealed_code import CODE_DIGITS

VALID_DAYS = 90
_STATES = {
    GrantState.OPEN: ("未售", "unsold"),
    GrantState.SOLD: ("已售", "sold"),
    GrantState.REVOKED: ("作废", "revoked"),
    GrantState.RELEASED: ("已充值", "released"),
    GrantState.RETURNED: ("已转到账", "given back"),
}


def _amounts(given: tuple[str, ...]) -> tuple[int, ...]:
    """Read ``500:8`` as eight grants of 500.00; without any, take the usual ladder."""
    amounts: list[int] = []
    for one in given:
        amount, _, count = one.partition(":")
        if count and not (count.isascii() and count.isdigit()):
            raise RefusedError("count", f"份数 {count} 不对, 例: 500:8", f"{count} is no count, such as in 500:8")
        amounts += [read_amount(amount)] * min(int(count or 1), 1_000)
    return tuple(amounts) or sealed_credit.LADDER_FEN


@credit.command("seal")
@click.argument("station_code")
@click.option("--amount", "amounts", multiple=True, help="Amount and how many, such as 500:8. Default: a ladder.")
@click.option("--valid-until", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Default: 90 days from today.")
@json_option
@pass_footing
def credit_seal(
    footing: Footing, station_code: str, amounts: tuple[str, ...], valid_until: date | None, *, as_json: bool
) -> None:
    """Propose a batch of sealed grants for a station; a second person approves it.

    Example: hq-server credit seal ST-0417 --amount 500:8 --amount 2000:4
    """
    fen = _amounts(amounts)
    with footing.headquarters() as hq:
        by, now = footing.signed_in(hq), hq.clock()
        until = date.fromisoformat(f"{valid_until:%Y-%m-%d}") if valid_until else None
        until = until or business_date_of(now) + timedelta(days=VALID_DAYS)
        with hq.engine.begin() as connection:
            batch = sealed_credit.propose(connection, by, station_code, fen, until, now)
    _show_batch(footing, batch, as_json=as_json)


@credit.command("seal-approve")
@click.argument("station_code")
@click.argument("batch_no", type=click.IntRange(1))
@json_option
@pass_footing
def credit_seal_approve(footing: Footing, station_code: str, batch_no: int, *, as_json: bool) -> None:
    """Approve a batch as a second person; it goes to the station with its next exchange.

    Example: hq-server credit seal-approve ST-0417 1
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            batch = sealed_credit.approve_batch(connection, hq.journal, by, station_code, batch_no, hq.clock())
    _show_batch(footing, batch, as_json=as_json)


@credit.command("seal-withdraw")
@click.argument("station_code")
@click.argument("batch_no", type=click.IntRange(1))
@pass_footing
def credit_seal_withdraw(footing: Footing, station_code: str, batch_no: int) -> None:
    """Take back one's own batch before it is approved. Example: hq-server credit seal-withdraw ST-0417 1."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            sealed_credit.withdraw_batch(connection, by, station_code, batch_no, hq.clock())
    footing.say("已撤回", "taken back")


def _show_batch(footing: Footing, batch: sealed_credit.Batch, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(batch))
        return
    count, total = len(batch.amounts_fen), format_yuan(sum(batch.amounts_fen))
    footing.say(
        f"站点 {batch.station_code} 第 {batch.batch_no} 批密封额度 {count} 份共 {total} 元: {batch.state}",
        f"batch {batch.batch_no} of station {batch.station_code}, {count} sealed grants, {total} yuan: {batch.state}",
    )


@credit.command("code")
@click.argument("station_code")
@click.argument("purchase_no", type=click.IntRange(1))
@json_option
@pass_footing
def credit_code(footing: Footing, station_code: str, purchase_no: int, *, as_json: bool) -> None:
    """Show the code of a purchase that is handed over by code, to print or read out. Every look is noted.

    Example: hq-server credit code ST-0417 3
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            code = sealed_credit.read_code(connection, hq.journal.key, by, station_code, purchase_no, hq.clock())
    if as_json:
        show_json({"station_code": station_code, "purchase_no": purchase_no, "code": code})
        return
    grouped = " ".join(code[at : at + 4] for at in range(0, CODE_DIGITS, 4))
    footing.say(
        f"站点 {station_code} 第 {purchase_no} 号购买的凭证码 (只给站主, 只能用一次): {grouped}",
        f"code of purchase {purchase_no} of station {station_code}, for its owner, good once: {grouped}",
    )


@credit.command("sealed")
@click.argument("station_code")
@json_option
@pass_footing
def credit_sealed(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """List a station's sealed grants, what is at stake, and the days on which wrong codes were typed.

    Example: hq-server credit sealed ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        today = business_date_of(hq.clock())
        grants = sealed_grants.grants_of(connection, station_code)
        refused = sealed_grants.codes_refused(connection, station_code)
    at_stake = sealed_grants.exposure(grants, today)
    if as_json:
        rows = [
            {
                "grant_no": one.grant_no,
                "amount_fen": one.amount_fen,
                "state": one.state.name,
                "valid_until": one.valid_until,
                "purchase_no": one.purchase_no,
            }
            for one in grants
        ]
        tries = {str(one.business_date): one.refused for one in refused}
        show_json({"grants": rows, **at_stake._asdict(), "codes_refused": tries})
        return
    word = footing.word
    heads = [word("号", "No."), word("金额", "Amount"), word("状态", "State"), word("有效到", "Valid until")]
    show_table(
        heads,
        [
            [one.grant_no, format_yuan(one.amount_fen), word(*_STATES[one.state]), str(one.valid_until)]
            for one in grants
        ],
    )
    footing.say(
        f"未售 {format_yuan(at_stake.unsold_fen)}, 已售未充值 {format_yuan(at_stake.sold_fen)}, "
        f"已充值 {format_yuan(at_stake.released_fen)}; 输错码 {sum(one.refused for one in refused)} 次",
        f"unsold {format_yuan(at_stake.unsold_fen)}, sold and not released {format_yuan(at_stake.sold_fen)}, "
        f"released {format_yuan(at_stake.released_fen)}; wrong codes {sum(one.refused for one in refused)}",
    )


@credit.command("revoke-sealed")
@click.argument("station_code")
@click.argument("grant_no", type=click.IntRange(1))
@pass_footing
def credit_revoke_sealed(footing: Footing, station_code: str, grant_no: int) -> None:
    """Revoke a sealed grant; a station that used its code before it hears of this keeps the credit.

    Example: hq-server credit revoke-sealed ST-0417 12
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            grant = sealed_credit.revoke(connection, hq.journal, by, station_code, grant_no, hq.clock())
    _show_grant(footing, station_code, grant, ("已作废", "is revoked"))


@credit.command("return-sealed")
@click.argument("station_code")
@click.argument("grant_no", type=click.IntRange(1))
@pass_footing
def credit_return_sealed(footing: Footing, station_code: str, grant_no: int) -> None:
    """Grant openly what was paid for by code, revoked, and can surely not be released any more.

    Example: hq-server credit return-sealed ST-0417 12
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            grant = sealed_credit.give_back(connection, hq.journal, by, station_code, grant_no, hq.clock())
    _show_grant(footing, station_code, grant, ("转为到账", "is granted openly"))


def _show_grant(footing: Footing, station_code: str, grant: Grant, done: tuple[str, str]) -> None:
    amount = format_yuan(grant.amount_fen)
    footing.say(
        f"站点 {station_code} 第 {grant.grant_no} 号密封额度 {amount} 元{done[0]}",
        f"sealed grant {grant.grant_no} of station {station_code}, {amount} yuan, {done[1]}",
    )
