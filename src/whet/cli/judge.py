"""`whet compare`, `whet try`, `whet run`."""

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common
from whet.errors import GateClosed, LimitReached, NothingKept

if TYPE_CHECKING:
    from whet.api.comparing import Compared
    from whet.api.running import Finished, RunOptions


@click.command("try")
@click.argument("changes", nargs=-1, required=True, metavar="PATCH|REF…", type=click.Path())
@click.option("--stack", is_flag=True, help="Judge each on top of those kept before it.")
@click.option("--base", default="", metavar="REF", help="Start from this commit, not HEAD.")
@click.option("--fail-if-none", is_flag=True, help="Exit 8 when nothing is kept.")
@common
def try_command(
    face: Face, changes: tuple[str, ...], base: str, *, stack: bool, fail_if_none: bool
) -> None:
    """Judge changes that exist already, one experiment each.

    \b
    whet try fast.patch               one patch against HEAD
    whet try origin/faster pr.patch   a branch and a patch, each alone
    whet try --stack a.patch b.patch  b on top of a, then both re-measured

    Nothing in your checkout, index or branches is touched.
    """
    from whet.api.running import RunOptions, try_changes
    from whet.cli.live import watched

    options = RunOptions(campaign=face.campaign, base=base, overrides=face.overrides)
    with watched(face) as watcher:
        done = try_changes(face.start, changes, options, stack=stack, watcher=watcher)
    _finish(face, done, fail_if_none=fail_if_none, wave=len(done.state.waves))


@click.command("run")
@click.option("--base", default="", metavar="REF", help="Start from this commit, not HEAD.")
@click.option("--waves", type=click.IntRange(1), help="Stop after so many waves.")
@click.option("--experiments", type=click.IntRange(1), help="Stop after so many experiments.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="Stop after this time.")
@click.option("--min-effect", metavar="SHARE", help="Smallest gain worth keeping, e.g. 1%.")
@click.option("--until", metavar="SHARE", help="Stop when the stack has gained this, e.g. 20%.")
@click.option("--agent", metavar="NAME|COMMAND", help="Who writes the changes: see whet agents.")
@click.option("--budget", metavar="USD",
              help="What agents may take in all, e.g. 40usd.")  # fmt: skip
@click.option("--tokens", type=click.IntRange(1), help="Tokens they may take in all.")
@click.option("--arms", metavar="LIST", help="Compare ways of working, e.g. code-only,research.")
@click.option("--repeat", type=click.IntRange(1), default=1, metavar="N",
              help="With --arms: so many campaigns of each.")  # fmt: skip
@click.option("--no-research", is_flag=True, help="Do not read first when no idea waits.")
@click.option("--dry-run", is_flag=True, help="Print the plan, start nothing.")
@click.option("--fail-if-none", is_flag=True, help="Exit 8 when nothing is kept.")
@common
def run_command(
    face: Face, *, arms: str | None, repeat: int, no_research: bool, dry_run: bool,
    fail_if_none: bool, **flags: str | None,
) -> None:  # fmt: skip
    """Start the campaign, or go on with it where it stopped.

    \b
    whet run --agent goose --experiments 12 --hours 2
    whet run --agent './my-agent "$WHET_BRIEF"' --tokens 2000000
    whet run --dry-run
    whet run --arms code-only,research --repeat 3 --agent goose --budget 20usd
    whet ideas add "fuse the scale and the mask" && whet run

    Ideas come from the queue, changes from the agent, verdicts from measurements.
    With an agent and no idea it reads first, as whet research does.
    Ctrl-C stops after the wave, twice stops now; whet run goes on later.
    """
    if no_research:
        face = replace(face, overrides={**face.overrides, "research.before_run": "false"})
    if arms:
        from whet.cli.arms import show

        show(face, arms, _flags(flags), repeat=repeat, base=flags["base"] or "")
        return
    campaign(face, flags, dry_run=dry_run, fail_if_none=fail_if_none)


def campaign(
    face: Face, flags: dict[str, str | None], *, dry_run: bool = False, fail_if_none: bool = False
) -> None:
    """Drive a campaign and say how it ended; `flags` are those of `whet run`."""
    from whet.api.running import RunOptions, run
    from whet.cli.live import watched

    base = flags.pop("base", None) or ""
    overrides = {**face.overrides, **_flags(flags)}
    options = RunOptions(campaign=face.campaign, base=base, overrides=overrides)
    if dry_run:
        _plan(face, options)
        return
    with watched(face, waves=True) as watcher:
        done = run(face.start, options, watcher)
    _finish(face, done, fail_if_none=fail_if_none)


def _plan(face: Face, options: "RunOptions") -> None:
    from whet.api.planning import plan
    from whet.report.agents import expected
    from whet.report.figures import duration, plural

    found = plan(face.start, options)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "plan", **dataclasses.asdict(found)})
        return
    time = "not known before the first calibration"
    if found.least_seconds is not None and found.most_seconds is not None:
        least, most = duration(found.least_seconds), duration(found.most_seconds)
        time = f"{least} to {most} of measurement an experiment, and its build and checks"
    judged = f", {found.judged} judged" if found.judged else ""
    limits = f"at most {plural(found.max_experiments, 'experiment')} and {found.hours:g} h"
    queue = f"{plural(found.waiting, 'idea')} in the queue, waves of {found.ideas_per_wave}"
    face.say(
        f"Campaign  {found.campaign} from {found.base[:7]}{judged}",
        f"Plan      {queue}, {limits}",
        *([f"Reads     {', '.join(found.reads)}, then the agent's ideas"] if found.reads else []),
        f"Agent     {found.agent or 'none: name one with --agent COMMAND'}",
        *([f"Cost      the next wave: {expected(found.foreseen)}"] if found.foreseen else []),
        f"Time      {time}",
        f"Writes    {' and '.join(found.writes)}, ignored through .git/info/exclude",
        "Never     your checkout, your branches, a remote",
        "Nothing was started.",
    )


