"""What makes a commit look like one about speed: its code first, its words second. Pure.

A message is cheap, so words alone count little, and a commit without code counts nothing. Weights
are small whole numbers that a person can follow; the terms are shown beside every commit.
"""

import math
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from whet.git.history import FilePatch
from whet.model.idea import Claim
from whet.plan.techniques import claims_in

Place = Literal["code", "build", "test", "bench", "docs", "vendored", "other"]

_CODE = frozenset({
    ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".inl", ".inc", ".s", ".S",
    ".asm", ".cu", ".cuh", ".cl", ".metal", ".hip", ".py", ".pyx", ".pxd", ".rs", ".go",
    ".java", ".kt", ".scala", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".rb", ".zig", ".swift",
    ".cs", ".fs", ".f", ".f90", ".jl", ".ml", ".hs", ".lua", ".php", ".pl", ".pm", ".ex",
    ".erl", ".clj", ".nim", ".d", ".dart", ".re", ".y", ".l", ".sql", ".wat", ".glsl", ".comp",
    ".hlsl", ".m", ".mm", ".v", ".vala", ".r", ".R",
})  # fmt: skip
_BUILD = re.compile(
    r"(^|/)(CMakeLists\.txt|GNUmakefile|[Mm]akefile(\..*)?|configure(\.ac|\.in)?|meson\.build|"
    r"build\.(rs|zig|gradle)|SConstruct|BUILD(\.bazel)?|.*\.(cmake|mk|bzl|gyp|vcxproj))$"
)
_TEST = re.compile(
    r"(^|/)(tests?|testing|testdata|spec|specs|__tests__|fixtures|fuzz(ing)?|ossfuzz)(/|$)|"
    r"(^|/)(test_[^/]*|[^/]*(_test|_spec|\.test|\.spec|Test|Tests))\.[A-Za-z]+$|(^|/)conftest\.py$",
)
_BENCH = re.compile(r"(^|/)(bench(marks?|es|ing)?|perf-?tests?)(/|$)|(^|/)[^/]*bench[^/]*\.\w+$")
_DOCS_FOLDER = re.compile(r"(^|/)(docs?|documentation)/")
_DOCS = re.compile(r"(^|/)man/|\.(md|rst|txt|adoc|html|tex|[1-9])$")
_VENDORED = re.compile(r"(^|/)(third[_-]?party|vendor|external|deps|extern|node_modules)(/|$)")


def place(path: str) -> Place:
    """What kind of file it is, by its name alone."""
    suffix = posixpath.splitext(path)[1]
    if _BUILD.search(path):
        return "build"
    if _VENDORED.search(path):
        return "vendored"
    if _TEST.search(path):
        return "test"
    if _BENCH.search(path):
        return "bench"
    if _DOCS_FOLDER.search(path):
        return "docs"
    if suffix in _CODE:
        return "code"
    return "docs" if _DOCS.search(path) else "other"


@dataclass(frozen=True, slots=True)
class _Sign:
    name: str
    technique: str
    points: int
    pattern: re.Pattern[str]


def _sign(name: str, technique: str, points: int, pattern: str) -> _Sign:
    return _Sign(name, technique, points, re.compile(pattern))


