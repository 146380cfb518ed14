"""Which program the benchmark runs: the one that was just built, or another one?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from whet.steps.doctor import scripts
from whet.steps.doctor.repository import contents
from whet.steps.doctor.scripts import Script
from whet.steps.doctor.traced import Program, Trace
from whet.steps.doctor.visit import Visit

_SYSTEM = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/lib")
_TOOLS = re.compile(
    r"(?:ba|da|z|k|fi)?sh|python[\d.]*|node|perl[\d.]*|ruby[\d.]*|java|go|cargo|rustc|make|ninja|env"
    r"|time|timeout|taskset|nice|hyperfine|busybox|coreutils|bwrap|gcc|cc1.*|collect2|ld(?:\..*)?|as"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Something that ran and was not just built. When it is `sure`, that is an error by itself."""

    text: str
    hint: str = ""
    sure: bool = True
    path: str = ""
    twin: str = ""
    """What was built under the same name, to stand in for `path`."""


def packages(files: Sequence[str]) -> tuple[str, ...]:
    """Names that Python code of the tree may be imported by."""
    inits = {str(PurePosixPath(path).parent) for path in files if path.endswith("/__init__.py")}
    tops = {folder for folder in inits if str(PurePosixPath(folder).parent) not in inits}
    modules = [path for path in files if path.endswith(".py") and path.count("/") <= 1]
    found = {PurePosixPath(folder).name for folder in tops} | {
        PurePosixPath(path).stem
        for path in modules
        if path.count("/") == 0 or path.startswith(("src/", "lib/", "python/"))
    }
    return tuple(sorted(found - {"tests", "test", "setup", "conftest", "__init__", "docs"}))


def suspects(
    visit: Visit, trace: Trace, texts: Sequence[Script], files: Sequence[str]
) -> tuple[Suspect, ...]:
    """What ran and was not built here, the surest first."""
    found = [
        *_programs(visit, trace, texts),
        *_libraries(trace, texts),
        *_modules(visit, trace, files),
        *_scripts(visit, trace, texts, files),
    ]
    return tuple(sorted(found, key=lambda suspect: not suspect.sure))


def _programs(visit: Visit, trace: Trace, texts: Sequence[Script]) -> Iterator[Suspect]:
    for program in trace.programs:
        if program.inside:
            yield from _committed(visit, program, texts)
            continue
        where = _where(texts, program.path)
        twin = _twin(PurePosixPath(program.path).name, trace.built)
        if _in_checkout(visit, program.path):
            yield Suspect(
                text=f"runs {program.path}{where}, which is in your checkout and not in the trial",
                hint=f"use `{_inside(visit, program.path)}`{where}",
            )
        elif twin:
            yield Suspect(
                text=f"runs {program.path}{where}; what was built is {twin}",
                hint=f"use `./{twin}`{where}",
                path=program.path,
                twin=twin,
            )
        elif not _ordinary(program.path):
            yield Suspect(text=f"runs {program.path}{where}, outside the tree", sure=False)


def _committed(visit: Visit, program: Program, texts: Sequence[Script]) -> Iterator[Suspect]:
    """A program that is in the commit and that the build left as it was."""
    blob = contents(visit.lab.store, visit.lab.base, program.inside)
    if blob and blob == program.blob:
        where = _where(texts, program.inside)
        yield Suspect(
            text=f"runs {program.inside}{where}, which is committed and not built",
            hint=f"run what the build makes, and `git rm --cached {program.inside}`",
        )


def _libraries(trace: Trace, texts: Sequence[Script]) -> Iterator[Suspect]:
    for path in trace.libraries:
        twin = _twin(PurePosixPath(path).name.partition(".so")[0] + ".so", trace.built, ".so")
        if path.startswith("/") and twin:
            where = _where(texts, str(PurePosixPath(path).parent))
            yield Suspect(
                text=f"loads {path}{where}; what was built is {twin}",
                hint=f'`export LD_LIBRARY_PATH="$WHET_TREE/{PurePosixPath(twin).parent}"`{where}',
            )


def _modules(visit: Visit, trace: Trace, files: Sequence[str]) -> Iterator[Suspect]:
    if trace.modules:
        path = trace.modules[0]
        mine = ", which is in your checkout" if _in_checkout(visit, path) else ""
        names = set(packages(files)) & {*PurePosixPath(path).parts, PurePosixPath(path).stem}
        name = min(names, default=PurePosixPath(path).stem)
        inits = [
            file
            for file in files
            if file.endswith((f"/{name}/__init__.py", f"/{name}.py"))
            or file in (f"{name}/__init__.py", f"{name}.py")
        ]
        root = PurePosixPath(min(inits, key=len, default="."))
        folder = root.parent.parent if root.name == "__init__.py" else root.parent
        yield Suspect(
            text=f"imports {path}{mine}, not the {name} of the tree",
            hint=f'`export PYTHONPATH="$WHET_TREE/{folder}"` before the benchmark'
            if str(folder) != "."
            else '`export PYTHONPATH="$WHET_TREE"` before the benchmark',
        )


def _scripts(
    visit: Visit, trace: Trace, texts: Sequence[Script], files: Sequence[str]
) -> Iterator[Suspect]:
    for path in trace.files:
        twin = _twin(PurePosixPath(path).name, files)
        if path.startswith("/") and (_in_checkout(visit, path) or twin) and not _ordinary(path):
            where = _where(texts, path)
            yield Suspect(
                text=f"runs {path}{where}, which is not in the trial",
                hint=f"use `{twin or _inside(visit, path)}`{where}",
            )


def _where(texts: Sequence[Script], path: str) -> str:
    """` in bench.sh line 14`, where a script names a path or at least its last part."""
    for word in (path, PurePosixPath(path).name):
        place = scripts.first(texts, rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        if place is not None:
            return f" in {place.where}"
    return ""


def _twin(name: str, paths: Sequence[str], ending: str = "") -> str:
    """A file of the same name among some, versions of a library left aside."""
    for path in paths:
        own = PurePosixPath(path).name
        if own == name or (ending and own.partition(ending)[0] + ending == name):
            return path
    return ""


def _in_checkout(visit: Visit, path: str) -> bool:
    return PurePosixPath(str(visit.repo.root)) in PurePosixPath(path).parents


def _inside(visit: Visit, path: str) -> str:
    """A path of the checkout, as the trial knows it."""
    return f"./{PurePosixPath(path).relative_to(str(visit.repo.root))}"


def _ordinary(path: str) -> bool:
    """Whether a program belongs to the machine rather than to any project."""
    folder = str(PurePosixPath(path).parent)
    known = any(folder == root or folder.startswith(f"{root}/") for root in _SYSTEM)
    return known or _TOOLS.fullmatch(PurePosixPath(path).name) is not None
