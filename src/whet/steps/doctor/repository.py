"""Is there a clean commit to start from, and does it build from nothing but what is committed?"""

from whet.git.call import GitError
from whet.git.store import Store
from whet.model.trial import TrialOutcome
from whet.steps.doctor.traced import Trace
from whet.steps.doctor.visit import Visit
from whet.steps.doctor.wording import listed, seconds
from whet.trial import advice

_OLDEST = (2, 34)
_POINTER = b"version https://git-lfs.github.com/spec/"
_LOOKED_AT = 40
"""Files under Git LFS that are opened to see whether they are pointers."""


def look(visit: Visit) -> bool:
    """Tell what can be said before anything is built; False when no trial can have all files."""
    version = visit.lab.store.git("version").decode().split()[2]
    short = ".".join(version.split(".")[:2])
    where = f"base {visit.lab.base[:7]} ({_ref(visit)})"
    dirty = visit.repo.dirty()
    if dirty:
        visit.tell(
            "Repository",
            "warning",
            f"git {short}, {where}; changes that are not measured: {listed(dirty)}",
            hint="`git commit -a` or `git stash`: trials see the base commit only",
        )
    else:
        visit.tell("Repository", "ok", f"git {short}, clean tree, {where}")
    if _number(version) < _OLDEST:
        wanted = ".".join(map(str, _OLDEST))
        visit.tell(
            "Repository",
            "warning",
            f"git {short} is old",
            hint=f"`apt install git`, {wanted} or later",
        )
    _pointing(visit)
    return _complete(visit)


def _ref(visit: Visit) -> str:
    at_head = visit.repo.resolve("HEAD") == visit.lab.base
    return visit.repo.head() if at_head or not visit.ref else visit.ref


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _complete(visit: Visit) -> bool:
    store = visit.lab.store
    modules = store.submodules(visit.lab.base)
    gone = sorted(path for path, commit in modules.items() if not store.has(commit))
    if gone:
        visit.tell(
            "Repository",
            "error",
            f"submodules whose files are not here: {listed(gone)}",
            hint="git submodule update --init --recursive",
        )
    return not gone


def _pointing(visit: Visit) -> None:
    pointers = _pointers(visit.lab.store, visit.lab.base)
    if pointers:
        visit.tell(
            "Repository",
            "warning",
            f"Git LFS files are pointers in a trial: {listed(pointers)}",
            hint=f"copy: `whet config set build.setup 'cp $WHET_REPO/{pointers[0]} {pointers[0]}'`",
        )


def _pointers(store: Store, base: str) -> list[str]:
    patterns = []
    for path in store.files(base):
        folder, _, name = path.rpartition("/")
        if name == ".gitattributes":
            for line in (store.show(base, path) or b"").decode(errors="replace").splitlines():
                if "filter=lfs" in line.split():
                    prefix = f"/{folder}/**/" if folder else ""
                    patterns.append(prefix + line.split()[0])
    found = sorted(store.matching(base, patterns))[:_LOOKED_AT]
    return [path for path in found if (store.show(base, path) or b"").startswith(_POINTER)]


def built(outcome: TrialOutcome) -> bool:
    """Whether there is something to measure."""
    return all(stage.ok for stage in outcome.stages if stage.name in ("build_a", "build_b"))


def build(visit: Visit, outcome: TrialOutcome, trace: Trace | None) -> None:
    """Tell how the build went."""
    command = visit.config.build.command or visit.config.build.setup
    stages = [stage for stage in outcome.stages if stage.name in ("build_a", "build_b")]
    failed = next((stage for stage in stages if not stage.ok), None)
    if failed is not None:
        why = "a second time" if failed.name == "build_b" else "from a clean checkout"
        visit.tell(
            "Repository",
            "error",
            f"does not build {why}: {failed.detail}",
            hint=f"`git clone . /tmp/clean && cd /tmp/clean`, then {advice.by_hand(command)}",
            detail=tuple(failed.log.splitlines()[-12:]),
        )
        return
    if not command:
        visit.tell("Repository", "ok", "nothing to build")
        return
    fresh = [stage.seconds for stage in stages if not stage.cached]
    text = f"clean build in {seconds(fresh[0])}" if fresh else "built before from the same commit"
    same = trace.same if trace is not None else None
    if same:
        text += ", and the same program twice"
    elif same is False:
        text += "; two builds differ, so a change without effect is measured, not recognised"
    visit.tell("Repository", "ok", text)


def contents(store: Store, base: str, path: str) -> str:
    """The id of a file's contents at a commit, or nothing."""
    try:
        return store.git("rev-parse", "--verify", "--quiet", f"{base}:{path}").decode().strip()
    except GitError:
        return ""
