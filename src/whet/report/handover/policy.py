"""What a project says about contributions that an AI has written. Pure: text in, `Policy` out.

`policy_files` says which files of a tree to read, `read_policy` reads them. Sentences are sorted by
what they ask for, and the strictest one holds:

banned    nothing an AI has written is taken
facts     an AI may have helped, and must not speak: no description, message or whole change by it
disclose  AI must be named
welcome   AI is spoken of, and nothing is asked
silent    nothing is said

A reader of rules by words can be wrong, so the sentence is always quoted with its place.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

PolicyKind = Literal["banned", "facts", "disclose", "welcome", "silent"]

_STRICTNESS: tuple[PolicyKind, ...] = ("banned", "facts", "disclose", "welcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds, and the sentence that says so: `quote` is at `line` of `path`.

    `also` has the other sentences that ask for something, as `path:line: sentence`.
    """

    kind: PolicyKind
    quote: str = ""
    path: str = ""
    line: int = 0
    also: tuple[str, ...] = ()
    signs_alone: bool = False
    """No trailer of a commit may name an AI."""


_FILES = re.compile(
    r"(?ix) (?:^|/) (?: contributing[^/]* | agents\.md | claude\.md | copilot-instructions\.md"
    r" | pull_request_template[^/]* | [^/]*(?<![a-z])(?:ai|llm|genai)(?![a-z])[^/]*"
    r" | [^/]*(?:hacking|developer[-_]?policy|code[-_]review|submitting[-_]?patches)[^/]* )$"
)
_FOLDERS = re.compile(r"(?i)^(?:\.github|\.gitlab|docs?|documentation|contributing|policy)(?:/|$)")
_TEXT = re.compile(r"(?i)(?:\.(?:md|markdown|rst|txt|adoc|mdx)|/[^./]+|^[^./]+)$")
_MOST_FILES = 24


def policy_files(paths: Iterable[str]) -> tuple[str, ...]:
    """The files of a tree that may speak about contributions, the likeliest first."""
    found = [path for path in paths if _FILES.search(path) and _TEXT.search(path)]
    near = [path for path in found if "/" not in path or _FOLDERS.match(path)]
    return tuple(sorted(near, key=lambda path: (path.count("/"), path.lower()))[:_MOST_FILES])


def read_policy(files: Mapping[str, str]) -> Policy:
    """The policy that the texts of some files, by path, amount to."""
    found = [
        (kind, path, line, sentence)
        for path, text in files.items()
        for line, sentence in _sentences(text)
        if (kind := _kind(sentence)) is not None
    ]
    if not found:
        return _unclear(files)
    strictest = min(found, key=lambda one: _STRICTNESS.index(one[0]))
    kind, path, line, quote = strictest
    also = tuple(f"{p}:{n}: {text}" for k, p, n, text in found
                 if (k, p, n, text) != strictest and k != "welcome")  # fmt: skip
    alone = any(_CO_AUTHOR.search(text) and _NEGATIVE.search(text) for _, _, _, text in found)
    return Policy(kind=kind, quote=quote, path=path, line=line, also=also, signs_alone=alone)


_FOR_PEOPLE = re.compile(r"(?i)(?:contributing|policy|template)[^/]*$")


def _unclear(files: Mapping[str, str]) -> Policy:
    """Where rules for people speak of AI in words that say nothing to us, AI is named to be safe.

    Files for agents speak of AI for other reasons.
    """
    for path, text in files.items():
        for line, sentence in _sentences(text) if _FOR_PEOPLE.search(path) else ():
            about = _AI.search(sentence) and _CONTRIBUTION.search(sentence)
            if about and not _NOT_NEEDED.search(sentence):
                return Policy(kind="disclose", quote=sentence, path=path, line=line)
    return Policy(kind="silent")


_CO_AUTHOR = re.compile(r"(?i)\bco-?author")


