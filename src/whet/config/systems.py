"""Build systems and their tests: which commands they would take. Nothing is run."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping

from whet.config.found import System
from whet.config.tree import Tree

FILES = (
    "Cargo.toml", "go.mod", "CMakeLists.txt", "meson.build", "configure", "Makefile", "pom.xml",
    "build.gradle", "package.json", "pyproject.toml",
)  # fmt: skip
"""What is looked for, for the message that nothing was found."""

TESTS = ("tests", "test", "spec", "__tests__")
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".f90", ".f", ".s", ".S", ".m", ".cu", ".zig", ".ml")
_LONGEST_LINE = 400
_CORES = "-j$(nproc)"
_COMPILES = re.compile(r"\$[({](CC|CXX|FC|LD)[)}]|\b(gcc|g\+\+|clang|gfortran|cc)\b|\.o\b")


def systems(tree: Tree) -> tuple[System, ...]:
    """Every build system with a file at the top, the one that builds the program first."""
    readers: tuple[Callable[[Tree], System | None], ...] = (
        _cargo, _go, _cmake, _meson, _autotools, _make, _maven, _gradle, _node, _python,
    )  # fmt: skip
    return tuple(system for read in readers if (system := read(tree)) is not None)


def make_targets(tree: Tree) -> Mapping[str, str]:
    """Targets of the makefile at the top, each with its recipe."""
    found: dict[str, str] = {}
    for name in tree.named(*MAKEFILES):
        target = ""
        lines = (line[:_LONGEST_LINE] for line in tree.read(name).split("\n"))
        for line in lines:
            if match := re.match(r"([A-Za-z0-9][A-Za-z0-9_. -]*?)\s*::?(?!=)", line):
                for target in match[1].split():
                    found.setdefault(target, "")
            elif target and line.startswith("\t"):
                found[target] += line + "\n"
        break  # make reads the first of them only
    return found


def scripts(tree: Tree) -> Mapping[str, str]:
    """The scripts of package.json."""
    return {
        name: command
        for name, command in _table(_json(tree.read("package.json")), "scripts").items()
        if isinstance(command, str)
    }


def python_path(tree: Tree) -> Mapping[str, str]:
    """The environment in which Python finds the code of the tree, and not an installed copy."""
    return {"PYTHONPATH": "src" if any(tree.ending(".py", below="src")) else "."}


def python_project(tree: Tree) -> str:
    """The text of everything that configures a Python project, to look for words in."""
    names = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "requirements-dev.txt",
             "requirements.txt", "requirements-test.txt", "dev-requirements.txt")  # fmt: skip
    return "\n".join(tree.read(name) for name in tree.named(*names))


def cmake_folder(tree: Tree) -> str:
    """Where to build with CMake or meson: a folder that holds no tracked file."""
    return "build-whet" if tree.has_folder("build") else "build"


def _cargo(tree: Tree) -> System | None:
    if not tree.tracks("Cargo.toml"):
        return None
    build = "cargo build --release"
    return System(name="Cargo", where="Cargo.toml", build=build, checks="cargo test --release")


def _go(tree: Tree) -> System | None:
    if not tree.tracks("go.mod"):
        return None
    tests = "go test ./..." if tree.ending("_test.go") else ""
    return System(name="Go", where="go.mod", build="go build ./...", checks=tests)


def _cmake(tree: Tree) -> System | None:
    if not tree.tracks("CMakeLists.txt"):
        return None
    text, folder = tree.read("CMakeLists.txt"), cmake_folder(tree)
    tested = re.search(r"enable_testing\s*\(|include\s*\(\s*CTest\b", text, re.IGNORECASE)
    return System(
        name="CMake",
        where="CMakeLists.txt",
        setup=f"cmake -S . -B {folder} -DCMAKE_BUILD_TYPE=Release",
        build=f"cmake --build {folder} {_CORES}",
        checks=f"cd {folder} && ctest --output-on-failure" if tested else _make_checks(tree),
    )


def _meson(tree: Tree) -> System | None:
    if not tree.tracks("meson.build"):
        return None
    folder = cmake_folder(tree)
    tested = any(re.search(r"^\s*test\s*\(", tree.read(name), re.MULTILINE)
                 for name in tree.ending("meson.build"))  # fmt: skip
    return System(
        name="meson",
        where="meson.build",
        setup=f"meson setup {folder} --buildtype=release",
        build=f"meson compile -C {folder}",
        checks=f"meson test -C {folder}" if tested else "",
    )


def _autotools(tree: Tree) -> System | None:
    for name, setup in (("configure", "./configure"), ("configure.ac", "autoreconf -fi")):
        if tree.tracks(name):
            whole = setup if name == "configure" else f"{setup} && ./configure"
            checks = _make_checks(tree) or ("make check" if tree.tracks("Makefile.am") else "")
            return System(
                name="autotools", where=name, setup=whole, build=f"make {_CORES}", checks=checks
            )
    return None


def _make(tree: Tree) -> System | None:
    name = next(tree.named(*MAKEFILES), "")
    if not name:
        return None
    targets = make_targets(tree)
    compiles = tree.ending(*_COMPILED) and _COMPILES.search(tree.read(name))
    if "all" in targets or ("build" not in targets and compiles):
        build = f"make {_CORES}"
    else:
        build = "make build" if "build" in targets else ""
    return System(name="make", where=name, build=build, checks=_make_checks(tree))


def _make_checks(tree: Tree) -> str:
    targets = make_targets(tree)
    return next((f"make {name}" for name in ("test", "check", "tests") if name in targets), "")


def _maven(tree: Tree) -> System | None:
    if not tree.tracks("pom.xml"):
        return None
    return System(
        name="Maven",
        where="pom.xml",
        build="mvn -q -o -DskipTests package",
        checks="mvn -q -o test" if tree.has_folder("src/test") else "",
        remarks=("Maven works offline here: fetch its plugins once with `mvn -q package`",),
    )


def _gradle(tree: Tree) -> System | None:
    name = next(tree.named("build.gradle", "build.gradle.kts"), "")
    if not name:
        return None
    gradle = "./gradlew --offline" if tree.tracks("gradlew") else "gradle --offline"
    tests = f"{gradle} test" if tree.has_folder("src/test") else ""
    return System(name="Gradle", where=name, build=f"{gradle} assemble", checks=tests)


def _node(tree: Tree) -> System | None:
    if not tree.tracks("package.json"):
        return None
    named, package = scripts(tree), _json(tree.read("package.json"))
    needs = {**_table(package, "dependencies"), **_table(package, "devDependencies")}
    tested = "test" in named and "no test specified" not in named["test"]
    locked = tree.tracks("package-lock.json") and bool(needs)
    return System(
        name="npm",
        where="package.json",
        setup="npm ci" if locked else "",
        build="npm run build" if "build" in named else "",
        checks="npm test" if tested else "",
        remarks=('`npm ci` needs `[integrity] network = "on"`, or its packages in the tree',)
        if locked
        else (),
    )


def _python(tree: Tree) -> System | None:
    name = next(tree.named("pyproject.toml", "setup.py", "setup.cfg"), "")
    if not name and not tree.at_top(".py"):
        return None
    path = python_path(tree)
    tests = _python_tests(tree)
    return System(
        name="Python",
        where=name or tree.at_top(".py")[0],
        checks=f"PYTHONPATH={path['PYTHONPATH']} {tests}" if tests else "",
    )


def _python_tests(tree: Tree) -> str:
    files = [name for name in tree.ending(".py") if re.search(r"(^|/)test_[^/]*\.py$", name)]
    if not files:
        return ""
    if "pytest" in python_project(tree) or any("pytest" in tree.read(name) for name in files[:20]):
        return "python3 -m pytest -q -x"
    folder = next((name for name in TESTS if tree.has_folder(name)), "")
    if any("unittest" in tree.read(name) for name in files[:20]):
        return f"python3 -m unittest discover{f' -s {folder}' if folder else ''}"
    return "python3 -m pytest -q -x"


def cargo_dependencies(tree: Tree) -> Iterator[str]:
    """Names of everything Cargo.toml depends on, for development too."""
    try:
        manifest = tomllib.loads(tree.read("Cargo.toml"))
    except (ValueError, RecursionError):
        return
    for name in ("dependencies", "dev-dependencies"):
        yield from _table(manifest, name)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _table(data: object, name: str) -> Mapping[str, object]:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}
