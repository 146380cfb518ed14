"""Everything `whet.toml` can say, as values; `whet.config` reads the file into these.

Durations are seconds, shares and effects are fractions, cores are a Linux CPU list ("0-3,6").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from whet.model.metric import Goal, Guard
from whet.model.worker import WorkerConfig

Screen = Literal["off", "instructions"]
Display = Literal["auto", "rich", "plain", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What the campaign is called and where it starts."""

    name: str = ""
    """What the campaign is called; by default the goal metric."""
    title: str = ""
    """One line for the report."""
    base: str = "HEAD"
    """The commit to start from."""
    notes: str = ""
    """A file the agent reads, relative to the repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a tree becomes something that can be measured."""

    command: str = ""
    """Makes the program, in the top folder of the tree."""
    setup: str = ""
    """Runs once before `command`, in a fresh tree."""
    timeout: float = 900.0
    """For each of the two commands."""
    cache: tuple[str, ...] = ()
    """Folders outside the tree that a build may write (ccache and the like)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The benchmark: one execution of `command` is one invocation, and one observation."""

    command: str
    """One execution is one invocation, and one observation."""
    format: str = "metric-lines"
    """metric-lines, llama-bench, hyperfine, pytest-benchmark, pyperf, google-benchmark, gobench,
    criterion, jmh, vllm, json:PATH, or time: `wall_s` and `cpu_s` of the command itself."""
    output: str = "stdout"
    """`stdout`, or a file the benchmark writes, relative to the tree."""
    samples: Literal["last", "all"] = "last"
    """METRIC lines of one name: the last one wins, or all are samples of one invocation."""
    timeout: float = 300.0
    """For one invocation; a candidate that takes longer has failed."""
    warmup: int = 1
    """Invocations of each side that are not counted. With 1, candidates go without where the
    calibration found first runs as fast as others."""
    prepare: str = ""
    """Runs before each invocation, not timed."""
    fresh_inputs: str = ""
    """Changes the inputs before an invocation; `$WHET_SEED` is equal on both sides of a pair."""
    new_seeds: bool = False
    """Every pair gets another `$WHET_SEED`, and `fresh_inputs` before it: for a benchmark in which
    chance decides, such as training. Otherwise it is 0 until a candidate is accepted."""
    work: tuple[str, ...] = ()
    """Printed numbers that say how much was done, and must not change; `items`, `tokens`,
    `requests` and the like are known to be."""
    clock: Literal["auto", "off"] = "auto"
    """Compare the reported goal with the clocks seen from outside, where it is a time."""
    env: Mapping[str, str] = field(default_factory=dict)
    """More variables for the benchmark and the checks, the same for both sides. What one names by
    its whole path, file or folder, can be read in the jail, wherever it lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What must stay true of a candidate before it is measured."""

    command: str = ""
    """Exits with 0 when the candidate is correct; `$WHET_BASELINE` is the incumbent's tree."""
    timeout: float = 600.0
    """For one run of the checks."""
    equivalence: str = ""
    """Prints output that must be equal, byte for byte, on both sides for the same `$WHET_SEED`."""
    mutants: int = 8
    """How many planted bugs `doctor` tries the checks on; 0 is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a candidate may change. Patterns are gitignore patterns."""

    allow: tuple[str, ...] = ("**",)
    """What may change."""
    protect: tuple[str, ...] = ()
    """What may not, whatever `allow` says: always `whet.toml` and the scripts that judge."""
    max_files: int = 20
    """Files a candidate may touch."""
    max_lines: int = 2000
    """Lines it may add and remove."""
    new_dependencies: bool = False
    """Whether manifests and lock files may change."""
    binaries: bool = False
    """Whether binary files may change."""
    modes: bool = False
    """Whether a candidate may change file modes (the executable bit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How pairs are taken."""

    pairs_min: int = 0
    """Go on for at least so many pairs, decided or not: the verdict is that of the decision."""
    pairs_max: Literal[12, 20, 40] = 40
    """When a candidate is still undecided after so many pairs, it stays so."""
    aa_pairs: int = 10
    """Pairs of the same code that calibrate a worker."""
    stack_pairs: int = 24
    """Fresh pairs for the stack against the base."""
    confidence: float = 0.95
    """Of the intervals shown."""
    max_noise: float = 0.15
    """Robust spread of A/A pairs above which a machine is not fit, and is taken out."""
    aa_every: float = 3600.0
    """Take A/A pairs again when the last ones are older than this; 0 never does."""
    max_wait: float = 900.0
    """How long a machine that was taken out is waited for, before the run stops."""
    layouts: Literal[1, 6, 8, 12] = 1
    """Builds of each side, each with its functions in other places in memory; pairs take turns
    with them, so that a place is not mistaken for a gain. For native code; 1 is off."""
    screen: Screen = "off"
    """instructions: drop a candidate that executes no fewer of them, before it is measured. It
    never keeps one, and it loses those that are faster without. Needs perf or valgrind."""
    shared_control: int = 8
    """Candidates that wait together are measured in rounds of at most so many, with one invocation
    of the incumbent in each round; 1 measures every candidate in pairs of its own."""
    failures_max: int = 3
    """Crashed pairs that are repeated before the side that fails is blamed."""
    seed: int = 0
    """Of orders and inputs; with it a campaign can be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """The error rates of the judge."""

    alpha: float = 0.005
    """Chance that a candidate without effect is kept."""
    spend: Literal["auto", "fixed", "lond"] = "auto"
    """`auto`: LOND over the campaign when the machine is noisy, else `alpha` for each candidate."""
    fdr: float = 0.10
    """LOND: share of false keeps among the kept over the whole campaign."""
    futility: float = 0.04
    """Chance, at every look, of giving up on a candidate that is worth exactly the minimum; up to
    8 times as much, and 0.4 at most, where noise hides it anyway."""
    suspicious_above: float = 0.5
    """A larger gain waits for a person."""
    best_possible: float | None = None
    """Physical limit of the goal metric; a value beyond it waits for a person."""
    final_confidence: float = 0.95
    """Of the stack's interval."""
    leave_one_out: bool = True
    """At the end, measure the stack without each kept change and retire dead weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """The jail around build, checks and benchmark."""

    sandbox: Literal["auto", "bubblewrap", "none"] = "auto"
    """`auto`: bubblewrap where it works, else nothing and a warning."""
    network: Literal["off", "on"] = "off"
    """For build, checks and benchmark."""
    read_only: tuple[str, ...] = ()
    """More protected paths inside the tree that no command may write; a whole path is one outside
    the tree that may be read, also where the jail hides its folder."""


READERS = (
    "profile", "roofline", "backends", "forks", "history", "issues", "papers", "documents",
    "competitors", "conventions",
)  # fmt: skip
"""Every reader, in the order they are asked: each knows what those before it have found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Research:
    """What is read before anything is changed."""

    sources: tuple[str, ...] = READERS
    """Readers that are asked; those with nothing to read say so."""
    repository: str = ""
    """OWNER/NAME on GitHub whose issues and pull requests are read; by default that of `origin`."""
    forks: tuple[str, ...] = ()
    """Forks to mine: OWNER/NAME, a URL, or the path of a local clone."""
    competitors: tuple[str, ...] = ()
    """Other projects that solve the same problem: OWNER/NAME, a URL, or a local clone."""
    documents: tuple[str, ...] = ()
    """Folders or files with notes, papers and manuals: PDF, Markdown, HTML or text."""
    queries: tuple[str, ...] = ()
    """What papers and issues are searched for; by default made from the goal and the profile."""
    every: Literal["once", "wave"] = "wave"
    """`wave`: profile again and rank again after each wave."""
    before_run: bool = True
    """`whet run` reads before its first wave, where there is an agent and no idea waits yet."""
    require_source: bool = True
    """Ideas of agents and readers must cite evidence; those of a person need not. Without it an
    agent may have ideas from the code alone, also when nothing is read."""
    offline: bool = False
    """Open no socket: local clones and caches must do."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Other addresses of `github`, `arxiv`, `openalex` or `semantic_scholar`; no key is sent there.
    Of a GitHub of your own, say `GITHUB_API_URL` in the environment."""
    max_requests: int = 300
    """Network requests of one `whet research`."""
    max_megabytes: int = 500
    """Transferred by one `whet research`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """How commits of forks are taken over."""

    generated: tuple[str, ...] = ()
    """Files that a program writes, as in a .gitignore: where they conflict they stay as they are.
    Those that say so, in their head or as `linguist-generated`, are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """What one unit of the goal takes, to be put beside what the machine can do.

    A unit is one token of tokens a second, one request of requests a second; where the goal is a
    time, it is what took that time. 0 is for what nobody knows.
    """

    bytes_per_unit: float = 0.0
    """Bytes that must move for it: the weights for a token, the file for a pass over it."""
    flops_per_unit: float = 0.0
    """Additions and multiplications that it takes."""
    working_set: float = 0.0
    """Bytes that are gone over again and again; by default those that move for one unit."""
    cached_command: str = ""
    """The benchmark on data that a cache holds: code that is no faster there does not wait for
    memory."""
    cached_bytes_per_unit: float = 0.0
    """Bytes that move for one unit of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """When a campaign stops."""

    ideas_per_wave: int = 8
    """Experiments opened together; the stack is measured after each wave."""
    max_waves: int = 20
    """Waves in all."""
    max_experiments: int = 200
    """Experiments in all, and what LOND spends its error over."""
    hours: float = 8.0
    """Of work in one run of the campaign."""
    budget: float = 0.0
    """USD that agents and rented machines may take together; 0 is no limit. At it no further agent
    is started, and every machine is given back."""
    tokens: int = 0
    """Tokens that they may take; 0 is no limit."""
    wave_budget: float = 0.0
    """USD that the agents of one wave may take; 0 is no limit."""
    wave_tokens: int = 0
    """Tokens that they may take; 0 is no limit."""
    stop_after_dry_waves: int = 2
    """Waves in a row without a kept change; 0 never stops for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who writes the changes."""

    kind: Literal["none", "command", "acp", "builtin"] = "none"
    """`none`: candidates come from `whet try` only. `builtin` needs `endpoint` and `model`."""
    name: str = ""
    """An agent of the table that `whet agents` shows; for `command` and `acp`."""
    command: str = ""
    """For `command` without `name`: runs in a private copy of the incumbent; the brief is in the
    file `$WHET_BRIEF`."""
    model: str = ""
    """What the agent is asked to use; empty for its own choice."""
    endpoint: str = ""
    """URL of a model service with its version, such as `http://localhost:11434/v1`. The agent then
    reaches it through whet's relay and nothing else; empty: it signs in by itself."""
    key: str = ""
    """Name of the variable that holds the service's key, which the agent never sees."""
    wire: Literal["chat", "messages"] = "chat"
    """What `builtin` speaks: Chat Completions or Messages."""
    price_read: float | None = None
    """USD for a million tokens that the model reads; without prices money is unknown, never 0."""
    price_written: float | None = None
    """USD for a million tokens that it writes."""
    price_cached: float | None = None
    """USD for a million tokens it reads from its cache; by default as those it reads."""
    timeout: float = 1200.0
    """For one run of the agent."""
    calls: int = 100
    """Calls of the model in one run; 0 is no limit."""
    tokens: int = 0
    """Tokens of all runs for one idea; 0 is no limit."""
    budget: float = 0.0
    """USD of all runs for one idea; 0 is no limit."""
    attempts: int = 2
    """How often an agent may mend a change that did not build, pass or apply; 0 never asks."""
    review: bool = False
    """Let the agent look at each change that would be kept; it can only ask for a person."""
    sandbox: Literal["auto", "bubblewrap", "landlock", "none"] = "auto"
    """`auto`: bubblewrap where it works, else Landlock, else nothing, and every screen says so."""
    homes: tuple[str, ...] = ()
    """For a `command` of yours: what it needs of your home, such as `.my-agent`, and may write."""
    parallel: int = 1
    """Ideas worked on at the same time."""
    beside: Literal["auto", "never"] = "auto"
    """`auto`: agents work while it is measured where they cannot disturb it: on other machines, or
    here on cores that no worker's `cpus` names. `never`: nothing is measured while one works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where the report goes."""

    path: str = "whet-report"
    """A folder, relative to the repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """How kept changes are handed over."""

    remote: str = "origin"
    """The remote of the project that changes go to."""
    base: str = "auto"
    """The branch they go to; `auto`: the remote's default branch, else the campaign's base."""
    branch: str = "whet/{campaign}/{n}-{slug}"
    """What a branch is called; it begins with `whet/`."""
    table: Literal["auto", "llama-bench", "benchstat", "plain"] = "auto"
    """Of the numbers; `auto` follows the benchmark's format."""
    policy: Literal["auto", "facts-only", "allow"] = "auto"
    """`auto`: what the project's own files say about AI."""
    max_open: int = 3
    """With so many pull requests of yours open there, no other is opened."""
    disclose: bool = True
    """Say who wrote the change, where the project does not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who is told while nobody looks. It is not recorded: an address may be a secret."""

    command: str = ""
    """Gets one JSON document on its standard input. It runs outside the jail, so it is taken from
    the user's own `config.toml`, `$WHET_NOTIFY_COMMAND` or the command line only."""
    on: tuple[Literal["finished", "attention", "kept"], ...] = ("finished", "attention", "kept")
    """What is told: the end of a run, what waits for a person, a change that was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compat:
    """Living beside other loops."""

    mirror_log: bool = False
    """Write every verdict to pi-autoresearch's log as well, so that its dashboard goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file."""

    goal: Goal
    bench: Bench
    campaign: Campaign = Campaign()
    guard: tuple[Guard, ...] = ()
    build: Build = Build()
    checks: Checks = Checks()
    scope: Scope = Scope()
    measure: Measure = Measure()
    judge: Judge = Judge()
    integrity: Integrity = Integrity()
    research: Research = Research()
    harvest: Harvest = Harvest()
    roofline: Roofline = Roofline()
    run: Run = Run()
    agent: Agent = Agent()
    workers: tuple[WorkerConfig, ...] = (WorkerConfig(),)
    report: Report = Report()
    pr: PullRequest = PullRequest()
    compat: Compat = Compat()
    notify: Notify = Notify()
