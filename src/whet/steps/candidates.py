"""Changes as commits: from a patch, from a ref, or from what an agent left in a tree."""

from dataclasses import replace

from whet.git.store import DoesNotApply
from whet.git.taking import credited, message, pick
from whet.model.idea import Candidate, Change, Idea
from whet.plan import scope
from whet.steps.world import World


def from_patch(world: World, idea: str, patch: bytes, parent: str, author: str) -> Candidate:
    """The candidate a patch makes of a commit; one that does not fit is a candidate too."""
    digest = world.blobs.put(patch)
    try:
        tree = world.store.apply(patch, parent)
    except DoesNotApply as error:
        return Candidate(
            idea=idea, commit="", parent=parent, author=author, problem=str(error), patch=digest
        )
    return from_tree(world, idea, tree, parent, author)


def from_commit(world: World, idea: Idea, parent: str) -> Candidate:
    """The candidate that takes over somebody's commit; its message, with who made it, stays."""
    store = world.store
    try:
        picked = pick(store, idea.commit, parent, idea.after, world.config.harvest.generated)
    except DoesNotApply as error:
        digest = world.blobs.put(store.diff(f"{idea.commit}^", idea.commit))
        tried = ", and with what the fork did there before" if idea.after else ""
        return Candidate(
            idea=idea.id, commit="", parent=parent, author="fork", problem=f"{error}{tried}",
            patch=digest,
        )  # fmt: skip
    text = credited(store, idea.commit, picked.first, picked.left)
    made = from_tree(world, idea.id, picked.tree, parent, "fork", text)
    return replace(made, left_out=picked.left)


def from_tree(
    world: World, idea: str, tree: str, parent: str, author: str, text: str = ""
) -> Candidate:
    """The candidate whose files are a tree; `text` is its commit's message."""
    commit = world.store.commit(tree, f"{text or idea}\n", (parent,))
    changes = world.store.changes(parent, commit)
    problem = "" if changes else "no file was changed"
    return Candidate(
        idea=idea,
        commit=commit if changes else "",
        parent=parent,
        changes=changes,
        author=author,
        problem=problem,
        patch=world.blobs.put(world.store.diff(parent, commit)),
    )


def onto(world: World, candidate: Candidate, commit: str) -> str:
    """The candidate's change on top of another commit.

    Raises:
        DoesNotApply: it conflicts with what was kept since.
    """
    if candidate.parent == commit:
        return candidate.commit
    patch = world.store.diff(candidate.parent, candidate.commit)
    tree = world.store.apply(patch, commit)
    return world.store.commit(tree, f"{message(world.store, candidate.commit)}\n", (commit,))


def out_of_scope(world: World, changes: tuple[Change, ...]) -> str:
    """Why a candidate may not be judged, or nothing."""
    rules, paths = world.config.scope, {change.path for change in changes}
    allowed, protected = (
        world.store.matched(paths, patterns) for patterns in (rules.allow, rules.protect)
    )
    return scope.problem(rules, changes, allowed=allowed, protected=protected)


def publish(world: World, experiment: str, commit: str) -> None:
    """Keep a commit alive in the user's repository under a ref that `git branch` does not show."""
    ref = f"refs/whet/{world.state.name}/{experiment}"
    world.store.point(ref, commit)
    world.repo.fetch(world.store.path, f"{ref}:{ref}")
