"""whet's page beside those of two other loops, on the same campaign, in the same browser.

python benchmarks/pages.py --pi DIR --shinka DIR [--shinka-python PYTHON] [--cdn DIR]

--pi      a checkout of pi-autoresearch. Its page is its template and the session's log; the log is
          the one that `mirror_log` writes. Their server is a part of an extension of pi, so the two
          files are served here as theirs does.
--shinka  a checkout of ShinkaEvolve, whose own server and database are run with --shinka-python,
          an interpreter that has what they import.
--cdn     a folder of npm packages (`npm pack`), for what that page takes from other hosts: without
          it those requests fail, as on a machine without a network.

Everything is served on this machine, so times are those of the server and the browser alone.
Writes PAGES.md.
"""

import argparse
import contextlib
import functools
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from whet.page.document import page
from whet.page.seen import Seen
from whet.plan.replay import replay
from whet.plan.state import State
from whet.report.mirror import merged
from whet.testing.events import campaign
from whet.trial.fingerprint import fingerprint
from whet.version import version

PAGE = Path(__file__).parent / "PAGES.md"
SIZES = (60, 1000)
TURNS = 3
PATIENCE = 20_000.0
"""Milliseconds until a page counts as one that shows nothing."""

ROWS = "() => document.querySelectorAll('%s').length >= %d"

INLINE = """[...document.scripts].filter(s => !s.src && s.type !== "application/json")
  .reduce((n, s) => n + s.text.length, 0)"""

LIBRARIES: Mapping[str, tuple[str, str]] = {
    "chart.js@3.9.1": ("chart.js", "dist/chart.min.js"),
    "d3.v7": ("d3-7", "dist/d3.min.js"),
    "marked": ("marked", "lib/marked.umd.js"),
    "html2pdf": ("html2pdf", "dist/html2pdf.bundle.min.js"),
    "jspdf": ("jspdf", "dist/jspdf.umd.min.js"),
    "languages/python": ("highlightjs", "languages/python.min.js"),
    "highlight.min.js": ("highlightjs", "highlight.min.js"),
    "github.min.css": ("highlightjs", "styles/github.min.css"),
    "diff@5": ("diff", "dist/diff.min.js"),
    "plotly-latest": ("plotly", "plotly.min.js"),
    "jszip": ("jszip", "dist/jszip.min.js"),
}
"""A part of an address on another host, and where npm has the same file."""

PROGRAMS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from shinka.database import DatabaseConfig, Program, ProgramDatabase
db = ProgramDatabase(DatabaseConfig(db_path=sys.argv[2], num_islands=1))
for row in json.load(sys.stdin):
    db.add(Program(**row), defer_maintenance=True)
db.close()
"""


@dataclass(kw_only=True)
class Load:
    """What one page took, over several turns."""

    tool: str
    experiments: int
    requests: int = 0
    foreign: int = 0
    size: int = 0
    scripts: int = 0
    paint: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    """Milliseconds until every row or node that the page begins with is there."""
    problem: str = ""


@contextmanager
def served(files: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    """Files by their path, and a stream of nothing at /events."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            kind, data = files.get(path, ("text/event-stream", b"retry: 1000\n\n"))
            found = path in files
            self.send_response(200 if found or path == "/events" else 404)
            self.send_header("Content-Type", kind)
            if found:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            if not found:
                over.wait()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def ours(state: State) -> Mapping[str, tuple[str, bytes]]:
    """The report as a file."""
    text = page(Seen(state=state, now=state.last))
    return {"/": ("text/html; charset=utf-8", text.encode())}


def theirs(checkout: Path, state: State) -> Mapping[str, tuple[str, bytes]]:
    """The page of pi-autoresearch with the log that `mirror_log` writes."""
    text = (checkout / "assets" / "template.html").read_text(encoding="utf-8")
    text = text.replace("__AUTORESEARCH_TITLE__", state.name)
    return {
        "/": ("text/html; charset=utf-8", text.encode()),
        "/autoresearch.jsonl": ("text/plain; charset=utf-8", merged("", state).encode()),
    }


