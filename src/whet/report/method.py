"""How the numbers came about, what they do not say, and how to take them again."""

import shlex
from collections.abc import Iterator

from whet.judge.boundaries import LOOKS, interval_t
from whet.judge.ratios import effect
from whet.model.config import Config
from whet.model.event import WorkerCalibrated
from whet.model.trial import Fingerprint
from whet.plan.state import Quarantine, State
from whet.report import agents, story
from whet.report.figures import change, duration, moment, plural, settled, share
from whet.report.prose import Sentence, code, foreign, listed, sentence, strong


def controls(state: State) -> tuple[Sentence, ...]:
    """What pairs of the same code said, on every worker, and when they said no."""
    return (
        *(
            told
            for worker, found in state.calibrations.items()
            for told in _control(story.config_of(state), worker, found)
        ),
        *(_taken_out(stretch) for stretch in state.quarantines),
    )


def _taken_out(stretch: Quarantine) -> Sentence:
    again = ", ".join(stretch.experiments)
    back = "it was not back at the end"
    if stretch.restored is not None:
        back = f"it was back after {duration(stretch.restored - stretch.at)}"
    return sentence(
        foreign(stretch.worker),
        f" was taken out at {moment(stretch.at)}: ",
        foreign(stretch.reason),
        f"; {back}" + (f"; measured again: {again}." if again else "."),
    )


def _control(config: Config, worker: str, found: WorkerCalibrated) -> Iterator[Sentence]:
    pairs, goal = found.outcome.pairs, config.goal
    try:
        t = interval_t(len(pairs), config.measure.confidence)
        seen = effect(pairs, goal.metric, goal.direction, t=t, confidence=config.measure.confidence)
    except ValueError:
        return
    told = f"{change(seen)}, {plural(seen.pairs, 'pair')}; single pairs spread by "
    yield sentence(
        "Same code against itself on ",
        foreign(worker),
        f": {told}{share(round(found.noise.sd_pair, 4))} (standard deviation).",
    )
    if settled(seen):
        yield sentence(
            strong("This control shows a difference where there is none: trust no number here.")
        )


def machines(state: State) -> tuple[Sentence, ...]:
    """What must be equal for the numbers to be compared, and what was run."""
    config = story.config_of(state)
    facts = [("Build", config.build.command), ("Benchmark", config.bench.command)]
    facts += [("Checks", config.checks.command), ("Equivalence", config.checks.equivalence)]
    told = listed((sentence(f"{k} ", code(v)) for k, v in facts if v), "; ")
    seed = sentence(f"; seed {config.measure.seed}")
    worked = agents.together(state)
    loose = agents.unsandboxed(state)
    held = (strong(f"; unsandboxed: {loose}."),) if loose else (".",)
    wrote = (sentence(f"Agents: {worked}", *held),) if worked and not state.scripted else ()
    found = {w: c.fingerprint for w, c in state.calibrations.items()}
    return (*(_machine(worker, print_) for worker, print_ in found.items()), told + seed, *wrote)


def _machine(worker: str, seen: Fingerprint) -> Sentence:
    parts = (
        seen.cpu, plural(seen.cores, "core"), seen.machine, f"kernel {seen.kernel}",
        seen.compiler, f"Python {seen.python}", f"jail {seen.sandbox}",
    )  # fmt: skip
    return sentence(foreign(worker), ": ", *listed(((foreign(part),) for part in parts), ", "))


def with_whet(state: State) -> str:
    """Commands for whoever has whet and the repository."""
    stack, pairs = _stack(state), story.config_of(state).measure.stack_pairs
    if not state.stack:
        return "whet list\nwhet replay E01   # one experiment again, beside its record"
    return (
        "whet verify   # the records, the patches, and the number on this machine\n"
        f"whet compare {state.base[: story.SHORT_COMMIT]} {stack} --pairs {pairs}\n"
        "whet verify --from report.json   # in any clone that has the base, on any machine"
    )


def without_whet(state: State) -> str:
    """Commands for whoever has only git and the target's own tools."""
    config = story.config_of(state)
    sides = ["../base", "../stack"] if state.stack else ["../base"]
    lines = [f"git worktree add ../base {state.base}"]
    if state.stack:
        lines.append(f"git worktree add ../stack {_stack(state)}")
    for command in (config.build.setup, config.build.command):
        lines += [f"(cd {side} && {command})" for side in sides if command]
    if state.stack:
        lines.append(f"# {config.measure.stack_pairs} times each, in random order:")
    env = "".join(f"{key}={shlex.quote(given)} " for key, given in config.bench.env.items())
    lines += [f"(cd {side} && {env}{config.bench.command})" for side in sides]
    return "\n".join(lines)


