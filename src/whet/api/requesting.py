"""A pull request for one branch: the facts always, a draft where everything speaks for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from whet import whole
from whet.api.branching import find_upstream, policy_at, today
from whet.api.overlapping import open_there
from whet.api.workspace import Campaign, open_campaign
from whet.errors import GateClosed, NotReady, UserError
from whet.git import branches as refs
from whet.git.store import Store
from whet.model.config import Config
from whet.model.event import BranchMade
from whet.plan import scope
from whet.plan.state import ExperimentState
from whet.readers.pulls import Others
from whet.report.handover.facts import facts, policy_lines
from whet.report.handover.message import by_agent, said_title
from whet.report.handover.policy import Policy
from whet.report.handover.tables import Style, style_of
from whet.report.redact import redact, secrets
from whet.steps.handover.gh import Gh, Hosted, hosted
from whet.wiring import open_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a pull request for one branch would say."""

    number: int
    experiment: str
    branch: str
    title: str
    text: str
    path: Path
    """Where the text was written."""
    policy: Policy
    by_agent: bool
    missing: tuple[str, ...] = ()
    """Files that judge and that the project does not have."""
    others: Others | None = None
    """What is open there for the same files; None where nobody can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What only a person can answer; both say whether to go on."""

    page: Callable[[bytes], bool]
    """Shows a diff page by page, to its end."""
    others: Callable[[Others | None], None]
    """Is told what else is open for the same files, before anything is asked."""
    silent: Callable[[str], bool]
    """A project that says nothing about AI: may the draft be opened?"""


def request(
    start: Path, word: str = "", campaign: str = "", *, table: Style | None = None,
    offline: bool = False,
) -> Request:  # fmt: skip
    """The facts for a branch, written beside the campaign; nothing is sent.

    Where the project takes prose, its open pull requests are asked for, unless `offline`.

    Raises:
        NotReady: there is no branch yet.
        UserError: there is none of this number.
    """
    desk = _Desk.at(start, campaign)
    asked = desk.request(word, table)
    return replace(asked, others=desk.others(asked, offline=offline))


def create(
    start: Path, word: str, campaign: str, asking: Asking, *, table: Style | None = None
) -> tuple[Request, str]:
    """Open a draft through `gh`; the second value is its address.

    Raises:
        GateClosed: the project, the measurements or the person say no.
        NotReady: the branch is not where others can see it.
        InfraError: `gh` is not there, is not signed in, or was refused.
    """
    desk = _Desk.at(start, campaign)
    asked = desk.request(word, table)
    one, made = desk.find(word)
    _allowed(asked, desk.config)
    tip = desk.fit(made)
    where = hosted(refs.remote_url(desk.campaign.repo, desk.config.pr.remote))
    if where is None:
        raise GateClosed(
            f"{desk.config.pr.remote} is no repository that gh knows, so you open the pull request",
            hint=f"whet pr {asked.number}",
        )
    head = desk.head(made, tip, where)
    gh = Gh(folder=desk.campaign.repo.root, repo=where)
    gh.signed_in()
    _not_too_many(gh, desk.config, made)
    asking.others(desk.others(asked, offline=False))
    if not asking.page(desk.store.diff(made.base, tip)):
        raise GateClosed(
            "nobody has paged through the diff to its end",
            hint=f"whet pr {asked.number} --create --reviewed",
        )
    if _must_ask(asked, desk.config) and not asking.silent(policy_lines(asked.policy)[0]):
        raise GateClosed(
            "this project says nothing about AI-written contributions: ask it first",
            hint="whet config set pr.policy allow",
        )
    assert one.id == asked.experiment
    return asked, desk.opened(gh, asked, head)


