"""A run that is over to what is said about it."""

from whet.agents import sign
from whet.agents.running import Run
from whet.model.agent import Outcome, Problem
from whet.ports import AgentReport


def report(run: Run) -> AgentReport:
    """What an agent did. Its exit code decides only where it shows nothing else."""
    outcome, problem, detail = _ending(run)
    setting = run.setting
    served = setting.service is not None
    counted = run.meter.total.calls > 0
    return AgentReport(
        outcome=outcome,
        seconds=run.seconds,
        transcript=_transcript(run),
        detail=detail,
        code=run.code,
        problem=problem,
        usage=run.meter.total,
        metered="relay" if served else "agent" if counted else "",
        jail=setting.jail,
        network="relay" if served else "host",
        agent=setting.entry.name,
        version=setting.version,
        model=setting.model,
        answer=run.answer,
        raw=bytes(run.raw),
    )


def _ending(run: Run) -> tuple[Outcome, Problem, str]:
    title = run.setting.entry.title or run.setting.entry.name
    if run.stopped == "timeout":
        return "timeout", "", f"{title} took longer than {run.caps.seconds:g} s"
    if run.stopped == "budget":
        return "budget", "", f"{title} was stopped: its budget of {run.over} is used up"
    problem, text = run.problem
    if problem == "auth":
        key = f" in ${run.setting.key}" if run.setting.key else ""
        who = "the model service refuses the key" + key if key else "its sign-in is refused"
        return "failed", problem, f"{title}: {who}: {_line(text)}"
    if problem and run.over:  # the relay's refusal reaches an agent as a bill that was not paid
        return "budget", "", f"{title} stopped: its budget of {run.over} is used up"
    if problem == "limit":
        return "budget", problem, f"{title} met a limit of its own: {_line(text)}"
    if problem:
        return "failed", problem, f"{title}: {_line(text)}"
    if run.over and not _answered(run):
        return "budget", "", f"{title} stopped: its budget of {run.over} is used up"
    if run.code and (run.setting.entry.parser == "text" or not _worked(run)):
        return "failed", "", f"{title} ended with exit {run.code}{_last(run)}"
    return "finished", "", ""


def _answered(run: Run) -> bool:
    kinds = [timed.sign.kind for timed in run.signs]
    last = next((kind for kind in reversed(kinds) if kind in ("say", "tool", "tool_end")), "")
    return last == "say"


def _worked(run: Run) -> bool:
    return any(timed.sign.kind in ("say", "tool", "tool_end") for timed in run.signs)


def _transcript(run: Run) -> str:
    entry = run.setting.entry
    if entry.parser == "text" and not entry.trajectory and not run.setting.direct:
        return run.raw.decode(errors="replace")
    told = sign.transcript(run.signs)
    said = run.said.decode(errors="replace").strip()
    return f"{told}\nOn standard error:\n{said[-20_000:]}\n" if said else told


def _last(run: Run) -> str:
    text = (run.raw + b"\n" + run.said) if run.setting.entry.parser != "text" else run.raw
    lines = [line.strip() for line in text.decode(errors="replace").splitlines() if line.strip()]
    return f": {lines[-1][:120]}" if lines else ""


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
