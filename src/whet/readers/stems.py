"""What siblings implement by name, where they share no list of operations. Pure.

A function is known by its stem: its name without what only says for whom it is, such as `avx2` or
the sibling's own name. What most siblings define and one does not is a gap, whatever it is for.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from whet.readers.siblings import Family, Place

_DEFINED = re.compile(
    r"^(?!\s|#|typedef\b|else\b|return\b)[\w\s\*&:<>,]*?\b([A-Za-z_]\w{3,})\s*\([^;{}()]*"
    r"(?:\([^()]*\)[^;{}()]*)*\)\s*\{",
    re.MULTILINE,
)
_FEATURES = frozenset({
    "c", "generic", "scalar", "portable", "native", "simd", "sse", "sse2", "sse3", "ssse3",
    "sse4", "sse41", "sse42", "avx", "avx2", "avx512", "avx512f", "avx512bw", "vnni", "fma",
    "neon", "asimd", "sve", "sve2", "dotprod", "i8mm", "crc", "armv6", "armv7", "armv8", "arm",
    "arm64", "aarch64", "x86", "x64", "i386", "amd64", "pclmul", "pclmulqdq", "vpclmulqdq",
    "vmx", "vsx", "power", "power8", "power9", "ppc", "ppc64", "altivec", "s390", "s390x",
    "dfltcc", "riscv", "riscv64", "rvv", "zbc", "zbb", "lsx", "lasx", "loongarch", "wasm",
    "msa", "mips", "cuda", "hip", "rocm", "metal", "vulkan", "opencl", "sycl", "gpu", "cpu"
})  # fmt: skip
"""Words of names that say for which machine something is."""
_GUARD = re.compile(r"^[ \t]*#[ \t]*if(?:def|ndef)?\b[^\n]*|^[ \t]*#[ \t]*endif\b", re.MULTILINE)
_GUARD_LINES = 40


@dataclass(slots=True, kw_only=True)
class Missing:
    """A function that siblings have and one member lacks, by its stem."""

    stem: str
    who: dict[str, list[Place]] = field(default_factory=dict)


def stem(name: str, member: str) -> str:
    """A function's name without words that say for whom it is."""
    own = {word for word in re.split(r"[^a-z0-9]+", member.lower()) if word}
    words = [word for word in name.lower().split("_") if word]
    return "_".join(word for word in words if word not in _FEATURES and word not in own)


def missing(family: Family, texts: Mapping[str, str], target: str) -> tuple[Missing, ...]:
    """Functions that at least two siblings, and half of them, define and the target does not.

    Nothing where fewer than two stems are common to all: then they do not do the same.
    """
    found: dict[str, Missing] = {}
    for member, files in family.members.items():
        for path in files:
            for name, place in _defined(texts[path], path):
                key = stem(name, member)
                if "_" in key or len(key) > 4:
                    one = found.setdefault(key, Missing(stem=key))
                    one.who.setdefault(member, []).append(place)
    siblings = len(family.members) - 1
    common = [one for one in found.values() if target in one.who and len(one.who) > siblings / 2]
    if len(common) < 2:
        return ()
    # a name that a macro builds is written in parts: whoever says all of its words may have it
    said = {word for path in family.members[target] for name in re.findall(r"\w+", texts[path])
            for word in name.lower().split("_")}  # fmt: skip
    gaps = [one for one in found.values() if target not in one.who and len(one.who) >= 2
            and 2 * len(one.who) >= siblings and not set(one.stem.split("_")) <= said]  # fmt: skip
    return tuple(sorted(gaps, key=lambda one: (-len(one.who), one.stem)))


def _defined(text: str, path: str) -> Iterator[tuple[str, Place]]:
    for match in _DEFINED.finditer(text):
        if match[1] in ("if", "for", "while", "switch"):
            continue
        start, end = match.start(1), match.end() - 1
        line = text.count("\n", 0, start) + 1
        yield match[1], Place(path=path, line=line, start=match.start(), end=end)


def condition(text: str, place: Place) -> str:
    """The feature macro that a definition stands behind, where one does."""
    depth: list[str] = []
    for found in _GUARD.finditer(text, 0, place.start):
        line = found[0].strip()
        if line.lstrip("# \t").startswith("endif"):
            depth[-1:] = []
        else:
            depth.append(line)
    guards = [line for line in depth if not re.search(r"_H_?\b", line)]
    return guards[-1] if guards else ""
