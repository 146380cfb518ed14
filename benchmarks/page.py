"""What the page costs: bytes, the time to make it, and its times in a real browser.

python benchmarks/page.py [--quick]      quick: without 10,000 experiments

The campaigns are drawn, not measured (`whet.testing.events`). The browser is a headless Chromium,
where playwright and one are installed; a file is opened from the disk, a live page from
`whet web`, and a verdict is written into its ledger until the page shows it.
"""

import argparse
import gzip
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from whet.model import event as happened
from whet.page.document import page
from whet.page.look import css, read
from whet.page.seen import Seen
from whet.plan.replay import replay
from whet.testing.events import campaign

SIZES = (60, 1000, 10_000)
PAIRS = 12
TURNS = 3
VERDICTS = 10

TIMES = """[
  performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByName("whet-ready")[0].startTime,
]"""
FILTER = """(() => {
  const began = performance.now();
  document.querySelector("[data-f=kept]").click();
  document.body.offsetHeight;
  return performance.now() - began;
})()"""


def made(experiments: int) -> tuple[bytes, float]:
    """The page of a campaign, and the seconds it took to make."""
    state = replay(campaign(experiments, pairs=PAIRS))
    began = time.perf_counter()
    text = page(Seen(state=state, now=state.last))
    return text.encode(), time.perf_counter() - began


def opened(browser, size: int, path: Path) -> str:
    """How long a file takes in a browser."""
    seen: dict[str, list[float]] = {"paint": [], "ready": [], "filter": []}
    asked: list[str] = []
    for _ in range(TURNS):
        tab = browser.new_page(viewport={"width": 1320, "height": 950})
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        tab.wait_for_timeout(500)
        paint, ready = tab.evaluate(TIMES)
        for name, value in (("paint", paint), ("ready", ready), ("filter", tab.evaluate(FILTER))):
            seen[name].append(value)
        tab.close()
    times = ", ".join(f"{name} {statistics.median(all_):.0f} ms" for name, all_ in seen.items())
    foreign = [url for url in asked if not url.startswith(("file:", "data:"))]
    return f"in a browser, {size} experiments: {times}, foreign requests {len(foreign)}"


def followed(browser, folder: Path) -> str:
    """How long it takes from a verdict's line in the ledger until the page shows it."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from support.live import running, serving  # noqa: PLC0415 (it lies among the tests)

    events = list(campaign(VERDICTS + 20, pairs=PAIRS))
    verdicts = [n for n, one in enumerate(events) if isinstance(one, happened.VerdictGiven)]
    first, took = verdicts[20], []
    with running(folder / "target", "c", events[:first]) as run, serving(run.root) as address:
        tab = browser.new_page()
        tab.goto(address)
        tab.wait_for_selector("#table tbody tr")
        for event in events[first:]:
            if not isinstance(event, happened.VerdictGiven):
                run.record(event)
                continue
            tab.wait_for_timeout(700)
            began = time.perf_counter()
            run.record(event)
            tab.wait_for_selector(f"#table tr[data-e={event.experiment}] .v-{event.verdict.kind}")
            took.append(time.perf_counter() - began)
    middle, most = statistics.median(took) * 1000, max(took) * 1000
    return (
        f"a verdict is visible after {middle:.0f} ms, at most {most:.0f} ms ({len(took)} verdicts)"
    )


def in_browser(files: dict[int, Path], folder: Path) -> Iterator[str]:
    """What a browser says, or why none was asked."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 (may be absent)
    except ImportError:
        yield "no browser: playwright is not installed (make .venv/.browser)"
        return
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        yield "no browser: there is no Chromium"
        return
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size, path in files.items():
            yield opened(browser, size, path)
        yield followed(browser, folder)
        browser.close()


def main() -> None:
    """Print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without 10,000 experiments")
    sizes = SIZES[:2] if parser.parse_args().quick else SIZES
    made(8)  # the first one imports what the others only use
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), {}
        for size in sizes:
            data, seconds = made(size)
            files[size] = folder / f"{size}.html"
            files[size].write_bytes(data)
            zipped = len(gzip.compress(data)) / 1000
            print(f"file, {size} experiments: {len(data) / 1000:.0f} KB, gzip {zipped:.0f} KB, "
                  f"made in {seconds * 1000:.0f} ms")  # fmt: skip
        script, style = len(read("app.js").encode()) / 1000, len(css().encode()) / 1000
        print(f"script {script:.1f} KB, style {style:.1f} KB")
        for line in in_browser(files, folder):
            print(line)


if __name__ == "__main__":
    main()
