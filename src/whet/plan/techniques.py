"""What a text says about how something is made faster, and by how much. Words, not understanding.

The lists are English. A text without any of these words is not about speed, as far as code can see.
"""

import re
from collections.abc import Mapping

from whet.model.idea import Claim

TECHNIQUES: Mapping[str, bool] = {
    "fusion": True,
    "fewer-bytes": True,
    "layout": True,
    "caching": True,
    "algorithm": True,
    "allocation": True,
    "locking": True,
    "parallel": True,
    "io": True,
    "vectorise": False,
    "unroll": False,
    "prefetch": False,
    "branches": False,
    "inline": False,
    "arithmetic": False,
    "build": False,
}
"""Every technique, and whether it can move fewer bytes, or move them elsewhere, than before."""

_WORDS: Mapping[str, str] = {
    "fusion": r"fus(?:e[ds]?|ing|ion)|(?:one|single)[- ]pass|merg(?:e|ing) (?:the )?loops",
    "fewer-bytes": r"quanti[sz]\w*|compress\w*|half precision|fp16|bf16|int8|narrow\w*"
                   r"|pack(?:ed|ing)|smaller (?:index|type)|avoid(?:s|ing)? (?:a )?cop(?:y|ies)"
                   r"|zero[- ]cop\w+",
    "layout": r"til(?:e|es|ed|ing)|block(?:ed|ing)|repack\w*|interleav\w*|layout|align(?:ed|ment)"
              r"|cache[- ]lines?|structure of arrays|locality",
    "caching": r"cach(?:e|es|ed|ing)|memoi[sz]\w*|precomput\w*|lookup tables?|reus(?:e|es|ed|ing)",
    "algorithm": r"algorithm\w*|complexity|O\([^)]{1,12}\)|hash(?:ed|ing| table)|binary search"
                 r"|bloom",
    "allocation": r"allocat\w*|malloc|arena|pool(?:ed|ing)?|object reuse",
    "locking": r"lock(?:s|ed|ing|-free|less)?|mutex\w*|atomics?|contention|barriers?|spin\w*",
    "parallel": r"parallel\w*|multi-?thread\w*|threads?|work[- ]steal\w*|openmp",
    "io": r"mmap|io_uring|syscalls?|batch(?:ed|ing)? (?:reads?|writes?)|readahead|buffered",
    "vectorise": r"simd|vectori[sz]\w*|avx\w*|sse\d?\w*|neon|sve\d?|intrinsics?|swar",
    "unroll": r"unroll\w*",
    "prefetch": r"prefetch\w*",
    "branches": r"branch(?:less|es|-free)?|mispredict\w*|likely|fast[- ]path",
    "inline": r"inlin(?:e|ed|ing)",
    "arithmetic": r"fma|reciprocal|multiply[- ]add|bit (?:tricks?|twiddl\w+)|popcount|clz|ctz",
    "build": r"-O3|lto|pgo|march|compiler flags?|link[- ]time",
}  # fmt: skip

_COMPILED = {
    name: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)
    for name, words in _WORDS.items()
}

SPEED = re.compile(
    r"(?<![\w-])(?:fast(?:er|est)?|speed(?:s|up|-up|ups)?|slow(?:er|ness|down)?|perf(?:ormance)?"
    r"|throughput|latency|optimi[sz]\w*|accelerat\w*|efficien\w*|bottleneck\w*|hot ?(?:path|loop)s?"
    r"|tokens?/s|gflops|cycles|regress(?:ion|ed)|benchmark\w*|overhead)(?![\w-])",
    re.IGNORECASE,
)

_PERCENT = re.compile(
    r"(?<![\w.])(?:by |about |up to |of |~|\+|\u2248)?\s*(\d{1,3}(?:\.\d{1,2})?)\s?(?:%|percent)"
    r"(?=[^.]{0,40}?\b(?:fast|speed|improv|gain|better|less time|reduc|throughput|boost|win|quick))"
    r"|\b(?:fast|speed|improv|gain|better|reduc|throughput|boost)\w*[^.%\d]{0,40}?"
    r"(\d{1,3}(?:\.\d{1,2})?)\s?(?:%|percent)",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"(?<![\w.])(\d{1,3}(?:\.\d{1,2})?)\s?(?:x|\u00d7|times)\s(?:\w+\s)?"
    r"(?:fast|speed|improv|throughput|better|quick)"
    r"|\b(?:speed-?up|faster|improvement)s?\s(?:of|by)\s(?:up to\s)?"
    r"(\d{1,3}(?:\.\d{1,2})?)\s?[x\u00d7]",
    re.IGNORECASE,
)
_LONGEST = 20_000


def techniques_in(text: str) -> tuple[str, ...]:
    """Techniques that a text speaks of, the most often named first."""
    counts = {name: len(found.findall(text[:_LONGEST])) for name, found in _COMPILED.items()}
    named = [name for name, count in counts.items() if count]
    return tuple(sorted(named, key=lambda name: -counts[name]))


def about_speed(text: str) -> int:
    """How many words of a text are about speed."""
    return len(SPEED.findall(text[:_LONGEST]))


def claims_in(text: str) -> tuple[Claim, ...]:
    """Gains that a text reports, as fractions: "12% faster" is 0.12, "1.5x faster" is 0.5."""
    text = text[:_LONGEST]
    found = [float(match[1] or match[2]) / 100 for match in _PERCENT.finditer(text)]
    found += [float(match[1] or match[2]) - 1 for match in _TIMES.finditer(text)]
    sensible = [gain for gain in dict.fromkeys(found) if 0 < gain <= 100]
    return tuple(Claim(gain=round(gain, 4)) for gain in sensible[:4])
