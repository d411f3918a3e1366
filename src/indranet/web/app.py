"""The server of the page: a case that is asked, the runs of a folder, and a few files."""

from collections.abc import Collection
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from indranet import __version__
from indranet.errors import InputError, UsageError
from indranet.web import answers, run_files, served
from indranet.web.guard import HEADERS, Guard
from indranet.web.served import Served

_REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
"""A report holds its own style and script, and may reach nothing else: not even this server."""
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript",
          ".json": "application/json", ".svg": "image/svg+xml"}  # fmt: skip
Row = Annotated[int, Query(ge=0, le=10**9)]
Rows = Annotated[int, Query(ge=1, le=run_files.MOST_ROWS)]
Words = Annotated[str, Query(max_length=200)]


def app(
    case: Served, runs_folder: Path, token: str | None = None, hosts: Collection[str] = ()
) -> FastAPI:
    """Return the application that serves a case and a folder of runs.

    Parameters
    ----------
    case
        The case, ready to be asked.
    runs_folder
        Folder of runs; it is read and never written, and need not be there.
    token
        What every request must show, as a bearer or as the cookie that `/?token=` sets; None asks
        for none.
    hosts
        Names besides those of this machine to itself under which it may be called.
    """
    made = FastAPI(title="Indranet", version=__version__, docs_url=None, redoc_url=None)
    _answer_errors(made)
    _add_case(made, case)
    _add_runs(made, runs_folder)
    _add_page(made)
    made.add_middleware(Guard, hosts=hosts, token=token)
    return made


def _add_case(made: FastAPI, case: Served) -> None:
    about = served.about(case)

    @made.get("/api/case")
    def get_case() -> answers.Case:
        """What is served: name, counts, marking."""
        return about

    @made.get("/api/map")
    def get_map() -> answers.Drawing:
        """The map: lines as SVG path data, places in the order of every answer."""
        return case.drawing

    @made.get("/api/things")
    def get_things(q: Words = "", kind: Words | None = None) -> answers.Things:
        """Things that can be taken away, by words of their name or identifier; 50 at most."""
        return served.search(case, q, kind or None)

    @made.get("/api/thing/{kind}/{identifier:path}")
    def get_thing(kind: str, identifier: str) -> answers.Thing:
        """A thing: where it is, what goes with it, what it needs, what needs it."""
        return served.thing(case, kind, identifier)

    @made.post("/api/loss")
    def post_loss(asked: answers.Loss) -> answers.Lost:
        """What stops without these things, all taken away together."""
        return served.loss(case, asked)

    @made.post("/api/why")
    def post_why(asked: answers.Why) -> answers.Reason:
        """Why a thing stops without these: the shortest way in which it comes about."""
        return served.why(case, asked)


def _add_runs(made: FastAPI, folder: Path) -> None:
    @made.get("/api/runs")
    def get_runs() -> answers.Runs:
        """The runs of the folder."""
        return run_files.runs_in(folder)

    @made.get("/api/runs/{name}")
    def get_run(name: str) -> dict[str, object]:
        """What run.json of a run holds."""
        return dict(run_files.run_of(folder, name).manifest)

    @made.get("/api/runs/{name}/tables/{table}")
    def get_table(name: str, table: str, limit: Rows = 100, offset: Row = 0) -> answers.TableRows:
        """Rows of a table of a run."""
        return run_files.table_of(run_files.run_of(folder, name), table, limit, offset)

    @made.get("/runs/{name}/report", include_in_schema=False)
    def get_report(name: str) -> Response:
        text = run_files.report_of(run_files.run_of(folder, name))
        return Response(
            text, media_type="text/html", headers={"content-security-policy": _REPORT_POLICY}
        )


def _add_page(made: FastAPI) -> None:
    room = files("indranet.web").joinpath("static")
    held = {file.name: file.read_bytes() for file in room.iterdir() if file.is_file()}

    @made.get("/", include_in_schema=False)
    def get_page() -> Response:
        return _file(held, "index.html")

    @made.get("/static/{name}", include_in_schema=False)
    def get_file(name: str) -> Response:
        return _file(held, name)


def _file(held: dict[str, bytes], name: str) -> Response:
    if name not in held:
        raise HTTPException(404, "there is no such file")
    return Response(held[name], media_type=_TYPES[Path(name).suffix])


def _answer_errors(made: FastAPI) -> None:
    """Let every error be JSON that says what is wrong, and nothing of how the server is made."""

    @made.exception_handler(UsageError)
    def usage(_: Request, error: UsageError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 404)

    @made.exception_handler(InputError)
    def fault(_: Request, error: InputError) -> JSONResponse:
        # A fault names files as they lie on this machine, which is nobody's business.
        del error
        return JSONResponse({"error": "the run is damaged: indranet check RUN says where"}, 409)

    @made.exception_handler(RequestValidationError)
    def shape(_: Request, error: RequestValidationError) -> JSONResponse:
        said = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        return JSONResponse({"error": "; ".join(said)}, 422)

    @made.exception_handler(StarletteHTTPException)
    def plain(_: Request, error: StarletteHTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, error.status_code)

    @made.exception_handler(Exception)
    def ours(_: Request, error: Exception) -> JSONResponse:
        del error
        return JSONResponse({"error": "an error of Indranet's own: please report it"}, 500, HEADERS)