def programs(state: State) -> list[Mapping[str, object]]:
    """Experiments as programs of ShinkaEvolve: a tree of what each started from."""
    known = {state.base: "base"}
    rows: list[Mapping[str, object]] = [
        {"id": "base", "code": "int main;", "language": "cpp", "correct": True,
         "combined_score": 1.0},
    ]  # fmt: skip
    for number, one in enumerate(state.experiments.values(), 1):
        effect = one.verdict.effect if one.verdict is not None else None
        rows.append({
            "id": one.id, "code": f"int main = {number};", "language": "cpp",
            "parent_id": known.get(one.candidate.parent, "base"), "generation": number,
            "correct": one.verdict is not None and one.verdict.kind in ("kept", "discarded"),
            "combined_score": 1.0 + (effect.estimate if effect is not None else 0.0),
            "metadata": {"patch_name": state.ideas[one.candidate.idea].title},
            "timestamp": one.decided or 0.0,
        })  # fmt: skip
        known[one.candidate.commit] = one.id
    return rows


@contextmanager
def shinka(python: str, checkout: Path, state: State, folder: Path) -> Iterator[str]:
    """Their own server over their own database."""
    path = folder / f"{len(state.experiments)}" / "programs.sqlite"
    path.parent.mkdir()
    subprocess.run(
        [python, "-c", PROGRAMS, str(checkout), str(path)], input=json.dumps(programs(state)),
        text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = (f"import sys; sys.path.insert(0, {str(checkout)!r}); "
            "from shinka.webui.visualization import main; main()")  # fmt: skip
    command = [python, "-c", code, str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(150):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/viz_tree.html?db_path={path.relative_to(folder)}"
        finally:
            process.terminate()


def library(folder: Path | None, url: str) -> bytes | None:
    """What npm has for an address of another host."""
    if folder is None:
        return None
    for part, (package, path) in LIBRARIES.items():
        archive = next(iter(sorted(folder.glob(f"{package}*.tgz"))), None)
        if part in url and archive is not None:
            with tarfile.open(archive) as found, contextlib.suppress(KeyError):
                file = found.extractfile(f"package/{path}")
                return file.read() if file is not None else None
    return None


def loaded(browser, load: Load, address: str, ready: str, cdn: Path | None) -> Load:
    """Open a page several times, each in a browser that has seen nothing."""
    for _ in range(TURNS):
        context = browser.new_context(viewport={"width": 1320, "height": 950})
        tab = context.new_page()
        seen: dict[str, int] = {}
        scripts: set[str] = set()

        def answered(response, seen=seen, scripts=scripts) -> None:
            with contextlib.suppress(Exception):
                if response.request.resource_type != "eventsource":
                    seen[response.url] = len(response.body())
                    if response.request.resource_type == "script":
                        scripts.add(response.url)

        asked: list[str] = []
        tab.on("request", lambda request, asked=asked: asked.append(request.url))
        tab.on("response", answered)
        tab.route(lambda url: not url.startswith(("http://127.0.0.1", "data:")),
                  functools.partial(_foreign, cdn))  # fmt: skip
        began = time.perf_counter()
        tab.goto(address, wait_until="commit")
        try:
            tab.wait_for_function(ready, timeout=PATIENCE)
            load.shown.append(1000 * (time.perf_counter() - began))
        except Exception as error:  # noqa: BLE001 (whatever a foreign page does is a finding)
            load.problem = str(error).split("\n")[0]
        tab.wait_for_timeout(300)
        paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
        if paint is not None:
            load.paint.append(paint)
        inline = tab.evaluate(INLINE)
        http = [url for url in asked if url.startswith("http")]
        load.requests = len([url for url in http if not url.endswith("/events")])
        load.foreign = len([url for url in http if not url.startswith("http://127.0.0.1")])
        load.size = sum(seen.values())
        load.scripts = inline + sum(seen[url] for url in scripts)
        context.close()
        if load.problem:
            break
    return load


def _foreign(cdn: Path | None, route) -> None:
    data = library(cdn, route.request.url)
    if data is None:
        route.abort()
    else:
        route.fulfill(body=data, content_type="text/javascript")


def measured(browser, options: argparse.Namespace, folder: Path) -> Iterator[Load]:
    """Every page at every size."""
    for size in SIZES:
        state = replay(campaign(size))
        open_ = functools.partial(loaded, browser)
        with served(ours(state)) as address:
            rows = ROWS % ("#table tbody tr", min(size, 100))
            yield open_(Load(tool="whet report", experiments=size), address, rows, None)
        if options.pi is not None:
            with served(theirs(options.pi, state)) as address:
                rows = ROWS % ("tbody tr", size)
                yield open_(Load(tool="pi-autoresearch", experiments=size), address, rows, None)
        if options.shinka is not None:
            yield from _shinka(open_, options, state, folder)


def _shinka(
    open_: Callable[..., Load], options: argparse.Namespace, state: State, folder: Path
) -> Iterator[Load]:
    size = len(state.experiments)
    nodes = ROWS % ("g.node", size)
    with shinka(options.shinka_python, options.shinka, state, folder) as address:
        if options.cdn is not None:
            load = Load(tool="ShinkaEvolve", experiments=size)
            yield open_(load, address, nodes, options.cdn)
        if size == SIZES[0]:
            load = Load(tool="ShinkaEvolve, without a network", experiments=size)
            yield open_(load, address, nodes, None)


def table(loads: list[Load]) -> Iterator[str]:
    """The page of results."""
    yield "| page | experiments | requests | to other hosts | KB | of these script | first paint | all rows or nodes shown |"  # noqa: E501
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in loads:
        shown = _middle(one.shown) if one.shown else f"never (within {PATIENCE / 1000:.0f} s)"
        yield (f"| {one.tool} | {one.experiments:,} | {one.requests} | {one.foreign} "
               f"| {one.size / 1000:,.0f} | {one.scripts / 1000:,.0f} | {_middle(one.paint)} "
               f"| {shown} |")  # fmt: skip


def _middle(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ms" if values else "none"


def text(loads: list[Load]) -> str:
    """PAGES.md."""
    print_ = fingerprint("none")
    rows = "\n".join(table(loads))
    return f"""# Pages of three loops

<!-- Written by benchmarks/pages.py. Do not edit. -->

whet {version()}, {time.strftime("%Y-%m-%d", time.gmtime())}; {print_.cores} cores, {print_.cpu}; \
headless Chromium, median of {TURNS} fresh starts, everything served on this machine.

{rows}

{ABOUT}
"""


ABOUT = """\
The campaign is drawn, not measured: 8 pairs to an experiment, every fourth kept.
whet's page also holds what the drawer of an experiment shows: gates, pairs, reasons, evidence.
It draws 100 rows at first and the rest when they are scrolled to; the others draw all of them.
pi-autoresearch's is its template with the log that `mirror_log` writes, without its logo.
ShinkaEvolve's is its own server over its own database, with one line of code to a program; what
it takes from other hosts came from npm through the browser, uncompressed and at once, except in
the row that says so."""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pi", type=Path)
    parser.add_argument("--shinka", type=Path)
    parser.add_argument("--shinka-python", default=sys.executable)
    parser.add_argument("--cdn", type=Path)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (may be absent)

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    loads = []
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as name:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for load in measured(browser, options, Path(name)):
            print(next(line for n, line in enumerate(table([load])) if n == 2), load.problem)
            loads.append(load)
        browser.close()
    PAGE.write_text(text(loads), encoding="utf-8")


if __name__ == "__main__":
    main()
