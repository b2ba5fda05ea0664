"""serve, jobs and migrate: what keeps HQ running."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click
import uvicorn

from hq_server.bootstrap import make_app, make_leading, make_stages, open_headquarters, utc_now
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json
from hq_server.db import open_engine
from hq_server.db.migrating import distribute, migrate
from hq_server.jobs import run_once, work
from hq_server.logs import log_libraries
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_GRACE_S = 5
_WORKER_ANSWERS_S = 30
"""How long a worker may owe the supervisor a sign of life: a PC under load takes many seconds to load the program."""
_BACKLOG = 2_048
_FIGURES_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers lay their figures down, as ``hq_server.api.monitoring`` reads them."""


class _Server(uvicorn.Server):
    """A web server that says when it has taken over the signals to stop."""

    def __init__(self, config: uvicorn.Config, took_over: Callable[[], None]) -> None:
        super().__init__(config)
        self._took_over = took_over

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            self._took_over()
            yield


@contextmanager
def stopping_in_order() -> Iterator[Callable[[], None]]:
    """End the command at a signal to stop even while it is starting, when no server waits for one yet.

    Gives what to call once a server has taken over the signals. It gives each back when it has stopped; by then the
    process has only to let go of the embedded database, and is left to do so.
    """
    starting = True

    def told(_number: int, _frame: FrameType | None) -> None:
        if starting:
            raise SystemExit(0)

    def took_over() -> None:
        nonlocal starting
        starting = False

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield took_over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.command()
@click.option("--host", default=None, help="Address to listen on (HQ_HOST; 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port (HQ_PORT; 8071); 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option(
    "--clock-ahead-s",
    type=click.IntRange(0, 3_456_000),
    default=0,
    help="Run ahead of the machine's clock, to drill what comes with later dates. One worker only.",
)
@pass_footing
def serve(footing: Footing, host: str | None, port: int | None, workers: int, clock_ahead_s: int) -> None:
    """Answer stations over HTTP until told to stop.

    Example: hq-server --data ./hq serve --port 8071
    """
    settings = footing.settings()
    host, port = host or settings.host, settings.port if port is None else port
    if clock_ahead_s and workers > 1:
        raise click.UsageError("--clock-ahead-s goes with one worker.")
    log_libraries()
    with stopping_in_order() as took_over:
        hq = open_headquarters(settings, lambda: utc_now() + timedelta(seconds=clock_ahead_s))
        try:
            listener = _listen(host, port)
            click.echo(f"http://{host}:{listener.getsockname()[1]}")
            if workers == 1:
                config = uvicorn.Config(make_app(hq), log_config=None, timeout_graceful_shutdown=_GRACE_S)
                _Server(config, took_over).run(sockets=[listener])
            else:
                _serve_by_many(settings.data, listener, workers, took_over)
        finally:
            hq.close()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on a caller waits instead of being turned away, although the workers are still starting.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise RefusedError(
            "address", f"无法在 {host}:{port} 监听: {error}", f"cannot listen on {host}:{port}: {error}"
        ) from error
    return listener


def _serve_by_many(data: object, listener: socket.socket, workers: int, took_over: Callable[[], None]) -> None:
    os.environ["HQ_DATA"] = str(data)  # worker processes have the environment only
    with tempfile.TemporaryDirectory(prefix="hq-metrics-") as folder:
        os.environ[_FIGURES_FOLDER] = folder
        _supervise(listener, workers, took_over)


def _supervise(listener: socket.socket, workers: int, took_over: Callable[[], None]) -> None:
    from uvicorn.supervisors import Multiprocess

    config = uvicorn.Config(
        "hq_server.bootstrap:app_of_worker",
        factory=True,
        workers=workers,
        log_config=None,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_worker_healthcheck=_WORKER_ANSWERS_S,
    )
    listener.set_inheritable(True)
    supervisor = Multiprocess(config, sockets=[listener])
    took_over()
    supervisor.run()


@click.command()
@click.option("--once", is_flag=True, help="Do all that is due now, then end.")
@json_option
@pass_footing
def jobs(footing: Footing, *, once: bool, as_json: bool) -> None:
    """Run HQ's stages: post the journals, ask the billers, and what follows. A second process helps to post.

    Example: hq-server --data ./hq jobs
    """
    stopping = threading.Event()
    if not once:
        log_libraries()
        # Before anything is opened: whoever stops a process that is still starting gets an orderly end too.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
    with footing.headquarters() as hq, make_stages(hq, await_billers=once) as stages, make_leading(hq) as leading:
        if once:
            done = run_once(hq.engine, hq.clock, stages)
            if as_json:
                show_json(done)
            else:
                for name, count in done.items():
                    click.echo(f"{name}: {count}")
            return
        work(hq.engine, hq.clock, stages, leading, stopping)


@click.command("migrate")
@click.option("--distribute", "to_citus", is_flag=True, help="Hand the tables to the Citus extension of the database.")
@pass_footing
def migrate_command(footing: Footing, *, to_citus: bool) -> None:
    """Bring the database schema up to date.

    Example: HQ_DATABASE_URL=postgresql://hq@db/hq hq-server migrate
    """
    engine = open_engine(footing.settings())
    try:
        if migrate(engine):
            footing.say("数据库结构已更新", "the schema is up to date now")
        else:
            footing.say("数据库结构已是最新", "the schema was up to date already")
        if to_citus:
            names = distribute(engine)
            footing.say(f"已交给 Citus 的表: {len(names)}", f"tables handed to Citus: {len(names)}")
    finally:
        engine.dispose()