@dataclass(slots=True)
class _Desk:
    campaign: Campaign
    config: Config
    store: Store

    @classmethod
    def at(cls, start: Path, name: str) -> "_Desk":
        campaign = open_campaign(start, name)
        return cls(campaign, today(campaign, {}), open_objects(campaign.repo))

    def find(self, word: str) -> tuple[ExperimentState, BranchMade]:
        """The change and its branch that a number or an id means; the only one by default."""
        made: dict[str, BranchMade] = {}
        for branch in sorted(self.campaign.state.branches.values(), key=lambda one: one.at):
            if branch.experiment:
                made[branch.experiment] = branch
        if not made:
            raise NotReady("there is no branch yet", hint="whet branches")
        known = {str(one.number): name for name, one in made.items()}
        name = known.get(word, word.upper()) if word else ""
        if not name and len(made) == 1:
            name = next(iter(made))
        if name not in made:
            listed = ", ".join(f"{one.number} ({one.branch})" for one in made.values())
            what = f"there is no branch {word}" if word else "there are several branches"
            raise UserError(f"{what}: {listed}", hint=f"whet pr {min(known)}")
        return self.campaign.state.experiments[name], made[name]

    def request(self, word: str, table: Style | None) -> Request:
        """The text, redacted and written to its file."""
        one, made = self.find(word)
        state = self.campaign.state
        policy = policy_at(self.store, made.base)
        seen = state.on_branch.get(("alone", one.id)) if made.measured else None
        missing = self._missing(made)
        text = facts(
            state, one, made, seen if seen is not None and seen.base == made.base else None,
            policy, table or style_of(self.config), disclose=self.config.pr.disclose,
            missing=missing,
        )  # fmt: skip
        hosts = {c.fingerprint.host for c in state.calibrations.values()}
        text = redact(text, hosts=tuple(sorted(hosts)), homes=(str(Path.home()),))
        if leaks := secrets(text):
            raise GateClosed(f"the text would hold what looks like a secret: {leaks[0]}",
                             hint=f"whet why {one.id}")  # fmt: skip
        path = self.campaign.folder / "pr" / f"{made.branch.rpartition('/')[2]}.md"
        whole.write(path, text)
        return Request(
            number=made.number, experiment=one.id, branch=made.branch, text=text, path=path,
            title=self._title(made, said_title(state, one)), policy=policy,
            by_agent=by_agent(one, state.ideas.get(one.candidate.idea)), missing=missing,
        )  # fmt: skip

    def others(self, asked: Request, *, offline: bool) -> Others | None:
        """What is open there; no project that wants facts alone is asked over the network."""
        _, made = self.find(asked.experiment)
        where = hosted(refs.remote_url(self.campaign.repo, self.config.pr.remote))
        if where is None:
            return None
        quiet = offline or restricted(asked, self.config)
        change = (made.base, made.commit)
        return open_there(self.campaign, self.config, self.store, where, change, quiet=quiet)

    def _missing(self, made: BranchMade) -> tuple[str, ...]:
        """Scripts that judge and are in no commit of the project."""
        config = self.config
        commands = (config.bench.command, config.bench.prepare, config.checks.command)
        ours = scope.scripts(commands, frozenset(self.store.files(self.campaign.state.base)))
        there = set(self.store.files(made.base))
        return tuple(path for path in ours if path not in there)

    def _title(self, made: BranchMade, otherwise: str) -> str:
        said = refs.messages(self.campaign.repo, made.commit, limit=1)
        return said[0].split("\n", 1)[0] if said else otherwise

    def fit(self, made: BranchMade) -> str:
        """The commit the branch is at, which must hold what was measured on today's base."""
        repo = self.campaign.repo
        again = f"whet branches --only {made.number}"
        tip = refs.tip(repo, made.branch)
        if not made.measured:
            raise GateClosed(f"{made.branch} was made without measuring it", hint=again)
        if not tip:
            raise NotReady(f"there is no branch {made.branch} any more", hint=again)
        if self.store.tree(tip) != self.store.tree(made.commit):
            raise GateClosed(f"{made.branch} has changes that nobody has measured", hint=again)
        upstream = find_upstream(self.campaign, self.config, "")
        if upstream.commit != made.base:
            raise GateClosed(
                f"{made.branch} was measured on {made.base[:7]}, and {upstream.name} is at "
                f"{upstream.commit[:7]} now",
                hint=again,
            )
        return tip

    def head(self, made: BranchMade, tip: str, where: Hosted) -> str:
        """What `gh --head` calls the branch, once it is pushed."""
        repo = self.campaign.repo
        remote = refs.pushed(repo, made.branch, tip)
        if not remote:
            raise NotReady(
                f"{made.branch} is not pushed, and whet never pushes",
                hint=f"git push --set-upstream {self.config.pr.remote} {made.branch}",
            )
        there = hosted(refs.remote_url(repo, remote))
        if there is None or there.owner == where.owner:
            return made.branch
        return f"{there.owner}:{made.branch}"

    def opened(self, gh: Gh, asked: Request, head: str) -> str:
        base = find_upstream(self.campaign, self.config, "").name
        name = base.removeprefix(f"{self.config.pr.remote}/")
        return gh.create(base=name, head=head, title=asked.title, body=asked.path)


def restricted(asked: Request, config: Config) -> bool:
    """Whether nothing but facts is wanted, by the project or by the user."""
    facts = config.pr.policy == "facts-only"
    return facts or (asked.policy.kind in ("banned", "facts") and asked.by_agent)


def _allowed(asked: Request, config: Config) -> None:
    hint = f"whet pr {asked.number}"
    policy = asked.policy
    if config.pr.policy == "facts-only":
        raise GateClosed('[pr] `policy` is "facts-only": you open the pull request', hint=hint)
    if policy.kind in ("banned", "facts") and asked.by_agent:
        said = policy_lines(policy)[0].rstrip(".")
        raise GateClosed(
            f"{said}: you review, write and open the pull request", hint=hint,
            details=(f"{policy.path}:{policy.line}: {policy.quote}",),
        )  # fmt: skip


def _must_ask(asked: Request, config: Config) -> bool:
    return asked.by_agent and asked.policy.kind == "silent" and config.pr.policy == "auto"


def _not_too_many(gh: Gh, config: Config, made: BranchMade) -> None:
    there = gh.open_ones()
    same = next((one for one in there if one.branch == made.branch), None)
    if same is not None:
        raise GateClosed(f"it is open already: {same.url}", hint=f"gh pr view {same.number} --web")
    if len(there) >= config.pr.max_open:
        raise GateClosed(
            f"{len(there)} pull requests of yours are open there: let them be read first",
            hint=f"gh pr list --author @me --repo {gh.repo}",
            details=tuple(f"#{one.number} {one.title}" for one in there),
        )
