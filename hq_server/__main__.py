"""The ``hq-server`` command."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from pathlib import Path

import click

from hq_server.wording import RefusedError, Sentence, chosen_language

_COMMANDS = {
    "serve": "running:serve",
    "jobs": "running:jobs",
    "migrate": "running:migrate_command",
    "health": "operating:health",
    "backup": "operating:backup",
    "restore": "operating:restore",
    "recovery": "operating:recovery",
    "integrity": "integrity:integrity",
    "replay": "books:replay",
    "verify": "books:verify",
    "report": "books:report",
    "staff": "masters:staff",
    "station": "branch_days:station",
    "tariff": "masters:tariff",
    "credit": "sealed_credit:credit",
    "invoice": "desks:invoice",
    "goods": "distribution:goods",
    "registration": "distribution:registration",
    "lead": "distribution:lead",
    "biller": "roads:biller",
    "payment": "roads:payment",
    "import-file": "settling:import_file",
    "file-profile": "file_profiles:file_profile",
    "reconcile": "settling:reconcile",
    "breaks": "breaks:breaks",
    "commission": "commission:commission",
    "settlement": "settlement:settlement",
    "parcel": "parcels:parcel",
    "pouch": "cash:pouch",
    "closes": "cash:closes",
    "withdrawal": "withdrawals:withdrawal",
    "correction": "corrections:correction",
    "dispute": "disputes:dispute",
    "fault": "faults:fault",
}
"""Where in ``hq_server.cli`` each command stands."""


class Menu(click.Group):
    """The commands of HQ. Only the one that is called is loaded: the others would take most of its time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the base class's signature
        """List the commands in the order of the alphabet."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Load a command; None if there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"hq_server.cli.{module}"), name)
        return command


@click.group(cls=Menu)
@click.option("--data", type=click.Path(path_type=Path), default=None, help="Data folder (HQ_DATA).")
@click.pass_context
def cli(context: click.Context, data: Path | None) -> None:
    """HQ of the stations: takes in their journals and keeps the books.

    The database is an embedded PostgreSQL in the data folder, or the one that HQ_DATABASE_URL names. Whoever acts signs
    in when asked, or by HQ_STAFF and HQ_PASSWORD. Messages are Chinese; LANG=en gives English.

    Ends with 0 when all is well, 1 when the answer is no, 2 when the command was used wrongly.
    """
    from hq_server.cli.footing import make_footing

    context.obj = make_footing(data)


def main() -> None:
    """Run the command line; every error is one sentence on standard error."""
    language = chosen_language(dict(os.environ))
    if os.getpid() == 1:  # a container's first process has no action of its own for signals: it would not hear one
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        cli(prog_name="hq-server")
    except RefusedError as error:
        click.echo(error.sentence.said_in(language), err=True)
        sys.exit(1)
    except Exception as error:
        from sqlalchemy.exc import OperationalError

        if not isinstance(error, OperationalError):
            raise
        reason = str(error.orig).strip().splitlines()[0]
        sentence = Sentence(f"数据库连不上或出错: {reason}", f"the database cannot be used: {reason}")
        click.echo(sentence.said_in(language), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
