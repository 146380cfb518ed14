"""The reader of sibling backends: what others in the same tree have and this one lacks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.model.idea import Evidence, Idea
from whet.model.research import Effort, Errand, Findings
from whet.ports import Inquiry
from whet.readers import stems
from whet.readers.siblings import (
    SOURCES,
    Family,
    Gap,
    Place,
    Vocabulary,
    families,
    gaps,
    guard,
    shared,
    vocabularies,
)
from whet.readers.tools import Tools
from whet.report.escape import visible

_LARGEST = 2_000_000
"""Bytes of a file that somebody wrote; larger ones are generated."""
_FAMILIES = 6
_GAPS = 30
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class BackendsReader:
    """Reads the incumbent's tree with git alone; nothing of it is run."""

    tools: Tools
    name: str = "backends"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand: the tree."""
        return (
            Errand(
                what=f"siblings in the tree of {inquiry.incumbent[:7]}",
                effort=Effort(seconds=_SECONDS),
            ),
        )

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Evidence and an idea for each gap of the sibling that is measured."""
        del errand
        paths = self.tools.store.files(inquiry.incumbent)
        found = families(paths)[:_FAMILIES]
        inside = {path for one in found for files in one.members.values() for path in files}
        texts = self._texts(inquiry.incumbent, [p for p in paths if _suffix(p) in SOURCES])
        found = tuple(_within(one, texts) for one in found)
        outside = [text for path, text in sorted(texts.items()) if path not in inside]
        known = [one for text in outside for one in vocabularies(text)]
        evidence: list[Evidence] = []
        ideas: list[Idea] = []
        for family in found:
            vocabulary = shared(family, texts, known)
            target = self._target(inquiry, family, texts)
            if not target:
                continue
            for gap in gaps(family, texts, vocabulary, target)[:_GAPS]:
                one = _evidence(inquiry, family, vocabulary, gap, target, texts)
                evidence.append(one)
                ideas.append(_idea(gap, target, one))
            lacks = stems.missing(family, texts, target) if not vocabulary.words else ()
            for lack in lacks[:_GAPS]:
                one, idea = _lacking(inquiry, family, lack, target, texts)
                evidence.append(one)
                ideas.append(idea)
        return Findings(evidence=tuple(evidence), ideas=tuple(ideas))

    def _texts(self, commit: str, paths: Sequence[str]) -> Mapping[str, str]:
        """Every source file of a commit that is not too large."""
        listing = self.tools.store.git("ls-tree", "-r", "-l", "-z", commit).decode(errors="replace")
        wanted, names = set(paths), []
        blobs = []
        for entry in listing.split("\0"):
            head, _, path = entry.partition("\t")
            words = head.split()
            sized = len(words) == 4 and words[1] == "blob" and words[3].isdecimal()
            if path in wanted and sized and int(words[3]) <= _LARGEST:
                blobs.append(words[2])
                names.append(path)
        out = self.tools.store.git("cat-file", "--batch", stdin="\n".join([*blobs, ""]).encode())
        texts, at = {}, 0
        for path in names:
            line_end = out.index(b"\n", at)
            size = int(out[at:line_end].split()[2])
            body = out[line_end + 1 : line_end + 1 + size]
            texts[path] = body.decode(errors="replace")
            at = line_end + 2 + size
        return texts

    def _target(self, inquiry: Inquiry, family: Family, texts: Mapping[str, str]) -> str:
        """The member that is measured: where hot functions are, else the only one in scope."""
        weights = dict.fromkeys(family.members, 0.0)
        hot = [one for one in inquiry.evidence if one.kind == "hot-function" and one.functions]
        for one in hot:
            last = re.sub(r"[<(].*", "", one.functions[0]).rpartition("::")[2]
            word = re.compile(rf"\b{re.escape(last)}\b") if len(last) > 2 else None
            for name, files in family.members.items():
                if word is not None and any(word.search(texts[path]) for path in files):
                    weights[name] += one.value or 0.0
        best = max(weights, key=lambda name: weights[name], default="")
        if best and weights[best] > 0:
            return best
        open_to_change = self.tools.store.matching(inquiry.incumbent, inquiry.config.scope.allow)
        allowed = [name for name, files in family.members.items() if open_to_change & set(files)]
        return allowed[0] if len(allowed) == 1 else ""


def reader(tools: Tools) -> BackendsReader:
    """Make it."""
    return BackendsReader(tools)


