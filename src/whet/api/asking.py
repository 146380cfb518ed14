"""Having something recorded, whoever writes the campaign at this moment."""

import time
from dataclasses import replace
from pathlib import Path

from whet.api.running import RunOptions, opening
from whet.api.workspace import Campaign, campaigns, configuration, open_campaign, repository
from whet.errors import InfraError, NotReady
from whet.ledger import log, mail
from whet.model.config import Config
from whet.model.request import Answer, Refusal, Request
from whet.places import campaign_folder
from whet.plan.naming import usual_name
from whet.steps.desk import answer, raised
from whet.wiring import Opening, open_world

_LOOK = 0.05
_PATIENCE = 30.0
"""Seconds for an answer: the writer looks every 0.2, but may be in the middle of a git command."""


def ask(start: Path, request: Request, options: RunOptions, *, inside: bool = False) -> Answer:
    """Have a request recorded: by the process that writes the campaign now, or by this one.

    Args:
        start: a folder in the repository.
        request: what is wanted.
        options: which campaign; it is begun if there is none of that name.
        inside: without a name, the campaign that `inside` works on is meant.

    Raises:
        WhetError: whoever was asked says no, and why.
        InfraError: nobody answers.
    """
    repo = repository(start)
    name = options.campaign or (working_on(start) if inside else "") or _usual(start, options)
    if name not in campaigns(repo):
        begun = opening(repo, replace(options, campaign=name))
        with open_world(repo, begun) as world:
            return answer(request, world)
    return _until_said(open_campaign(start, name), request)


def tell(start: Path, request: Request, campaign: str = "") -> str:
    """Ask something of the run that is at work; returns its campaign's name.

    Raises:
        NotReady: nothing is running.
        InfraError: nobody answers.
    """
    root = repository(start).root
    for name in (campaign,) if campaign else campaigns(repository(start)):
        folder = campaign_folder(root, name)
        if log.holder(folder):
            said = _by_letter(folder, request, time.monotonic() + _PATIENCE)
            if said is not None:
                return said.campaign
    raise NotReady("no campaign is running here", hint="whet run")


def working_on(start: Path) -> str:
    """The campaign worked on last that is not a list of patches to try; empty if there is none."""
    return next((n for n in campaigns(repository(start)) if not n.startswith("try-")), "")


def frozen(campaign: Campaign) -> Opening:
    """A campaign as it was begun, whatever whet.toml says today; no agent is asked."""
    config = campaign.state.config
    assert config is not None
    return Opening(name=campaign.state.name, base=campaign.state.base, config=_quiet(config),
                   scripted=campaign.state.scripted, as_begun=True)  # fmt: skip


def _quiet(config: Config) -> Config:
    return config if config.agent.review else replace(
        config, agent=replace(config.agent, kind="none")
    )  # fmt: skip


def _usual(start: Path, options: RunOptions) -> str:
    config = configuration(repository(start), options.overrides).config
    return usual_name(config)


def _until_said(campaign: Campaign, request: Request) -> Answer:
    folder = campaign_folder(campaign.repo.root, campaign.state.name)
    deadline = time.monotonic() + _PATIENCE
    while True:
        if log.holder(folder):
            said = _by_letter(folder, request, deadline)
            if said is not None:
                return said
        try:
            with open_world(campaign.repo, frozen(campaign)) as world:
                return answer(request, world)
        except NotReady:
            # somebody else may have become the writer; any other reason is one
            if not log.holder(folder) or time.monotonic() > deadline:
                raise


def _by_letter(folder: Path, request: Request, deadline: float) -> Answer | None:
    """What the writer says; None when it has ended before it took the letter.

    Raises:
        WhetError: it refuses.
        InfraError: it has not answered in time.
    """
    name = mail.send(folder, request)
    while time.monotonic() < deadline:
        said = mail.fetch(folder, name)
        if isinstance(said, Refusal):
            raise raised(said)
        if said is not None:
            return said
        if not log.holder(folder) and mail.unanswered(folder, name):
            return None
        time.sleep(_LOOK)
    mail.withdraw(folder, name)
    raise InfraError(f"{log.holder(folder) or 'the running whet'} does not answer",
                     hint="whet status")  # fmt: skip
