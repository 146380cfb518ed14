"""The command tree. A command's module is imported when it is called, so help stays fast."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click

from whet.cli.usage import known_or_near


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives and the one line that help shows for it."""

    module: str
    line: str


GROUPS: Mapping[str, Mapping[str, Entry]] = {
    "Start": {
        "demo": Entry("start", "a whole campaign on a bundled C program: no key, no network"),
        "init": Entry("start", "look at this repository and write whet.toml"),
        "start": Entry("whole", "clone a project, set it up and begin: one line"),
        "presets": Entry("start", "projects that are known: one command and they are set up"),
        "agents": Entry("agents", "the coding agents that are installed here"),
        "doctor": Entry("start", "does the benchmark tell the truth? controls, noise, checks"),
    },
    "Read": {
        "research": Entry("research", "read before changing: papers, forks, issues, profile"),
        "profile": Entry("profile", "where the benchmark spends its time, and what bounds it"),
        "search": Entry("search", "what was read, searched on this machine"),
    },
    "Judge": {
        "compare": Entry("judge", "two versions side by side, interleaved on this machine"),
        "try": Entry("judge", "judge patches or branches that exist already"),
        "run": Entry("judge", "start the campaign or go on with it"),
        "harvest": Entry("harvest", "try what forks have: their commits, no model"),
        "ideas": Entry("ideas", "the queue of ideas: list, show, add, move, drop, open"),
        "note": Entry("note", "a word to the agents, also while they work"),
        "pause": Entry("steer", "let a run start nothing more"),
        "resume": Entry("steer", "let a paused run go on"),
        "stop": Entry("steer", "end a run after its wave, or now"),
        "prove": Entry("prove", "show the judge's error rate beside everyone else's"),
    },
    "From inside": {
        "next": Entry("inside", "for an agent: what to do now, in a few KB"),
        "claim": Entry("inside", "take an idea; prints the folder to change"),
        "submit": Entry("inside", "have the change judged; prints the experiment"),
        "wait": Entry("inside", "wait for the verdict of an experiment"),
        "cancel": Entry("inside", "end an experiment without a verdict"),
        "mcp": Entry("mcp", "the same for agents that speak MCP; install it there"),
        "skill": Entry("skill", "what teaches an agent to work with whet"),
        "measure": Entry("inside", "judge what is submitted, in this shell"),
    },
    "Look": {
        "status": Entry("look", "where the campaign stands, in ten lines"),
        "list": Entry("look", "every experiment with its verdict"),
        "why": Entry("look", "why an experiment was kept or not, gate by gate"),
        "diff": Entry("look", "the patch of an experiment, or of the stack"),
        "log": Entry("look", "what happened, in order"),
        "watch": Entry("watch", "a campaign on the whole terminal (extra `tui`)"),
        "web": Entry("web", "the page of a campaign, live in the browser"),
    },
    "Decide": {
        "retry": Entry("decide", "judge an experiment again on fresh pairs"),
        "replay": Entry("decide", "repeat an experiment's measurement; records nothing"),
        "keep": Entry("decide", "keep a change that waits for a person"),
        "drop": Entry("decide", "take a change out of the stack"),
    },
    "Hand over": {
        "report": Entry("hand", "write the page, report.md, report.json and charts"),
        "verify": Entry("hand", "records, patches and the headline, checked again"),
        "branches": Entry("branches", "one clean branch for each kept change, on today's project"),
        "pr": Entry("requests", "the facts for a pull request, or a draft of it"),
        "export": Entry("exchange", "samples and results for other tools"),
        "import": Entry("exchange", "notes of what another loop has tried"),
    },
    "Keep house": {
        "workers": Entry("workers", "the machines that measure: list, add, test, stop"),
        "config": Entry("house", "show, get, set, check whet.toml"),
        "clean": Entry("house", "remove build trees and caches"),
        "completion": Entry("house", "completion for bash, zsh and fish"),
        "version": Entry("house", "versions of whet and what it runs on"),
    },
}

ALIASES = {"show": "why"}
ENTRIES = {name: entry for group in GROUPS.values() for name, entry in group.items()}


class Tree(click.Group):
    """The root command: knows its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of help."""
        del ctx
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        name = ALIASES.get(cmd_name, cmd_name)
        entry = ENTRIES.get(name)
        if entry is None:
            return None
        module = importlib.import_module(f"whet.cli.{entry.module}")
        command = getattr(module, f"{name}_command")
        assert isinstance(command, click.Command)
        command.short_help = entry.line
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command a line names, or suggest one."""
        known_or_near(ctx, args[0], [*ENTRIES, *ALIASES])
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One screen: the four first steps, then every command by what it is for."""
        del ctx
        formatter.write(_HELP)
        width = max(len(name) for name in GROUPS)
        for name, group in GROUPS.items():
            formatter.write(f"  {name:<{width}}  {'  '.join(group)}\n")
        formatter.write(_FOOT)


_HELP = """\
whet makes a project that has a benchmark and tests faster, and proves it.

  whet demo              try it: a bundled C program, no key, no network
  whet init              in your repository: writes whet.toml
  whet doctor            is the benchmark telling the truth?
  whet try my.patch      judge a change you have
  whet run               the campaign, with your agent
  whet report            what was kept, by how much, how sure

"""

_FOOT = """
whet COMMAND --help shows an example first. Options for every command:
  -C DIR  --campaign NAME  --json  --set KEY=VALUE  --color auto|always|never
Exit codes: 0 done, 2 usage, 3 not ready, 4 machine or sign-in, 5 limit reached,
            6 integrity, 7 a gate said no, 8 nothing kept, 130 Ctrl-C
"""


@click.group(
    cls=Tree,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 92},
)
@click.option("-C", "directory", default=None, metavar="DIR", help="Work in this folder.")
@click.option("--version", "show_version", is_flag=True, help="Print the version.")
@click.pass_context
def app(ctx: click.Context, directory: str | None, *, show_version: bool) -> None:
    """Make a project that has a benchmark and tests faster, and prove it."""
    ctx.ensure_object(dict)["directory"] = directory
    if show_version:
        from whet.version import version

        click.echo(f"whet {version()}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        from whet.cli.look import where_you_stand

        where_you_stand(directory or ".")