def _suffix(path: str) -> str:
    return "." + path.rpartition(".")[2]


def _within(family: Family, texts: Mapping[str, str]) -> Family:
    """The family with the files that were read."""
    members = {
        name: tuple(path for path in files if path in texts)
        for name, files in family.members.items()
    }
    return Family(folder=family.folder, members={n: f for n, f in members.items() if f})


def _place(gap: Gap, texts: Mapping[str, str]) -> Place:
    """The one to quote: where the operations are asked for in a condition, else the first."""
    places = [place for who in sorted(gap.who) for place in gap.who[who]]
    for place in places:
        text = texts[place.path]
        if re.search(r"\bif\b", text[slice(*guard(text, place))]):
            return place
    return places[0]


def _evidence(
    inquiry: Inquiry, family: Family, vocabulary: Vocabulary, gap: Gap, target: str,
    texts: Mapping[str, str],
) -> Evidence:  # fmt: skip
    place = _place(gap, texts)
    text = texts[place.path]
    start, end = guard(text, place)
    quote = text[start:end].strip()
    first = len(text[: text.index(quote, start)].encode())
    tree = inquiry.incumbent[:12]
    others = ", ".join(sorted(gap.who))
    return Evidence(
        key=f"parity:{tree}:{vocabulary.enum}:{'+'.join(gap.operations)}:{target}",
        reader="backends",
        kind="sibling",
        locator=f"{place.path}:{place.line}",
        quote=quote,
        digest=inquiry.shelf.put(text.encode()),
        span=(first, first + len(quote.encode())),
        title=visible(f"{' + '.join(gap.operations)} together: {others} do, {target} does not"),
        copy_ok="yes",
        commit=inquiry.incumbent,
        functions=tuple(dict.fromkeys(op.lower() for op in gap.operations)),
        files=tuple(sorted({p.path for places in gap.who.values() for p in places})[:8]),
        techniques=("fusion",),
        score=len(gap.who) / max(1, len(family.members) - 1),
        why=(f"{len(gap.who)} of {len(family.members) - 1} siblings: {others}",),
    )


def _idea(gap: Gap, target: str, evidence: Evidence) -> Idea:
    names = " + ".join(gap.operations)
    return Idea(
        id="",
        title=visible(f"Take {names} in one step in {target}"),
        mechanism="what lies between the operations is neither written to memory nor read again",
        evidence=(evidence.key,),
        refuted_by=f"{names} follow each other too seldom on the measured path",
        source="backends",
        key=f"fusion:{'+'.join(gap.operations)}:{target}",
        technique="fusion",
        functions=evidence.functions,
        condition=visible(evidence.quote)[:400],
        cost="medium",
        risk="somebody else may use what lies between: ask what the siblings ask",
    )


def _lacking(
    inquiry: Inquiry, family: Family, lack: stems.Missing, target: str, texts: Mapping[str, str]
) -> tuple[Evidence, Idea]:
    """A function that the target lacks: the head of a sibling's, and what it stands behind."""
    others = ", ".join(sorted(lack.who))
    place = lack.who[min(lack.who)][0]
    text = texts[place.path]
    quote = text[place.start : place.end].strip()
    first = len(text[: text.index(quote, place.start)].encode())
    evidence = Evidence(
        key=f"parity:{inquiry.incumbent[:12]}::{lack.stem}:{target}",
        reader="backends", kind="sibling", locator=f"{place.path}:{place.line}", quote=quote,
        digest=inquiry.shelf.put(text.encode()), span=(first, first + len(quote.encode())),
        title=visible(f"{lack.stem}: {others} have their own, {target} has none"), copy_ok="yes",
        commit=inquiry.incumbent, functions=(lack.stem,),
        files=tuple(sorted({p.path for places in lack.who.values() for p in places})[:8]),
        score=len(lack.who) / max(1, len(family.members) - 1),
        why=(f"{len(lack.who)} of {len(family.members) - 1} siblings: {others}",),
    )  # fmt: skip
    idea = Idea(
        id="", title=visible(f"Write {lack.stem} for {target}"),
        mechanism="siblings have one for their machine where this one takes what fits all",
        evidence=(evidence.key,), refuted_by=f"{lack.stem} is not on the measured path",
        source="backends", key=f"stem:{lack.stem}:{target}", functions=(lack.stem,),
        condition=visible(stems.condition(text, place))[:200], cost="medium",
        risk="the machine may lack what siblings use",
    )  # fmt: skip
    return evidence, idea
