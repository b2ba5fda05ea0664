"""withdrawal: terms of the agreement, the acquirer's daily file, rulings, the list and the register."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.desks import read_amount
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.reference.staff import Deed
from hq_server.withdrawals import rulings
from hq_server.withdrawals import terms as terms_desk
from hq_server.withdrawals.bank_day import import_bank_file, is_settled, settle_day
from hq_server.withdrawals.held import withdrawals
from hq_server.withdrawals.register_book import register_csv
from station_journal.facts.withdrawals import FeePayer, FirstFreeScope, WithdrawalTermsAgreed
from station_journal.money import format_yuan
from station_journal.rules.withdrawal import DEFAULT_TERMS

if TYPE_CHECKING:
    from datetime import datetime

    from hq_server.withdrawals.rulings import Ruling
    from hq_server.withdrawals.terms import TermsEntry

_DATE = click.DateTime(["%Y-%m-%d"])
_PAYERS = click.Choice([payer.name for payer in FeePayer])
_SCOPES = click.Choice([scope.name for scope in FirstFreeScope])


@click.group()
def withdrawal() -> None:
    """Card withdrawals: terms, bank files, rulings, register."""


@withdrawal.group()
def terms() -> None:
    """Withdrawal terms of a station: one person enters, a second approves."""


@terms.command("enter")
@click.argument("station_code")
@click.option("--effective-on", "day", required=True, type=_DATE, help="From which date on.")
@click.option("--acquirer", "code", default=DEFAULT_TERMS.acquirer_code, help="Acquirer's number.")
@click.option("--acquirer-name", "name", default=DEFAULT_TERMS.acquirer_name, help="Its name.")
@click.option("--acquirer-name-en", "name_en", default=DEFAULT_TERMS.acquirer_name_en, help="Its name in English.")
@click.option("--allowance", default="5000.00", help="Payout allowance above the free credit, in yuan.")
@click.option("--restore", is_flag=True, help="The acquirer settles with HQ, which grants the principal as credit.")
@click.option("--card-day-cap", "cap", default="2000.00", help="Most for a card in a day, in yuan.")
@click.option("--least", default="10.00", help="Least amount, and what amounts are multiples of, in yuan.")
@click.option("--fee", default="1.00", help="Fee of a withdrawal, in yuan.")
@click.option("--fee-payer", "payer", default="CUSTOMER", type=_PAYERS, help="Who pays the fee.")
@click.option("--first-free", "scope", default="SUBSIDY_CARDS", type=_SCOPES, help="Whose first of a month is free.")
@json_option
@pass_footing
def terms_enter(  # noqa: PLR0913, PLR0917  one option each
    footing: Footing,
    station_code: str,
    day: datetime,
    code: str,
    name: str,
    name_en: str,
    allowance: str,
    cap: str,
    least: str,
    fee: str,
    payer: str,
    scope: str,
    *,
    restore: bool,
    as_json: bool,
) -> None:
    """Enter terms; nothing holds before a second person approves.

    Example: hq-server withdrawal terms enter ST-0417 --effective-on 2026-12-01 --allowance 8000.00 --restore
    """
    proposed = WithdrawalTermsAgreed(
        effective_on=day.date(),
        acquirer_code=code,
        acquirer_name=name,
        acquirer_name_en=name_en,
        payout_allowance_fen=0 if allowance == "0" else read_amount(allowance),
        restores_credit=restore,
        card_day_cap_fen=read_amount(cap),
        least_fen=read_amount(least),
        fee_fen=0 if fee == "0" else read_amount(fee),
        fee_payer=FeePayer[payer],
        first_free_scope=FirstFreeScope[scope],
        maker_no=0,
        approver_no=0,
    )
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = terms_desk.enter(connection, by, station_code, proposed, hq.clock())
    _show_terms(footing, made, as_json=as_json)


@terms.command("approve")
@click.argument("station_code")
@click.argument("terms_no", type=click.IntRange(1))
@json_option
@pass_footing
def terms_approve(footing: Footing, station_code: str, terms_no: int, *, as_json: bool) -> None:
    """Approve terms as a second person; the station gets them with its next exchange.

    Example: hq-server withdrawal terms approve ST-0417 1
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = terms_desk.approve(connection, hq.journal, by, station_code, terms_no, hq.clock())
    _show_terms(footing, made, as_json=as_json)