_KEYS = {
    "waves": "run.max_waves",
    "experiments": "run.max_experiments",
    "hours": "run.hours",
    "budget": "run.budget",
    "tokens": "run.tokens",
    "min_effect": "goal.min_effect",
    "until": "goal.target",
}


def _flags(flags: dict[str, str | None]) -> dict[str, str]:
    found = {key: str(flags[flag]) for flag, key in _KEYS.items() if flags.get(flag) is not None}
    if flags.get("agent"):
        from whet.api.agents import named

        found |= named(str(flags["agent"]))
    return found


def _finish(face: Face, done: "Finished", *, fail_if_none: bool, wave: int | None = None) -> None:
    from whet.cli.ending import LIMITS, say_ending
    from whet.report import document

    state = done.state
    if face.as_json:
        face.document(document.campaign(state))
    else:
        say_ending(face, done, wave=wave)
    nothing = not any(
        found.verdict is not None and found.verdict.kind == "kept"
        for found in state.experiments.values()
        if wave is None or found.wave == wave
    )
    if fail_if_none and nothing:
        raise NothingKept("nothing was kept", hint="whet list")
    if done.stop.code in LIMITS:
        raise LimitReached(done.stop.reason, hint=further(done))


def further(done: "Finished") -> str:
    """The command that goes on with twice the limit that was reached."""
    limits = done.config.run
    flag = {
        "experiments": f"--experiments {2 * limits.max_experiments}",
        "time": f"--hours {2 * limits.hours:g}",
        "waves": f"--waves {2 * limits.max_waves}",
        "money": f"--budget {2 * limits.budget:g}usd",
        "tokens": f"--tokens {2 * limits.tokens}",
    }[done.stop.code]
    return f"whet run --campaign {done.state.name} {flag}"


@click.command("compare")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option("--pairs", type=click.IntRange(4, 200), default=12, show_default=True,
              help="Invocations of each side.")  # fmt: skip