def method(state: State) -> tuple[Sentence, ...]:
    """What was done, and what it does not say."""
    config = story.config_of(state)
    return (*_test(state, config), *_care(config), _LIMIT, _layouts(state, config))


def _layouts(state: State, config: Config) -> Sentence:
    """Whether a place in memory can have been taken for a gain."""
    wanted = config.measure.layouts
    measured = [e.outcome for e in state.experiments.values() if e.outcome and e.outcome.pairs]
    if wanted == 1 or not measured:
        return sentence(_NATIVE)
    if any(outcome.layouts == 1 for outcome in measured):
        return sentence(
            f"{_NATIVE} {wanted} layouts were asked for, and the build makes the same program in "
            "every one of them."
        )
    return sentence(
        "In native programs the place of functions in memory alone can change the speed by 1 to "
        f"3%. So both sides were built {wanted} times, with bytes that never run in front of every "
        "function, and pairs took turns with the builds: a gain had to hold over the means of the "
        "builds as well, and intervals are theirs."
    )


def _test(state: State, config: Config) -> Iterator[Sentence]:
    looks = ", ".join(str(n) for n in LOOKS[config.measure.pairs_max])
    least = share(config.goal.min_effect)
    yield sentence(
        "One execution of the benchmark is one observation. Both versions run next to each other "
        "on one machine, in random order; what is judged is the log of their ratio."
    )
    yield _rule(config, looks, least)
    blocks = sum(
        1
        for e in state.experiments.values()
        if e.started and e.started.beside and e.outcome and e.outcome.pairs
    )
    if blocks > 1:
        yield sentence(
            f"{plural(blocks, 'candidate')} shared invocations of the incumbent: those that waited "
            "together were measured in rounds, each once and the incumbent once, in random order, "
            "the next round backwards. Each was tested for itself at its own level, and left when "
            "it was decided."
        )
    yield sentence(_level(state, config))
    yield sentence(
        "Intervals of single changes are not corrected for the choice: what was kept was kept "
        "because it measured high, so single gains are too high on average. The pairs of the "
        "stack chose nothing."
    )


def _rule(config: Config, looks: str, least: str) -> Sentence:
    if config.goal.exact:
        return sentence(
            f"{config.goal.metric} is declared to have no noise: a candidate is accepted when two "
            f"repeats agree and both gain {least} or more. That no program gave two numbers was "
            "asked of every repeat."
        )
    return sentence(
        f"A candidate is accepted by a one-sided test that looks after {looks} pairs and spends "
        "its error level over all looks. It is given up from the third pair on, or the second "
        f"among others, when it is unlikely to be worth {least}. From 8 pairs on the centre is a "
        "trimmed mean."
    )


def _level(state: State, config: Config) -> str:
    spent, judge = story.spent(state), config.judge
    if config.goal.exact:
        return "There is no error level, because there is no test."
    if spent.candidates and not _spends_evenly(spent, judge.alpha):
        return (
            f"The error level of a candidate lay between {spent.least:.2g} and {spent.most:.2g}: "
            f"LOND, which keeps the expected share of false keeps below {share(judge.fdr)}."
        )
    return f"The error level of every candidate is {judge.alpha:g}."


def _spends_evenly(spent: story.Spent, alpha: float) -> bool:
    return spent.least == spent.most == alpha


def _care(config: Config) -> Iterator[Sentence]:
    paths = (path.removeprefix("/") for path in config.scope.protect)
    protected = listed(((code(path),) for path in dict.fromkeys(paths)), ", ")
    if protected:
        yield sentence("For both sides, these files came from the base: ", *protected, ".")
    if not (config.checks.command or config.checks.equivalence):
        yield sentence(
            strong("No checks were configured: nothing says that the program is still right.")
        )
    else:
        yield sentence(
            "That the program is still right is said by its checks, and by nothing else."
        )


def _stack(state: State) -> str:
    return shlex.quote(f"refs/whet/{state.name}/stack")


_LIMIT = sentence(
    "Faster means faster here: this machine, this benchmark, these inputs, this compiler."
)
_NATIVE = (
    "In native programs the place of functions in memory alone can change the speed by 1 to "
    "3%: such a difference is real, and need not come from the change."
)
