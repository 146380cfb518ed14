"""The agents there are, and whether one that is installed still does what whet expects of it."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio

from whet import places
from whet.agents import table
from whet.agents.builtin import NAME as BUILTIN
from whet.agents.cell import best
from whet.agents.choosing import version
from whet.agents.table import Entry
from whet.api.rehearsing import Rehearsal, rehearse, scripts
from whet.api.workspace import repository
from whet.errors import NotReady
from whet.model.diagnosis import Finding
from whet.steps.templates import TEMPLATES, own_folder
from whet.testing.model.server import ScriptedModel

Watch = Callable[[Finding], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An agent of the table on this machine; without `path` it is not installed."""

    name: str
    title: str
    path: str
    version: str
    kinds: tuple[str, ...]
    """How it can be started here: `command`, `acp`."""
    prefers: str
    endpoint: bool
    """Whether it can be given a model service, and so a jail without a network."""
    own: bool
    """Whether the user's own table speaks of it."""


def known() -> tuple[Known, ...]:
    """Every agent of the table, those that are installed first. Asks each for its version.

    Raises:
        ConfigError: the user's own table is not as it must be.
    """
    own = table.own_names()
    found = [_known(entry, own=entry.name in own) for entry in table.agents().values()]
    return tuple(sorted(found, key=lambda one: not one.path))


def _known(entry: Entry, *, own: bool) -> Known:
    path = shutil.which(entry.program) or ""
    acp = bool(entry.acp) and shutil.which(entry.acp_program or entry.program) is not None
    kinds = [*(["command"] if path and entry.argv else []), *(["acp"] if acp else [])]
    return Known(
        name=entry.name,
        title=entry.title or entry.name,
        path=path,
        version=version(entry) if path else "",
        kinds=tuple(kinds),
        prefers=preferred(entry),
        endpoint=entry.can_be_served,
        own=own,
    )


def preferred(entry: Entry) -> str:
    """How an agent is started when nobody says it."""
    if entry.prefer == "acp" or not entry.argv:
        return "acp"
    return "command"


def named(word: str) -> Mapping[str, str]:
    """What `--agent WORD` stands for, as overrides: an agent of the table, else a command.

    Raises:
        ConfigError: the user's own table is not as it must be.
    """
    if word in (BUILTIN, "none"):
        return {"agent.kind": word}
    entry = table.agents().get(word)
    if entry is None:
        return {"agent.kind": "command", "agent.name": "", "agent.command": word}
    return {"agent.kind": preferred(entry), "agent.name": word}


def examine(start: Path, name: str, watch: Watch = lambda _: None) -> tuple[Finding, ...]:
    """Let an agent work for a scripted model, and tell what it did. Nothing is paid.

    Args:
        start: a folder in the repository, or any other.
        name: an agent of the table, or `builtin`.
        watch: is told every finding at once.

    Raises:
        UserError: there is no agent of that name.
        NotReady: it is not installed, or cannot be told where its model is.
    """
    entry = table.agent(name) if name != BUILTIN else None
    if entry is not None and shutil.which(entry.program) is None:
        raise NotReady(f"`{entry.program}` is not installed: it is not on your PATH",
                       hint="whet agents")  # fmt: skip
    if entry is not None and not entry.can_be_served:
        raise NotReady(f"{entry.title} cannot be told where its model is, so it cannot be tried",
                       hint="whet run --experiments 1 --agent " + name)  # fmt: skip
    findings: list[Finding] = []

    def tell(finding: Finding) -> None:
        findings.append(finding)
        watch(finding)

    jail = best("auto")
    assert jail is not None
    if jail != "bubblewrap":
        tell(Finding(section="Jail", level="warning", text=f"{jail}: bubblewrap does not work here",
                     hint="install bubblewrap, or let it make user namespaces"))  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="whet-", dir=_room(start)) as folder,
        ScriptedModel(**scripts(entry)).serving() as model,
    ):
        rehearsal = Rehearsal(entry=entry, model=model, jail=jail, folder=Path(folder), tell=tell)
        anyio.run(rehearse, rehearsal)
    _remember(name, entry, findings, tell)
    return tuple(findings)


def _room(start: Path) -> Path:
    try:
        room = places.worker_cache(repository(start).root) / "agents"
    except NotReady:
        room = places.crash_log().parent
    room.mkdir(parents=True, exist_ok=True)
    return room


def _remember(name: str, entry: Entry | None, findings: list[Finding], tell: Watch) -> None:
    """Keep the last version that worked: when one does not, that is what changed."""
    if entry is None:
        return
    path = places.crash_log().with_name("agents") / name
    now, fine = version(entry), all(finding.level != "error" for finding in findings)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if fine and now:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now, encoding="utf-8")
        if before and before != now:
            tell(Finding(section="Version", level="ok", text=f"it was {before} when last tried"))
    elif not fine and before:
        text = f"it worked with version {before}; this is {now or 'unknown'}"
        hint = f"install {before} again, or mend its table: `whet agents --path`"
        tell(Finding(section="Version", level="warning", text=text, hint=hint))


def own_table() -> Path:
    """Where the user's own table of agents lies, whether it is there or not."""
    return table.own_file()


def own_briefs(start: Path) -> tuple[Path, ...]:
    """Copy the templates of briefs to where the user's own are looked for; what is there stays.

    Raises:
        NotReady: there is no repository.
    """
    repo = repository(start)
    repo.exclude(f"/{places.STATE}/")
    folder = own_folder(repo.root)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for template in sorted(TEMPLATES.glob("*.j2")):
        path = folder / template.name
        if not path.exists():
            path.write_bytes(template.read_bytes())
            written.append(path)
    return tuple(written)
