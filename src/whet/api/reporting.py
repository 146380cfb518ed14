"""The report: every number from the ledger, written whole or not at all."""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whet import whole
from whet.api import pictures
from whet.api.workspace import Campaign, open_campaign
from whet.errors import IntegrityError, NotReady
from whet.ledger.blobs import Blobs
from whet.page.document import page
from whet.page.seen import Seen
from whet.report import charts, document, markdown, seal
from whet.report.redact import redact, secrets
from whet.wiring import open_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file of the report."""

    path: Path
    bytes: int
    what: str


SUMS = "SHA256SUMS"
"""The digests of the files beside it."""

FORMATS = ("html", "md", "json", "svg", "png")


def report(
    start: Path, campaign: str = "", *, out: str = "", formats: Sequence[str] = ()
) -> tuple[Written, ...]:
    """Write the report of a campaign: all of it, or nothing.

    Args:
        start: a folder in the repository.
        campaign: its name; the one worked on last by default.
        out: folder, relative to `start`; by default `[report] path` in the repository.
        formats: html, md, json, svg, png; by default all that can be made here.

    Raises:
        IntegrityError: something in it looks like a secret; nothing is written.
        NotReady: the folder cannot be written, or what a format needs is not installed.
    """
    found = open_campaign(start, campaign)
    config = found.state.config
    assert config is not None
    folder = start / out if out else found.repo.root / config.report.path
    wanted = formats or tuple(kind for kind in FORMATS if kind != "png" or pictures.available())
    texts = {
        name: (_clean(found, text), what)
        for kind in FORMATS
        if kind in wanted and kind in _MAKERS
        for name, (text, what) in _MAKERS[kind](found).items()
    }
    for name, (text, _) in texts.items():
        leaks = secrets(text)
        if leaks:
            raise IntegrityError(
                f"{name} would hold what looks like a secret: {leaks[0]}",
                hint="take it out of what the benchmark prints or an idea says, then `whet report`",
            )
    files = {name: (text.encode(), what) for name, (text, what) in texts.items()}
    files |= _png(found) if "png" in wanted else {}
    written = [_write(folder / name, data, what) for name, (data, what) in files.items()]
    sums = {name: hashlib.sha256(data).hexdigest() for name, (data, _) in files.items()}
    written.append(_write(folder / SUMS, _sums(folder, sums), "sha256sum -c"))
    return tuple(written)


def _sums(folder: Path, new: Mapping[str, str]) -> bytes:
    """The digests of all files of a report: of those written now, and of those from before."""
    sums = {**read_sums(folder), **new}
    there = {
        name: digest for name, digest in sums.items() if name in new or (folder / name).exists()
    }
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(there.items())).encode()


def read_sums(folder: Path) -> dict[str, str]:
    """The digests in a folder by file name, as `sha256sum` wrote them; none where there are none.

    Raises:
        IntegrityError: a line is not one of its lines.
    """
    try:
        text = (folder / SUMS).read_bytes().decode(errors="replace")
    except OSError:
        return {}
    found = {}
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        parts = _SUM.fullmatch(line)
        if parts is None or not text.endswith("\n"):
            hint = f"rm {shlex.quote(str(folder / SUMS))} && whet report"
            place = f"{folder.name}/{SUMS} line {number}"
            raise IntegrityError(f"{place} is not what was written", hint=hint)
        found[parts[2]] = parts[1]
    return found


_SUM = re.compile(r"([0-9a-f]{64})  ([\w.-]+)")


Texts = Mapping[str, tuple[str, str]]


def _html(found: Campaign) -> Texts:
    seen = Seen(state=found.state, now=found.state.last, head=found.head, patches=_patches(found))
    return {"index.html": (page(seen), "one file, works offline")}


def _markdown(found: Campaign) -> Texts:
    return {"report.md": (markdown.report(found.state), "for GitHub")}


def _json(found: Campaign) -> Texts:
    patches = _patches(found)
    data = document.report(found.state, found.head, patches)
    if found.state.stack:
        data["stack_tree"] = open_objects(found.repo).tree(found.state.incumbent)
    clean = json.loads(_clean(found, json.dumps(data, ensure_ascii=False)))
    # a patch that had to be redacted builds nothing any more, so it is not passed off as one
    clean["patches"] = {name: text for name, text in patches.items()
                        if clean["patches"][name] == text}  # fmt: skip
    return {"report.json": (seal.sealed(clean), "every sample")}


def _patches(found: Campaign) -> dict[str, str]:
    """The text of every patch by digest, so that the report alone can rebuild the stack."""
    blobs = Blobs(found.folder / "blobs")
    digests = {e.candidate.patch for e in found.state.experiments.values()} - {""}
    return {digest: blobs.get(digest).decode(errors="replace") for digest in sorted(digests)}


def _svg(found: Campaign) -> Texts:
    state = found.state
    return {
        "progress.svg": (charts.progress(state, "light"), "the stack over the experiments"),
        "progress-dark.svg": (charts.progress(state, "dark"), "the same, dark"),
        "effects.svg": (charts.effects(state, "light"), "every measured change"),
        "effects-dark.svg": (charts.effects(state, "dark"), "the same, dark"),
    }


def _png(found: Campaign) -> dict[str, tuple[bytes, str]]:
    return {
        name.replace(".svg", ".png"): (pictures.png(_clean(found, text)), what)
        for name, (text, what) in _svg(found).items()
    }


_MAKERS: Mapping[str, Callable[[Campaign], Texts]] = {
    "html": _html,
    "md": _markdown,
    "json": _json,
    "svg": _svg,
}


def _clean(found: Campaign, text: str) -> str:
    hosts = {c.fingerprint.host for c in found.state.calibrations.values()}
    return redact(text, hosts=tuple(sorted(hosts)), homes=(str(Path.home()),))


def _write(path: Path, data: bytes, what: str) -> Written:
    try:
        whole.write(path, data)
    except OSError as error:
        raise NotReady(
            f"cannot write {path}: {error.strerror}", hint="whet report --out ../whet-report"
        ) from error
    return Written(path=path, bytes=len(data), what=what)
