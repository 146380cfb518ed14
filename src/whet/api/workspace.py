"""Where the user stands: the repository, the configuration, the campaigns."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import NotReady, UnknownId, UserError
from whet.git.repo import Repo, find
from whet.ledger import log, underway
from whet.model.underway import Underway
from whet.plan import scope
from whet.plan.naming import command_to_go_on
from whet.plan.replay import replay
from whet.plan.state import ExperimentState, State

if TYPE_CHECKING:
    from whet.config.load import Loaded
from whet.model.config import Config
from whet.places import STATE, campaign_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as it was read; nothing is locked."""

    repo: Repo
    folder: Path
    state: State
    holder: str
    """Who is writing it now, or nothing."""
    head: str = ""
    """Hash of the ledger's last line."""
    underway: tuple[Underway, ...] = ()
    """What its writer is doing now."""


def repository(start: Path) -> Repo:
    """The repository a folder is in.

    Raises:
        UserError: the folder does not exist.
        NotReady: it is in no repository.
    """
    if not start.is_dir():
        raise UserError(f"there is no folder {start}", hint="whet -C . status")
    found = find(start)
    home = read_claim(found)
    return find(home.root) if home is not None else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a claimed tree belongs."""

    root: Path
    campaign: str
    idea: str


_CLAIM = "whet-claim.json"


def write_claim(tree: Path, home: Home) -> None:
    """Let whet, called in a claimed tree, find the repository that it was made for."""
    said = {"root": str(home.root), "campaign": home.campaign, "idea": home.idea}
    (tree / ".git" / _CLAIM).write_text(json.dumps(said), encoding="utf-8")


def read_claim(repo: Repo) -> Home | None:
    """Where this repository belongs if it is a claimed tree.

    Whoever works in the tree can write this: it says where to look, and grants nothing.
    """
    try:
        said = json.loads((repo.git_dir / _CLAIM).read_bytes()[:4096])
        home = Home(root=Path(said["root"]), campaign=str(said["campaign"]), idea=str(said["idea"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return home if home.root.is_dir() and home.root != repo.root else None


def configuration(repo: Repo, overrides: Mapping[str, str] | None = None) -> "Loaded":
    """The configuration that holds for a repository.

    Raises:
        ConfigError: a file says something it may not.
        UserError: there is none.
    """
    # reading a ledger does not need it, and it costs a tenth of a second to import
    from whet.config.load import load  # noqa: PLC0415

    return load(repo.root, overrides=overrides or {})


def campaigns(repo: Repo) -> tuple[str, ...]:
    """Names of the campaigns here, the one worked on last first."""
    folder = repo.root / STATE / "campaigns"
    if not folder.is_dir():
        return ()
    found = [entry for entry in folder.iterdir() if log.exists(entry)]
    found.sort(key=lambda entry: (entry / log.FILE).stat().st_mtime, reverse=True)
    return tuple(entry.name for entry in found)


def open_campaign(start: Path, name: str = "") -> Campaign:
    """Read a campaign, by default the one worked on last.

    Raises:
        NotReady: there is none.
        UserError: there is none of that name.
        LedgerCorrupt: its ledger is not what was written.
    """
    repo = repository(start)
    known = campaigns(repo)
    if not known:
        raise NotReady(
            "no campaign here yet",
            hint="`whet init`, then `whet run`; or without an agent or a key: `whet demo`",
        )
    if name and name not in known:
        raise UserError(f"no campaign `{name}` here; there is {', '.join(known)}",
                        hint=f"whet status --campaign {known[0]}")  # fmt: skip
    folder = campaign_folder(repo.root, name or known[0])
    events, head = log.read_with_head(folder)
    holder = log.holder(folder)
    return Campaign(
        repo=repo,
        folder=folder,
        state=replay(events),
        holder=holder,
        head=head,
        underway=underway.read(folder) if holder else (),
    )


def experiment(campaign: Campaign, name: str) -> ExperimentState:
    """An experiment by its id, `E7`, `e07` and `E07` being the same.

    Raises:
        UnknownId: there is none; a near one is named.
    """
    known = campaign.state.experiments
    match = re.fullmatch(r"[Ee]0*(\d+)", name)
    if match:
        wanted = f"E{int(match.group(1)):02d}"
        if wanted in known:
            return known[wanted]
    where = campaign.state.name
    if not known:
        raise UnknownId(f"no experiment {name} in {where}: it has none yet",
                        hint=command_to_go_on(campaign.state))  # fmt: skip
    first, last = next(iter(known)), next(reversed(known))
    raise UnknownId(f"no experiment {name} in {where} ({first} to {last})", hint=f"whet why {last}")


def clean_base(repo: Repo, ref: str, *, explicit: bool, own: Collection[str] = ()) -> str:
    """The commit to start from; changes to files that are whet's `own` to write do not count.

    Raises:
        NotReady: the work tree has changes that the base would not have.
    """
    dirty = () if explicit else tuple(path for path in repo.dirty() if path not in own)
    if dirty:
        shown = ", ".join(dirty[:2])
        more = f" (and {len(dirty) - 2} more)" if len(dirty) > 2 else ""
        raise NotReady(
            f"the working tree has changes: {shown}{more}",
            hint="commit or stash them, or start from the last commit: `whet run --base HEAD`",
        )
    return repo.resolve(ref)


def sealed(repo: Repo, config: Config, base: str) -> Config:
    """The configuration with the scripts that judge added to what is protected."""
    bench, checks = config.bench, config.checks
    commands = (
        bench.command,
        bench.prepare,
        bench.fresh_inputs,
        checks.command,
        checks.equivalence,
    )
    found = tuple(f"/{path}" for path in scope.scripts(commands, repo.files(base)))
    new = tuple(path for path in found if path not in config.scope.protect)
    return replace(config, scope=replace(config.scope, protect=(*config.scope.protect, *new)))
