"""From `[agent]` in whet.toml to an agent that can be started."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from whet import proc
from whet.agents.acp import AcpAgent
from whet.agents.builtin import NAME, BuiltinAgent
from whet.agents.cell import Wanted, best
from whet.agents.command import CommandAgent, any_command
from whet.agents.desk import desk
from whet.agents.relay import Service
from whet.agents.running import Setting
from whet.agents.table import Entry, agent
from whet.errors import NotReady
from whet.model.agent import Caps, Jailed, Price
from whet.model.config import Agent as AgentConfig
from whet.model.config import Config
from whet.ports import Agent

_PATIENCE = 10.0


def choose(config: Config, root: Path, label: str, own: Path | None = None) -> Agent | None:
    """The agent that a configuration names, or None.

    Args:
        config: the configuration; what it asks for is looked up, nothing is started.
        root: the user's repository.
        label: begins the mark of every process that is started for it.
        own: the user's table of agents, where it is not in the usual place.

    Raises:
        NotReady: it is not installed, its jail does not work, or a price that is needed is missing.
        UserError: there is no agent of that name.
    """
    found = _chosen(config, root, label, own)
    cpus = desk(config) if found is not None else ""
    if found is None or not cpus:
        return found
    return replace(found, setting=replace(found.setting, cpus=cpus))


def _chosen(
    config: Config, root: Path, label: str, own: Path | None
) -> AcpAgent | CommandAgent | BuiltinAgent | None:
    wanted = config.agent
    if wanted.kind == "none":
        return None
    if wanted.kind == "command" and not wanted.name:
        if not wanted.command:
            return None
        _price_is_known(config, priced=False)
        return any_command(
            wanted.command, root=root, label=label, timeout=wanted.timeout,
            jail=_jail(wanted.sandbox), homes=wanted.homes,
        )  # fmt: skip
    if wanted.kind == "builtin":
        entry = Entry(name=NAME, program="/bin/sh", title="the built-in agent", wire=wanted.wire)
        _price_is_known(config, priced=False)
        return BuiltinAgent(setting=_setting(wanted, entry, root, label), wire=wanted.wire)
    entry = agent(wanted.name, own)
    _price_is_known(config, priced=entry.priced and not wanted.endpoint)
    setting = _setting(wanted, entry, root, label)
    return AcpAgent(setting=setting) if wanted.kind == "acp" else CommandAgent(setting=setting)


def _setting(wanted: AgentConfig, entry: Entry, root: Path, label: str) -> Setting:
    over_acp = wanted.kind == "acp"
    if over_acp and not entry.acp:
        raise NotReady(f"{entry.title or entry.name} does not speak ACP",
                       hint="whet config set agent.kind command")  # fmt: skip
    if not over_acp and not entry.argv and entry.name != NAME:
        raise NotReady(f"{entry.title or entry.name} cannot be started headlessly",
                       hint="whet config set agent.kind acp")  # fmt: skip
    program = entry.acp_program if over_acp and entry.acp_program else entry.program
    if shutil.which(program) is None:
        raise NotReady(f"`{program}` is not installed: it is not on your PATH", hint="whet agents")
    if wanted.endpoint and entry.name != NAME and not entry.can_be_served:
        raise NotReady(f"{entry.title or entry.name} cannot be told where its model is",
                       hint="whet config set agent.endpoint ''")  # fmt: skip
    return Setting(
        entry=entry, root=root, label=label, jail=_jail(wanted.sandbox),
        caps=Caps(seconds=wanted.timeout, calls=wanted.calls),
        model=wanted.model or ("default" if wanted.endpoint else ""),
        service=_service(wanted), key=wanted.key, price=price(wanted),
        direct=wanted.kind == "builtin", version=version(entry),
    )  # fmt: skip


def _jail(wanted: Wanted) -> Jailed:
    found = best(wanted)
    if found is None:
        raise NotReady(f"[agent] `sandbox` is `{wanted}`, and that does not work here",
                       hint="take what there is: `whet config set agent.sandbox auto`")  # fmt: skip
    return found


def _service(wanted: AgentConfig) -> Service | None:
    if not wanted.endpoint:
        return None
    key = os.environ.get(wanted.key, "") if wanted.key else ""
    if wanted.key and not key:
        raise NotReady(f"the variable ${wanted.key} is empty: it should hold the key of "
                       f"{wanted.endpoint}", hint=f"export {wanted.key}=…")  # fmt: skip
    return Service(url=wanted.endpoint, key=key)


def price(wanted: AgentConfig) -> Price | None:
    """What tokens cost, where the configuration says it."""
    if wanted.price_read is None or wanted.price_written is None:
        return None
    return Price(read=wanted.price_read, written=wanted.price_written, cached=wanted.price_cached)


def _price_is_known(config: Config, *, priced: bool) -> None:
    """A limit in money needs a price: what is unknown is not nothing.

    Raises:
        NotReady: there is a limit and nobody knows what tokens cost.
    """
    limits = (config.run.budget, config.run.wave_budget, config.agent.budget)
    if any(limits) and not priced and price(config.agent) is None:
        raise NotReady(
            "there is a budget in money, and nobody says what the agent's tokens cost",
            hint="whet config set agent.price_read 3 && whet config set agent.price_written 15",
        )


_versions: dict[str, str] = {}


def version(entry: Entry) -> str:
    """What an installed agent says its version is; empty when it does not say."""
    if entry.name == NAME:
        return ""
    if entry.name not in _versions:
        try:
            env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
            done = proc.run([entry.program, *entry.version], timeout=_PATIENCE, env=env)
        except OSError:
            return ""
        said = done.text.strip() or done.stderr.decode(errors="replace").strip()
        _versions[entry.name] = _number(said) if done.ok else ""
    return _versions[entry.name]


def _number(said: str) -> str:
    words = said.replace("(", " ").replace(",", " ").split()
    numbers = [word.lstrip("v") for word in words if word.lstrip("v")[:1].isdigit() and "." in word]
    return numbers[0][:40] if numbers else ""