@click.option("--bench", metavar="COMMAND", help="The benchmark, when there is no whet.toml.")
@click.option("--metric", metavar="NAME", help="The metric it prints.")
@click.option("--lower/--higher", "lower", default=None, help="Which way is better.")
@click.option("--build", metavar="COMMAND", help="How a version is built.")
@click.option("--adapter", metavar="FORMAT", help="Output format, e.g. llama-bench, hyperfine.")
@click.option("--checks", is_flag=True, help="Run the checks on B first.")
@click.option("--format", "style", type=click.Choice(["plain", "md", "benchstat", "llama-bench"]),
              default="plain", show_default=True)  # fmt: skip
@click.option("--fail-on", type=click.Choice(["regression", "no-gain"]), help="Exit 7 on this.")
@click.option("--github", is_flag=True, help="In a GitHub job: summary, outputs, annotation.")
@click.option("--comment", is_flag=True, help="With --github: one comment, kept up to date.")
@click.option(
    "--title", default="Speed", show_default=True, help="With --github: what it is called."
)
@common
def compare_command(
    face: Face,
    a: str,
    b: str,
    pairs: int,
    style: str,
    fail_on: str | None,
    *,
    checks: bool,
    github: bool,
    comment: bool,
    title: str,
    **flags: str | bool | None,
) -> None:
    """Compare two refs, folders or patches on this machine, in interleaved pairs.

    \b
    whet compare HEAD~1 HEAD
    whet compare main my-branch --pairs 24 --fail-on regression
    whet compare HEAD fast.patch --bench ./bench.sh --metric ms --lower --build make

    The benchmark and all protected files are A's, for both sides.
    """
    from whet.api.comparing import CompareOptions, compare_versions
    from whet.cli.live import watched
    from whet.cli.tables import compared_table
    from whet.report import document

    overrides = {**face.overrides, **_compare_keys(flags)}
    with watched(face) as watcher:
        options = CompareOptions(
            pairs=pairs,
            checks=checks,
            overrides=overrides,
            moved=lambda progress: watcher.moved("compare", progress),
        )
        done = compare_versions(face.start, a, b, options)
    if face.as_json:
        face.document(
            document.comparison(done.a, done.b, done.rows, done.outcome, doubts=done.doubts)
        )
    else:
        face.say(*compared_table(done, style))
    for doubt in done.doubts:
        face.note(f"doubtful: {doubt}")
    if github and _tell_job(face, done, title, comment=comment):
        return
    if fail_on == "regression" and any(row.answer == "slower" for row in done.rows):
        worse = next(row for row in done.rows if row.answer == "slower")
        raise GateClosed(f"regression: {worse.text}", hint=f"whet compare {a} {b} --pairs 40")
    if fail_on == "no-gain" and done.doubts:
        raise GateClosed(f"no gain to believe: {done.doubts[0]}", hint="whet doctor")
    if fail_on == "no-gain" and done.goal.answer != "faster":
        raise GateClosed(f"no gain: {done.goal.text}", hint=f"whet compare {a} {b} --pairs 40")


def _tell_job(face: Face, done: "Compared", title: str, *, comment: bool) -> bool:
    """Tell the job around this command; True when the runner is too noisy for any answer."""
    import os

    from whet.api.github_job import tell
    from whet.report.job import job

    found = job(title, done.a, done.b, done.config, done.rows, done.outcome)
    lines = tell(found, os.environ, comment=comment)
    if face.as_json:
        for line in lines:
            face.note(line)
    else:
        face.say(*lines)
    return found.conclusion == "too_noisy"


def _compare_keys(flags: dict[str, str | bool | None]) -> dict[str, str]:
    keys = {
        "bench": "bench.command",
        "metric": "goal.metric",
        "build": "build.command",
        "adapter": "bench.format",
    }
    found = {key: str(flags[flag]) for flag, key in keys.items() if flags.get(flag)}
    if flags.get("lower") is not None:
        found["goal.direction"] = "lower" if flags["lower"] else "higher"
    return found
