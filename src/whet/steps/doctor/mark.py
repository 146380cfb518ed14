"""A mark at the start of functions: each writes its number to a file when it is first called.

The file is outside the tree and its name is fixed in the text, since a program may change its
folder and its environment. Inside the jail every command has such folders of its own.
"""

from collections.abc import Sequence

from whet.steps.doctor.functions import Function
from whet.steps.doctor.language import Name, Source

_CALLS: dict[Name, str] = {
    "c": (
        ' {{ static char whet_s; if (!whet_s) {{ int whet_f = open("{file}", 02101, 0600);'
        ' whet_s = 1; if (write(whet_f, "{n}\\n", {size})) {{ }} close(whet_f); }} }}'
    ),
    "rust": (
        " {{ static WHET_S: ::std::sync::Once = ::std::sync::Once::new(); WHET_S.call_once(|| {{"
        " if let Ok(mut whet_f) ="
        ' ::std::fs::OpenOptions::new().append(true).create(true).open("{file}")'
        ' {{ let _ = ::std::io::Write::write_all(&mut whet_f, b"{n}\\n"); }} }}); }}'
    ),
    "go": ' if !whetSeen{n} {{ whetSeen{n} = true; println("whet-seen {n}") }};',
    "javascript": (
        " if (!globalThis.whet{n}) {{ globalThis.whet{n} = 1;"
        ' process.stderr.write("whet-seen {n}\\n"); }}'
    ),
    "python": (
        '{n} in (_whet := __import__("builtins").__dict__.setdefault("whet_seen", set()))'
        ' or (_whet.add({n}), open("{file}", "a").write("{n}\\n"))'
    ),
}

_PROTOTYPES = (
    '#ifdef __cplusplus\nextern "C" {{\n#endif\n'
    "extern int open(const char *, int, ...);\n"
    "extern long write(int, const void *, unsigned long);\n"
    "extern int close(int);\n"
    "#ifdef __cplusplus\n}}\n#endif\n#line 1\n"
)


def marked(source: Source, functions: Sequence[tuple[int, Function]], file: str) -> bytes:
    """The file with marks.

    Args:
        source: what is marked.
        functions: each with its number.
        file: where a number is written; programs in Go and JavaScript write to standard error.
    """
    text = source.text
    for number, function in sorted(functions, key=lambda entry: -entry[1].start):
        at = function.start
        text = text[:at] + _mark(source, at, number, file) + text[at:]
    if source.language in ("c", "c++"):
        text = _PROTOTYPES.format() + text
    if source.language == "go":
        text += "".join(f"\nvar whetSeen{number} bool" for number, _ in functions) + "\n"
    return text.encode("latin-1")


def _mark(source: Source, at: int, number: int, file: str) -> str:
    kind: Name = "c" if source.language == "c++" else source.language
    call = _CALLS[kind].format(n=number, file=file, size=len(str(number)) + 1)
    if kind != "python":
        return call
    before = source.before(at)
    return f"{call}; " if before.strip() else f"{call}\n{before}"
