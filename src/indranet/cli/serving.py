"""The command that serves a page on this machine."""

import json
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indranet.cli.shared import Json, Quiet, read_case, say
from indranet.errors import UsageError
from indranet.runs.progress import progress

if TYPE_CHECKING:
    from fastapi import FastAPI

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of runs, shown beside the case.")
    ] = Path("runs"),
    case: Annotated[
        Path, typer.Option("--case", help="Folder of a case, a zip of it, or indo-pacific.")
    ] = Path("indo-pacific"),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any.")] = 8765,
    host: Annotated[
        str, typer.Option("--host", help="Another than this machine itself needs a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="INDRANET_TOKEN", help="What every request must show."),
    ] = None,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Serve a page: take anything away and see at once what goes dark."""
    _check(folder, case, host, token)
    silent = quiet or json_only
    made = _made(folder, case, host, token, silent)
    with _listening(host, port) as listener:
        address = f"http://{_spelled(host)}:{listener.getsockname()[1]}/"
        if json_only:
            typer.echo(json.dumps({"address": address}))
        say(silent, f"{address}{'?token=' + token if token else ''}   Ctrl-C ends it")
        _run(made, listener)


def _check(folder: Path, case: Path, host: str, token: str | None) -> None:
    """Refuse what would serve too much or nothing, before anything is read."""
    try:
        from indranet.web.guard import LOOPBACK
    except ImportError:
        raise UsageError("the page needs an extra: pip install 'indranet[web]'") from None
    if folder != Path("runs") and not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name one that holds runs")
    if token is None and host not in LOOPBACK:
        raise UsageError(
            f"at {host} every machine that reaches this one could read the whole case {case}, with "
            f"its sources, and every run in {folder}: name a --token, or leave --host out"
        )
    if token is not None and not _TOKEN.fullmatch(token):
        raise UsageError("a token has 16 to 200 letters, digits, '.', '_', '~' or '-'")


def _made(folder: Path, case: Path, host: str, token: str | None, silent: bool) -> "FastAPI":
    from indranet.web import app
    from indranet.web.answers import Loss
    from indranet.web.served import loss, served

    network = read_case(case, silent)
    with progress("compiling gates", silent):
        ready = served(network)
        # The first question loads the kernels: nobody waits for them.
        loss(ready, Loss(things=[]))
    return app(ready, folder, token, hosts=(host,))


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    UsageError
        When the address is not of this machine, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"{host} port {port}: {why}; choose another --port or --host") from None


def _spelled(host: str) -> str:
    """Return a host as an address names it; every address is reached at this machine's own."""
    from indranet.web.guard import ANY_ADDRESS

    name = {ANY_ADDRESS[0]: "127.0.0.1", ANY_ADDRESS[1]: "::1"}.get(host, host)
    return f"[{name}]" if ":" in name else name


def _run(made: "FastAPI", listener: socket.socket) -> None:
    """Answer until a signal ends it; no line is written about who asked what."""
    import uvicorn

    settings = uvicorn.Config(made, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(settings).run(sockets=[listener])
