"""report station: everything HQ's books say of one station, for an auditor to hold against the station's own export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.hq_journal import HeldJournal, held_head
from hq_server.ledger.queries import station_balances, station_payments, station_position, trial_balance
from hq_server.statements.closes import close_lines, overdue_closes
from hq_server.statements.device_health import device_lines
from hq_server.statements.record_wording import VALUES, worded
from station_journal.money import format_yuan
from station_journal.reference_no import our_no
from station_journal.side import Side

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hq_server.hq_journal import HqJournal

_PAYMENTS_MAX = 1_000_000


@click.command("station")
@click.argument("station_code")
@json_option
@pass_footing
def station_books(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """Show the heads of both journals, every balance and every payment of a station.

    Ends with 1 when its figures cannot be computed. Example: hq-server report station ST-0417 --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = _books(connection, hq.journal, station_code)
    if as_json:
        show_json(found)
        return
    word = footing.word
    shown = [(one["account"], one["party"], format_yuan(one["balance_fen"])) for one in found["balances"]]
    show_table([word("科目", "Account"), word("对方", "Party"), word("余额", "Balance")], shown)
    rows = [
        (one["our_no"], one["biller_code"], format_yuan(one["amount_fen"]), one["status"]) for one in found["payments"]
    ]
    heads = [word("流水", "Our no."), word("收费单位", "Biller"), word("金额", "Amount"), word("状态", "Status")]
    show_table(heads, rows)
    away, answers = word("中断", "away"), word("正常", "answers")
    devices = [
        (
            worded(VALUES, one["equipment"]).said_in(footing.language),
            away if one["away"] else answers,
            one["since"],
            str(one["outages"]),
        )
        for one in found["devices"]
    ]
    show_table(
        [word("设备", "Device"), word("情况", "State"), word("自", "Since"), word("中断次数", "Outages")], devices
    )


def _books(connection: Connection, journal: HqJournal, station_code: str) -> dict[str, Any]:
    position = station_position(connection, station_code)
    heads = {side: held_head(connection, station_code, side) for side in Side}
    own = heads[Side.STATION]
    digests = (
        [] if own is None else HeldJournal.open(connection, station_code, Side.STATION).digests(connection, 1, own.seq)
    )
    balances = station_balances(connection, station_code)
    return {
        "station_code": station_code,
        "hq_public_key": journal.public_key.hex(),
        "up_to_date": position.up_to_date,
        "heads": {
            side.value: {"seq": at.seq, "digest": at.digest.hex()} for side, at in heads.items() if at is not None
        },
        "trial_balance_fen": trial_balance(connection, station_code).difference_fen,
        "payments_held": position.payments_held,
        "alarms": position.alarms,
        "balances": [
            {"account": int(ledger.account), "party": ledger.party, "balance_fen": fen}
            for ledger, fen in balances.items()
        ],
        "payments": [
            {
                "our_no": our_no(station_code, one.seq, digests[one.seq - 1]),
                "seq": one.seq,
                "biller_code": one.biller_code,
                "account_no": one.account_no,
                "amount_fen": one.amount_fen,
                "fee_fen": one.fee_fen,
                "status": one.status.name,
                "business_date": one.business_date.isoformat(),
            }
            for one in station_payments(connection, station_code, limit=_PAYMENTS_MAX)
        ],
        "closes": [
            {
                "z_no": one.z_no,
                "business_date": one.business_date.isoformat(),
                "after_seq": one.after_seq,
                "cut_seq": one.cut_seq,
                "counted_fen": one.counted_fen,
                "expected_fen": one.expected_fen,
                "difference_fen": one.difference_fen,
                "disputed": one.disputed,
                "unexplained": one.unexplained,
            }
            for one in close_lines(connection, station_code)
        ],
        "days_without_close": sum(one.days for one in overdue_closes(connection, station_code)),
        "devices": [
            {
                "equipment": one.equipment.name,
                "away": one.away,
                "since": one.since.isoformat(),
                "outages": one.outages,
            }
            for one in device_lines(connection, station_code)
        ],
    }