_COMMENT = re.compile(r"<!--|-->")
_MARKUP = re.compile(r"^[\s>]*(?:\[![A-Z]+\]|[-*+]\s+|\d+[.)]\s+|#+\s+)?\s*(?:\[[ xX]\]\s*)?")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_END = re.compile(r"(?<=[.!?])[)\"']*\s+(?=[\"'(]?[A-Z])")
_ITEM = re.compile(r"^[\s>]*(?:[-*+]|\d+[.)])\s|^[\s>]*#|^[\s>]*\|")


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a document with the lines they begin in; a list item is a sentence."""
    block: list[str] = []
    start, fenced = 0, False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.lstrip(" >").startswith(("```", "~~~")):
            fenced = not fenced
        plain = "" if fenced else _plain(line)
        if block and (not plain or _ITEM.match(line)):
            yield from _split(start, block)
            block = []
        if plain:
            start = start if block else number
            block.append(plain)


def _plain(line: str) -> str:
    line = _LINK.sub(r"\1", _COMMENT.sub("", line))
    return _EMPHASIS.sub("", _MARKUP.sub("", line)).strip()


def _split(start: int, block: list[str]) -> Iterator[tuple[int, str]]:
    text, at = " ".join(block), 0
    ends = [0]
    for line in block:
        ends.append(ends[-1] + len(line) + 1)
    for sentence in _END.split(text):
        at = text.index(sentence, at)
        skipped = sum(1 for end in ends[1:] if end <= at)
        yield start + skipped, sentence.strip()
        at += len(sentence)


_AI = re.compile(
    r"(?ix) (?<![\w/.-]) (?: AI (?!\w|[./]\w) | A\.I\. | gen(?:erative)?[- ]?AI"
    r" | artificial\ intelligence | LLMs? (?!\w|\.\w) | (?:large[- ])?language[- ]models?"
    r" | chat-?gpt | copilot | claude | codex"
    r" | (?:coding|autonomous)\ agents? | (?:machine|agent|bot|model)[- ](?:generated|written)"
    r" | AI-\w+ | LLM-\w+ | vibe[- ]?cod\w+ )"
)
_CONTRIBUTION = re.compile(
    r"(?i)\b(?:contribut\w*|pull[- ]requests?|PRs?|patch(?:es)?|commits?|changes?|code|content"
    r"|submissions?|submit\w*|issues?|merge[- ]requests?|MRs?|work|text|prose|descriptions?"
    r"|comments?|messages?|usage|use|used|using|tools?|assist\w*|author\w*|generat\w*)\b"
)
_NEGATIVE = re.compile(
    r"(?i)\b(?:(?:do|does|will|can|must|may|should|shall|is|are)(?:\s+|\s*)(?:not|n.t)\b"
    r"|cannot|never|refrain|no\s+longer|reject\w*|refus\w*|forbid\w*|forbidden|prohibit\w*"
    r"|ban(?:s|ned)?|den(?:y|ied)|declin\w+|disallow\w*|unwelcome|not\s+(?:be\s+)?(?:accept\w*"
    r"|allow\w*|permit\w*|welcome|use|submit)|will\s+be\s+closed|closed\s+without"
    r"|(?:absolutely\s+)?no\s+(?:AI|LLM|generative|machine|vibe))"
)
_WHOLLY = re.compile(
    r"(?i)\b(?:fully|predominantly|entirely|mostly|mainly|solely|purely|wholly|largely|primarily"
    r"|completely|unsupervised|unreviewed|raw|majority|autonomous\w*|low[- ]quality|low[- ]effort"
    r"|slop|bulk|mass|do(?:es)?\s+not\s+understand|don.t\s+understand|have\s+not\s+read)\b"
)
_PROSE = re.compile(
    r"(?i)\b(?:descriptions?|prose|comments?|(?:commit|mail|chat)\s+messages?|PR\s+bod(?:y|ies)"
    r"|repl(?:y|ies)|communicat\w*|discussions?|issues?|(?:bug|security)\s+reports?|text|speak"
    r"|review\s+(?:comments?|responses?)|emails?)\b"
)
_OWN_WORDS = re.compile(
    r"(?i)\b(?:in\s+your\s+own\s+words|written\s+by\s+(?:a\s+human|you|hand))\b"
)
_CONDITION = re.compile(
    r"(?i)\b(?:without|unless|except|if\s+you\s+(?:do|can)\s*not|until|undisclosed|only\s+when)\b"
)
_DISCLOSE = re.compile(
    r"(?i)\b(?:disclos\w*|declar\w+|indicat\w+|acknowledg\w+|label(?:led|ed|s)?|mark(?:ed)?\b"
    r"|must\s+(?:state|say|mention|note|name|tell)|please\s+(?:state|say|mention|note|name|tell)"
    r"|transparen\w*|assisted-by|co-authored-by|generated-by|(?:let\s+us\s+know|tell\s+us|name\s+the)"
    r"|describe\s+how|which\s+tools?|undisclosed|sa(?:y|id)\s+(?:so|it)|mention(?:ed)?|be\s+(?:open|clear)"
    r"|make\s+(?:it\s+)?(?:clear|known)|credit(?:ed)?|attribut\w+|own\s+up)\b"
)
_NOT_NEEDED = re.compile(
    r"(?i)\b(?:need|required?|have)\s+(?:not|to\s+not)|\b(?:no|not)\s+(?:need|requirement|obligation)"
    r"|\b(?:does|do)\s*n.t\s+need|\bnot\s+(?:required|necessary|be\s+disclosed)"
)
_WELCOME = re.compile(
    r"(?i)\b(?:allow\w*|welcome\w*|permi\w+|accept\w*|fine|encourag\w*|may\s+(?:use|be\s+used)"
    r"|can\s+(?:use|be\s+used)|okay|ok)\b"
)


def _kind(sentence: str) -> PolicyKind | None:
    """What one sentence asks for, or nothing."""
    if not (_AI.search(sentence) and _CONTRIBUTION.search(sentence)):
        return None
    negative = _NEGATIVE.search(sentence) is not None
    discloses = _DISCLOSE.search(sentence) is not None and not _NOT_NEEDED.search(sentence)
    if negative and not _NOT_NEEDED.search(sentence):
        if discloses and _CONDITION.search(sentence):
            return "disclose"
        if (
            _CO_AUTHOR.search(sentence)
            or _WHOLLY.search(sentence)
            or _CONDITION.search(sentence)
            or _PROSE.search(sentence)
        ):
            return "facts"
        return "disclose" if discloses else _ban(sentence)
    if _OWN_WORDS.search(sentence):
        return "facts"
    if discloses:
        return "disclose"
    return "welcome" if _WELCOME.search(sentence) else None


_WHAT_IS_BANNED = re.compile(
    r"(?i)\b(?:contribut\w*|pull[- ]requests?|PRs?|patch(?:es)?|commits?|code|content|submissions?"
    r"|submit\w*|merge[- ]requests?|MRs?|generat\w*|use|used|using|usage|tools?|assist\w*)\b"
)
_REFUSAL = re.compile(
    r"(?i)\b(?:accept\w*|allow\w*|permit\w*|welcome|reject\w*|refus\w*|forbid\w*|forbidden"
    r"|prohibit\w*|ban(?:s|ned)?|den(?:y|ied)|declin\w+|disallow\w*|unwelcome|refrain|closed"
    r"|(?:must|may|do|should|shall)\s+not\s+(?:use|submit|be\s+(?:used|submitted)|contain|include"
    r"|contribute|send|open|commit)|do\s*n.t\s+(?:use|submit|send|open)"
    r"|no\s+(?:AI|LLM|generative|machine|vibe))"
)


def _ban(sentence: str) -> PolicyKind | None:
    """A negative that is about taking contributions; others ("AI is not a person") say nothing."""
    is_ban = _REFUSAL.search(sentence) and _WHAT_IS_BANNED.search(sentence)
    return "banned" if is_ban else None
