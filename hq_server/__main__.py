"""The ``hq-server`` command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from hq_server.cli.books import replay, report, verify
from hq_server.cli.desks import credit, invoice
from hq_server.cli.footing import make_footing
from hq_server.cli.masters import staff, station, tariff
from hq_server.cli.roads import biller, payment
from hq_server.cli.running import jobs, migrate_command, serve
from hq_server.cli.settling import breaks, commission, import_file, reconcile
from hq_server.cli.station_books import station_books
from hq_server.logs import configure_logging
from hq_server.wording import RefusedError, Sentence, chosen_language


@click.group()
@click.option("--data", type=click.Path(path_type=Path), default=None, help="Data folder (HQ_DATA).")
@click.pass_context
def cli(context: click.Context, data: Path | None) -> None:
    """HQ of the stations: takes in their journals and keeps the books.

    The database is an embedded PostgreSQL in the data folder, or the one that HQ_DATABASE_URL names. Whoever acts signs
    in when asked, or by HQ_STAFF and HQ_PASSWORD. Messages are Chinese; LANG=en gives English.

    Ends with 0 when all is well, 1 when the answer is no, 2 when the command was used wrongly.
    """
    context.obj = make_footing(data)


for _command in (
    serve,
    jobs,
    migrate_command,
    replay,
    verify,
    report,
    staff,
    station,
    tariff,
    credit,
    invoice,
    biller,
    payment,
    import_file,
    reconcile,
    breaks,
    commission,
):
    cli.add_command(_command)
report.add_command(station_books)


def main() -> None:
    """Run the command line; every error is one sentence on standard error."""
    configure_logging()
    language = chosen_language(dict(os.environ))
    try:
        cli(prog_name="hq-server")
    except RefusedError as error:
        click.echo(error.sentence.said_in(language), err=True)
        sys.exit(1)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        sentence = Sentence(f"数据库连不上或出错: {reason}", f"the database cannot be used: {reason}")
        click.echo(sentence.said_in(language), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
