"""The live page over HTTP: the page, what changed since, and the documents `--json` prints."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from whet.errors import IntegrityError, UnknownId
from whet.ledger.blobs import Blobs
from whet.page.document import policy
from whet.plan.state import ExperimentState, State
from whet.report import document, story
from whet.report.jsonable import Document
from whet.report.words import WORDS
from whet.web.board import Board

_LOOK = 0.25
"""Seconds between two looks at the ledger."""

_PING = 10.0
"""Seconds after which a quiet stream says that it is still there."""

_REST = 3.0
"""The pause after a look is at least so many times what the look took."""


@dataclass(slots=True)
class Desk:
    """Answers what a page and a program ask."""

    board: Board
    blobs: Blobs
    changed: anyio.Event = field(default_factory=anyio.Event)

    async def watch(self) -> None:
        """Look at the ledger again and again, and wake whoever waits for news."""
        while True:
            began = anyio.current_time()
            if await anyio.to_thread.run_sync(self.board.look):
                self.changed.set()
                self.changed = anyio.Event()
            took = anyio.current_time() - began
            await anyio.sleep(max(_LOOK, _REST * took))

    async def page(self, request: Request) -> Response:
        """The page."""
        del request
        text = await anyio.to_thread.run_sync(self.board.page)
        rules = f"{policy(live=True)}; frame-ancestors 'none'"
        return HTMLResponse(text, headers={"content-security-policy": rules})

    async def events(self, request: Request) -> Response:
        """What changed, as it changes."""
        since = request.query_params.get("since", "")
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(self._news(since), 200, headers, "text/event-stream")

    async def _news(self, since: str) -> AsyncIterator[str]:
        while True:
            changed = self.changed
            news = await anyio.to_thread.run_sync(self.board.news, since)
            if news is not None:
                since = str(news["v"])
                yield f"data: {_line(news)}\n\n"
                continue
            with anyio.move_on_after(_PING) as waited:
                await changed.wait()
            if waited.cancelled_caught:
                yield "event: ping\ndata: 1\n\n"

    def campaign(self, request: Request) -> Response:
        """As `whet status --json`."""
        del request
        with self.board.reading() as seen:
            return _document(document.campaign(seen.state, seen.now, seen.holder))

    def experiments(self, request: Request) -> Response:
        """As `whet list --json`."""
        asked, wave = request.query_params.get("verdict", ""), request.query_params.get("wave")
        known = {*WORDS, "held", "running", "waiting", "measured", ""}
        if asked not in known or not (wave is None or wave.isdecimal()):
            raise HTTPException(400, "verdict or wave is not one there is")
        with self.board.reading() as seen:
            number = int(wave) if wave else None
            return _document(document.listing(seen.state, verdict=asked, wave=number))

    def experiment(self, request: Request) -> Response:
        """As `whet why --json`."""
        with self.board.reading() as seen:
            found = _known(seen.state, request)
            return _document(document.experiment(seen.state, found.id))

    def diff(self, request: Request) -> Response:
        """The patch of an experiment."""
        with self.board.reading() as seen:
            digest = _known(seen.state, request).candidate.patch
        if not digest:
            raise HTTPException(404, "it has no patch")
        try:
            return PlainTextResponse(self.blobs.get(digest).decode(errors="replace"))
        except IntegrityError as error:
            raise HTTPException(404, error.message) from error

    def report(self, request: Request) -> Response:
        """Every sample, as `report.json` holds them."""
        del request
        with self.board.reading() as seen:
            return _document(document.report(seen.state, seen.head))


def application(folder: Path) -> Starlette:
    """The server of one campaign.

    Raises:
        LedgerCorrupt: a line of its ledger is not what was written.
    """
    desk = Desk(Board(folder), Blobs(folder / "blobs"))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(desk.watch)
            yield
            group.cancel_scope.cancel()

    api = "/api/v1"
    return Starlette(
        routes=[
            Route("/", desk.page),
            Route("/events", desk.events),
            Route(f"{api}/campaign", desk.campaign),
            Route(f"{api}/experiments", desk.experiments),
            Route(f"{api}/experiments/{{name}}", desk.experiment),
            Route(f"{api}/experiments/{{name}}/diff", desk.diff),
            Route(f"{api}/report", desk.report),
        ],
        exception_handlers={HTTPException: _failed},
        lifespan=lifespan,
    )


def _known(state: State, request: Request) -> ExperimentState:
    try:
        return story.find(state, request.path_params["name"])
    except UnknownId as error:
        raise HTTPException(404, error.message) from error


def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    data = {"schema": document.SCHEMA, "kind": "error", "message": error.detail}
    return JSONResponse(data, error.status_code)


def _document(data: Document) -> Response:
    return Response(_line(data), media_type="application/json")


def _line(data: Document) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