_ADDED = (
    _sign("SIMD", "vectorise", 5,
          r"\b_mm(256|512)?_\w+|\b__m(128|256|512)i?d?\b|\b(vld|vst)[1-4]q?_\w+|\b\w+x(2|4|8|16)_t\b|"
          r"\bsv(float|uint|int)\d+_t|immintrin\.h|arm_neon\.h|[extw]mmintrin\.h|wasm_simd128\.h|"
          r"core::arch|std::simd|\bvectori[sz]e\b|\bpclmul\w*|\bvfloat32m\d|\bhwy::"),
    _sign("assembly", "vectorise", 3,
          r"\b__asm__\b|\basm\s*(volatile|goto)\b|\b\.macro\b|\basm!\("),
    _sign("prefetch", "prefetch", 4, r"prefetch(?!_related)"),
    _sign("built-ins of the compiler", "arithmetic", 3,
          r"__builtin_(ctz|clz|popcount|bswap|ffs|unreachable|assume)\w*|_Bit(Scan|Test)\w+|"
          r"_lzcnt_|_tzcnt_|_pdep_|_pext_|\b(leading|trailing)_zeros\(|bits\.(Trailing|Leading)"),
    _sign("likely branches", "branches", 3,
          r"__builtin_expect|\b(un)?likely\s*\(|\[\[(un)?likely\]\]|#\[cold\]|__attribute__\(\(cold"),
    _sign("inlining", "inline", 2,
          r"always_inline|__forceinline|#\[inline|\bflatten\)|\bstatic\s+inline\b|@inline\b"),
    _sign("aliasing and alignment", "layout", 2,
          r"\b(__)?restrict(__)?\b|\balignas\b|aligned\(\d+|assume_aligned|posix_memalign|"
          r"cache_?line|__packed|\balignof\b|#\[repr\(align"),
    _sign("unrolled or vector loops", "unroll", 3,
          r"#\s*pragma\s+(unroll|GCC\s+(unroll|ivdep)|clang\s+loop|omp\s+simd)|\bunroll"),
    _sign("threads", "parallel", 3,
          r"\bpthread_create|std::(thread|jthread|async)\b|#\s*pragma\s+omp\s+parallel|\brayon::|"
          r"ThreadPoolExecutor|par_iter|\bgo\s+func\(|thread_?pool|std::execution::par"),
    _sign("cheaper locking", "locking", 3,
          r"memory_order_(relaxed|acquire|release)|\brwlock|lock_?free|std::atomic|Atomic(U|I)size|"
          r"sync\.(RWMutex|Pool)|try_lock|spin_?lock|\bRCU\b|thread_local|__thread\b"),
    _sign("memory held or reserved", "allocation", 3,
          r"\.reserve\(|with_capacity\(|\balloca\(|\barena|mem(ory)?_?pool|object_?pool|free_?list|"
          r"SmallVec|small_?vector|make\(\[\][^,]+,\s*0,|bump_?alloc|slab|realloc"),
    _sign("bulk copies", "fewer-bytes", 2,
          r"\bmem(cpy|move|set|chr|cmp)\s*\(|std::move\(|string_view|\bspan<|copy_from_slice|"
          r"zero_?copy|memoryview\(|Buffer\.from|\bsplice\("),
    _sign("something remembered", "caching", 3,
          r"lru_cache|functools\.cache|\bmemo(ize|ise|s)?\b|_cache\b|\bcached?_\w+|\bCache<|OnceCell|"
          r"lazy_static|precomput"),
    _sign("a table", "caching", 2,
          r"\bstatic\s(?:\w{1,40}[ \t]){1,5}\w{1,60}\[\s{0,4}"
          r"(256|512|1024|4096|65536|0x\w+|1\s?<<)|"
          r"_(table|lut|LUT|TABLE)\b\s*\["),
    _sign("wide reads", "arithmetic", 2,
          r"\(\s*(const\s+)?u?int(16|32|64)_t\s*\*\s*\)|read_unaligned|UNALIGNED_OK|"
          r"load_?(u|unaligned|le|be)?(32|64)|bswap|\bSWAR\b"),
    _sign("tighter Python", "layout", 3,
          r"__slots__|\bnp\.(einsum|dot|where|frombuffer)|@(numba\.)?n?jit|\bcdef\b|str\.translate|"
          r"\bcpdef\b|sys\.intern"),
    _sign("unchecked access", "branches", 2,
          r"get_unchecked|unsafe\s*\{|\bunsafe\.Pointer|from_utf8_un"),
    _sign("other hashing", "algorithm", 2,
          r"\b(FxHash|xxh(3|32|64|ash)|murmur|wyhash|ahash|crc32c?)\w*\("),
    _sign("compiler flags", "build", 2,
          r"-O3\b|-Ofast|-march=|-mtune=|-flto|-mavx|-msse|-mpclmul|-mfpu|-ffast-math|lto\s*=|"
          r"target-cpu|target-feature|PGO|-fprofile-use"),
)  # fmt: skip

_REMOVED = (
    _sign(
        "fewer allocations",
        "allocation",
        2,
        r"\b(malloc|calloc|strdup|new\s+\w+|to_vec|clone)\s*\(",
    ),
    _sign("fewer divisions", "arithmetic", 1, r"[^/*]\s[%/]\s*[A-Za-z_]\w*\s*[;)]"),
    _sign("fewer locks", "locking", 2, r"\b(pthread_mutex_lock|\.lock\(\)|std::lock_guard)"),
)