@terms.command("refuse")
@click.argument("station_code")
@click.argument("terms_no", type=click.IntRange(1))
@json_option
@pass_footing
def terms_refuse(footing: Footing, station_code: str, terms_no: int, *, as_json: bool) -> None:
    """Refuse terms as a second person. Example: hq-server withdrawal terms refuse ST-0417 1."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = terms_desk.refuse(connection, by, station_code, terms_no, hq.clock())
    _show_terms(footing, made, as_json=as_json)


@terms.command("withdraw")
@click.argument("station_code")
@click.argument("terms_no", type=click.IntRange(1))
@json_option
@pass_footing
def terms_withdraw(footing: Footing, station_code: str, terms_no: int, *, as_json: bool) -> None:
    """Take back one's own terms before they are decided. Example: hq-server withdrawal terms withdraw ST-0417 1."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = terms_desk.withdraw(connection, by, station_code, terms_no, hq.clock())
    _show_terms(footing, done, as_json=as_json)


def _show_terms(footing: Footing, made: TermsEntry, *, as_json: bool) -> None:
    if as_json:
        show_json({**asdict(made), "fee_payer": made.fee_payer.name, "first_free_scope": made.first_free_scope.name})
        return
    footing.say(
        f"站点 {made.station_code} 取款条件第 {made.terms_no} 号: {made.state}",
        f"station {made.station_code}, withdrawal terms {made.terms_no}: {made.state}",
    )


@withdrawal.command("import-bank-file")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@pass_footing
def import_file(footing: Footing, path: Path, *, as_json: bool) -> None:
    """Take in an acquirer's daily file WD_<acquirer>_<YYYYMMDD>_<number>.csv, and tell the stations what it says.

    Example: hq-server withdrawal import-bank-file inbox/WD_100_20261123_1.csv
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        taken = import_bank_file(hq.engine, by, path, hq.clock())
        result = settle_day(hq.engine, hq.journal, taken.party_code, taken.business_date, hq.clock())
    _show_day(footing, asdict(result), as_json=as_json)


@withdrawal.command("settle")
@click.option("--acquirer", "acquirer_code", default=DEFAULT_TERMS.acquirer_code, help="Acquirer's number.")
@click.option("--date", "day", required=True, type=_DATE, help="Calendar day.")
@json_option
@pass_footing
def settle(footing: Footing, acquirer_code: str, day: datetime, *, as_json: bool) -> None:
    """Hold a day's files against the stations' journals again; only what has moved since is told.

    Example: hq-server withdrawal settle --date 2026-11-23
    """
    with footing.headquarters() as hq:
        footing.signed_in(hq).require(Deed.IMPORT_FILE)
        result = settle_day(hq.engine, hq.journal, acquirer_code, day.date(), hq.clock())
    _show_day(footing, asdict(result), as_json=as_json)


def _show_day(footing: Footing, found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    footing.say(
        "银行 {business_date}: {line_count} 行, 确认 {confirmed}, 否认 {denied}, 要人判断 {unclear}, "
        "只有银行有 {bank_only}, 提示 {alarms}".format(**found),
        "bank {business_date}: {line_count} lines, confirmed {confirmed}, denied {denied}, unclear {unclear}, "
        "bank only {bank_only}, alarms {alarms}".format(**found),
    )


@withdrawal.group()
def ruling() -> None:
    """Rulings on withdrawals that neither terminal nor bank explains: two people, on a finding."""


@ruling.command("propose")
@click.argument("station_code")
@click.argument("seq", type=click.IntRange(1))
@click.option("--debited/--not-debited", required=True, help="Whether the card was debited.")
@click.option("--finding", required=True, help="What was found, such as the bank's letter.")
@click.option("--bank-no", default="", help="The bank's reference.")
@json_option
@pass_footing
def ruling_propose(
    footing: Footing, station_code: str, seq: int, finding: str, bank_no: str, *, debited: bool, as_json: bool
) -> None:
    """Propose what the bank did with a withdrawal.

    Example: hq-server withdrawal ruling propose ST-0417 42 --not-debited --finding 银行来函第7号
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            found = rulings.Finding(debited, finding, bank_no)
            made = rulings.propose(connection, by, station_code, seq, found, hq.clock())
    _show_ruling(footing, made, as_json=as_json)


