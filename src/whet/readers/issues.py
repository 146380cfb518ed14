"""Issues, pull requests and reviews of the target on GitHub: what was wished, tried and refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.git.call import GitError, git
from whet.model.idea import Evidence, Idea
from whet.model.research import Document, Effort, Errand, Findings
from whet.plan.techniques import about_speed
from whet.ports import Inquiry
from whet.readers import github
from whet.readers.answers import Unread
from whet.readers.asking import fit, hidden, hot_functions, interests
from whet.readers.door import Door, since
from whet.readers.github import Remark, Thread
from whet.readers.quoting import files_in, functions_in, quoted
from whet.readers.tools import Tools

_GOOD_ENOUGH = 0.16
_DISCUSSED = 5
"""Threads of one errand whose comments are read too: two requests each."""
_LONGEST = 40_000


def reader(tools: Tools) -> "Issues":
    """The reader of issues."""
    return Issues(door=tools.door, origin=_origin(tools))


@dataclass(frozen=True, slots=True, kw_only=True)
class Issues:
    """`origin` is OWNER/NAME of the remote, if it is one of GitHub's."""

    door: Door
    origin: str = ""
    name: str = "issues"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """Pull requests, issues, and what names the hottest functions."""
        repository = inquiry.config.research.repository or self.origin
        if not repository:
            return (
                Errand(
                    what="issues and pull requests on GitHub",
                    problem="the repository has no remote on GitHub",
                    hint="whet config set research.repository OWNER/NAME",
                ),
            )
        queries = ["is:pr performance", "is:pr faster", "is:issue performance"]
        queries += [f"{name} in:title,body" for name in hot_functions(inquiry)[:2]]
        if inquiry.as_of:
            queries = [f"{query} created:<={inquiry.as_of}" for query in queries]
        requests = 1 + 2 * _DISCUSSED
        effort = Effort(requests=requests, seconds=requests * 0.6, megabytes=0.3)
        return tuple(
            Errand(what=f"{repository}: {query}", subject=f"{repository} {query}", effort=effort)
            for query in queries
        )

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """The threads that a query finds, and what was said in the best of them."""
        repository, _, query = errand.subject.partition(" ")
        before = self.door.spent
        try:
            found = github.find(self.door, repository, query)
        except Unread as problem:
            return Findings(problems=(str(problem),), effort=since(before, self.door.spent))
        words = interests(inquiry)
        threads = [
            _as_of(thread, inquiry.as_of)
            for thread in found
            if not hidden(inquiry, thread.created, thread.key, thread.url)
        ]
        threads.sort(key=lambda one: (-fit(one.text, words)[0], one.number))
        good = [one for one in threads if fit(one.text, words)[0] >= _GOOD_ENOUGH]
        findings = Findings(
            evidence=tuple(_evidence(one, inquiry, words) for one in good),
            ideas=tuple(_idea(one, inquiry, words) for one in good if _untried(one)),
            documents=tuple(_document(one) for one in threads),
        )
        discussed, problems = self._discussed(good, inquiry, words)
        return replace(
            findings,
            evidence=(*findings.evidence, *discussed),
            problems=tuple(problems),
            effort=since(before, self.door.spent),
        )

    def _discussed(
        self, threads: Sequence[Thread], inquiry: Inquiry, words: Sequence[str]
    ) -> tuple[list[Evidence], list[str]]:
        """What maintainers answered, and where it could not be read."""
        found: list[Evidence] = []
        for thread in [one for one in threads if one.pull][:_DISCUSSED]:
            try:
                said = tuple(github.remarks(self.door, thread))
            except Unread as problem:
                return found, [str(problem)]
            for remark in said:
                if remark.weight and remark.text.strip() and about_speed(remark.text):
                    found += _reviewed(thread, remark, inquiry, words)
        return found, []


def _as_of(thread: Thread, as_of: str) -> Thread:
    """A thread as it was on that day: what was merged later was open then."""
    if not as_of:
        return thread
    if thread.merged[:10] > as_of or (not thread.merged and thread.closed[:10] > as_of):
        return replace(thread, state="open", merged="", closed="")
    return thread


def _untried(thread: Thread) -> bool:
    """Whether a thread is an attempt or a wish that nobody has merged."""
    return thread.state != "merged" and about_speed(thread.text) >= (1 if thread.pull else 2)


def _evidence(thread: Thread, inquiry: Inquiry, words: Sequence[str]) -> Evidence:
    score, why = fit(thread.text, words)
    bare = Evidence(
        key=thread.key, reader="issues", kind="pull-request" if thread.pull else "issue",
        locator=thread.url, quote="", title=thread.title, published=thread.created[:10],
        status=thread.state, score=min(1.0, score), why=why,
    )  # fmt: skip
    return quoted(bare, thread.text[:_LONGEST], inquiry.shelf, tuple(words))


def _idea(thread: Thread, inquiry: Inquiry, words: Sequence[str]) -> Idea:
    seen = _evidence(thread, inquiry, words)
    kind = "pull request" if thread.pull else "issue"
    return Idea(
        id="",
        title=thread.title,
        mechanism=f"An unmerged {kind} of {thread.repository} does or asks for this.",
        evidence=(thread.key,),
        source="issues",
        technique=seen.techniques[0] if seen.techniques else "",
        functions=seen.functions,
        files=seen.files,
        claims=seen.claims,
        risk="it was closed without being merged" if thread.state == "closed" else "",
    )


def _reviewed(
    thread: Thread, remark: Remark, inquiry: Inquiry, words: Sequence[str]
) -> list[Evidence]:
    if hidden(inquiry, remark.at, remark.url):
        return []
    number = remark.url.rpartition("#")[2] or remark.at
    bare = Evidence(
        key=f"{thread.key}/{number}", reader="issues", kind="review", locator=remark.url, quote="",
        title=f"answer to {thread.title}", published=remark.at[:10],
        status=remark.verdict.lower(), score=min(1.0, fit(remark.text, tuple(words))[0]),
        why=("a maintainer said it",) if remark.weight > 1 else ("a contributor said it",),
    )  # fmt: skip
    return [quoted(bare, remark.text[:_LONGEST], inquiry.shelf, tuple(words))]


def _document(thread: Thread) -> Document:
    return Document(
        key=thread.key, reader="issues", kind="pull-request" if thread.pull else "issue",
        title=thread.title, locator=thread.url, text=thread.body[:_LONGEST],
        published=thread.created[:10],
        names=(*functions_in(thread.text), *files_in(thread.text)),
    )  # fmt: skip


def _origin(tools: Tools) -> str:
    try:
        url = git("config", "--get", "remote.origin.url", git_dir=tools.repo.common)
    except GitError:
        return ""
    text = url.decode(errors="replace").strip()
    return github.owned(text) if "github" in text else ""