_WORDS = (
    (4, re.compile(
        r"\b(perf(ormance)?|optimi[sz](e[sd]?|ing|ation|ations)|speed[- ]?(ed[- ]?)?ups?|faster|"
        r"fast[- ]?path|accelerat\w+|throughput|hot[- ]?(path|loop|spot))\b", re.IGNORECASE)),
    (3, re.compile(
        r"\b(SIMD|SSE[234]?(\.\d)?|AVX(2|-?512)?|NEON|SVE2?|PCLMULQDQ|vectori[sz]\w*|prefetch\w*|"
        r"unroll\w*|lock[- ]contention|zero[- ]copy|cache[- ]?(miss\w*|friendl\w*|line)|"
        r"branch(less|[- ]predict\w*|[- ]miss\w*)|fus(e[sd]?|ing|ion)|inlin(e[sd]?|ing)|"
        r"allocat\w+|memory bandwidth|cycles)\b", re.IGNORECASE)),
    (2, re.compile(
        r"\b(latency|slow(er|ness)?|overhead|cheap(er)?|avoid(s|ed|ing)?|reduc(e[sd]?|ing)|"
        r"redundant|unnecessary|lookup table|batch\w*|lazy|lazily|reus(e[sd]?|ing)|parallel\w*)\b",
        re.IGNORECASE)),
)  # fmt: skip

_NOT_SPEED = re.compile(
    r"^\s*(revert\b|merge\b|bump\b|release\b|version\b|docs?[:(]|doc\b|typo|fix typo|readme|"
    r"chore[:(]|"
    r"ci[:(]|style[:(]|test[s:(]|rename\b|reformat|clang-format|whitespace|update (version|readme)|"
    r"bench(mark)?s?[:( ]|add(ed|s)? (a )?(bench|test|doc))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What was found in one commit."""

    points: int
    why: tuple[str, ...]
    techniques: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    places: frozenset[Place] = field(default_factory=frozenset)

    @property
    def score(self) -> float:
        """From 0 to 1: many weak signs do not become certainty."""
        return 1.0 - math.exp(-max(0, self.points) / 8.0)


def features(subject: str, body: str, files: Sequence[FilePatch]) -> Features:
    """Judge one commit by what it changes and by what it says."""
    places = frozenset(place(one.path) for one in files)
    code = [one for one in files if place(one.path) in ("code", "build")]
    changed = sum(len(one.added) + len(one.removed) for one in code)
    if not code or not changed:
        what = "no code" if not code else "nothing but names or modes"
        return Features(points=-1, why=(what,), places=places)
    if _NOT_SPEED.match(subject):
        return Features(points=-1, why=("its subject is about something else",), places=places)
    signs = [*_signs(_ADDED, code, "added", "removed"), *_signs(_REMOVED, code, "removed", "added")]
    said, words = _said(subject, body)
    claims = claims_in(" ".join(f"{subject}. {body}".split()))
    points = min(14, sum(one.points for one in signs)) + words + 2 * bool(claims)
    if all(place(one.path) == "build" for one in code):
        points = min(points, 4)
    if not signs and not words:
        points = 0
    return Features(
        points=points,
        why=(*(one.name for one in signs), *said, *_told(claims)),
        techniques=tuple(dict.fromkeys(one.technique for one in signs)),
        claims=claims,
        places=places,
    )


def _signs(
    known: Iterable[_Sign], code: Sequence[FilePatch], here: str, there: str
) -> Iterable[_Sign]:
    """Signs that one side of a change has more of than the other: what is only moved is no sign."""
    mine = "\n".join(line for one in code for line in getattr(one, here))
    other = "\n".join(line for one in code for line in getattr(one, there))
    for sign in known:
        count = sum(1 for _ in sign.pattern.finditer(mine))
        if count and count > sum(1 for _ in sign.pattern.finditer(other)):
            yield sign


def _said(subject: str, body: str) -> tuple[tuple[str, ...], int]:
    # bodies are wrapped: "reduce the\nfunction overhead" is one phrase
    flat = " ".join(body.split())[:4000]
    points = 0
    found: list[str] = []
    for weight, pattern in _WORDS:
        match = pattern.search(subject)
        if match is not None:
            points += weight
        else:
            match = pattern.search(flat)
            points += (weight + 1) // 2 if match is not None else 0
        if match is not None:
            found.append(f"says {match.group(0).lower()!r}")
    return tuple(found), min(points, 8)


def _told(claims: Sequence[Claim]) -> tuple[str, ...]:
    return tuple(f"claims +{claim.gain:.0%}" for claim in claims[:1])