@ruling.command("approve")
@click.argument("station_code")
@click.argument("seq", type=click.IntRange(1))
@json_option
@pass_footing
def ruling_approve(footing: Footing, station_code: str, seq: int, *, as_json: bool) -> None:
    """Approve a ruling as a second person. Example: hq-server withdrawal ruling approve ST-0417 42."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = rulings.approve(connection, hq.journal, by, station_code, seq, hq.clock())
    _show_ruling(footing, made, as_json=as_json)


@ruling.command("refuse")
@click.argument("station_code")
@click.argument("seq", type=click.IntRange(1))
@json_option
@pass_footing
def ruling_refuse(footing: Footing, station_code: str, seq: int, *, as_json: bool) -> None:
    """Refuse a ruling as a second person. Example: hq-server withdrawal ruling refuse ST-0417 42."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = rulings.refuse(connection, by, station_code, seq, hq.clock())
    _show_ruling(footing, made, as_json=as_json)


@ruling.command("withdraw")
@click.argument("station_code")
@click.argument("seq", type=click.IntRange(1))
@json_option
@pass_footing
def ruling_withdraw(footing: Footing, station_code: str, seq: int, *, as_json: bool) -> None:
    """Take back one's own ruling before it is decided. Example: hq-server withdrawal ruling withdraw ST-0417 42."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = rulings.withdraw(connection, by, station_code, seq, hq.clock())
    _show_ruling(footing, done, as_json=as_json)


def _show_ruling(footing: Footing, made: Ruling, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(made))
        return
    footing.say(
        f"站点 {made.station_code} 取款 {made.withdrawal_seq} 裁定: {made.state}",
        f"station {made.station_code}, ruling on withdrawal {made.withdrawal_seq}: {made.state}",
    )


@withdrawal.command("list")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for somebody.")
@json_option
@pass_footing
def withdrawal_list(footing: Footing, station_code: str | None, *, only_open: bool, as_json: bool) -> None:
    """List withdrawals by station. Example: hq-server withdrawal list --station ST-0417 --open."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        held = withdrawals(connection, station_code)
    shown = [one for one in held if not only_open or not is_settled(one.withdrawal)]
    rows = [
        {
            "station_code": one.station_code,
            "seq": one.withdrawal.seq,
            "recorded_at": one.withdrawal.recorded_at,
            "amount_fen": one.withdrawal.amount_fen,
            "card_last4": one.withdrawal.card_last4,
            "state": one.withdrawal.state.name,
            "bank": "" if one.withdrawal.last_word is None else "YES" if one.withdrawal.last_word.debited else "NO",
            "settled": is_settled(one.withdrawal),
        }
        for one in shown
    ]
    if as_json:
        show_json(rows)
        return
    heads = footing.word("站点,序号,时间,金额,卡尾,状态,银行", "station,no.,time,amount,card,state,bank").split(",")
    cells = [
        (
            row["station_code"],
            row["seq"],
            f"{row['recorded_at']:%Y-%m-%d %H:%M}",
            format_yuan(int(str(row["amount_fen"]))),
            row["card_last4"],
            row["state"],
            row["bank"],
        )
        for row in rows
    ]
    show_table(heads, cells)


@withdrawal.command("register")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@pass_footing
def register(footing: Footing, station_code: str | None) -> None:
    """Write the register of withdrawals as CSV. Example: hq-server withdrawal register --station ST-0417 > wd.csv."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        click.echo(register_csv(withdrawals(connection, station_code)), nl=False)
