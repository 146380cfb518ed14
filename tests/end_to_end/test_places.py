"""Repositories as people have them: it works there, or it says why not and what to do."""

from end_to_end.target import experiments, sources
from support.repos import commit, user_git, write

INNER = "left.c"


def kept(project):
    """One idea, through agent, build, checks, pairs, stack and refs."""
    project.ideas("fast-left")
    project.whet("run")
    return experiments(project.events()) == {"I01": ["kept"]}


def refused(project, message, hint):
    said = project.whet("run", code=3)
    assert message in said.err
    last = said.err.splitlines()[-1]
    assert last.startswith("hint: ")
    return hint in last


def test_a_shallow_clone_with_a_detached_head_and_a_name_that_is_not_text(target, untouched):
    clone = target.root.parent / b"latin-\xe4".decode(errors="surrogateescape")
    user_git(
        target.root.parent, "clone", "--quiet", "--depth", "1", f"file://{target.root}", clone.name
    )
    user_git(clone, "checkout", "--quiet", "--detach")
    shallow = untouched(target.at(clone))
    assert (clone / ".git" / "shallow").exists()
    assert kept(shallow)
    assert user_git(clone, "rev-parse", "refs/whet/t_ms/stack^") == user_git(
        clone, "rev-parse", "HEAD"
    )


def test_a_linked_work_tree(target, untouched):
    linked = target.root.parent / "linked"
    user_git(target.root, "worktree", "add", "--quiet", "-b", "topic", str(linked))
    target.settled()
    project = untouched(target.at(linked))
    assert kept(project)
    assert user_git(linked, "status", "--porcelain") == ""


def test_a_submodule_whose_files_the_build_needs(target, tmp_path, untouched):
    inner = tmp_path / "library"
    inner.mkdir()
    user_git(inner, "init", "--quiet")
    commit(inner, {"right.c": (target.root / "right.c").read_text()})
    user_git(target.root, "submodule", "--quiet", "add", str(inner), "vendor")
    (target.root / "right.c").unlink()
    target.configure('allow = ["*.c"]', 'allow = ["*.c", "!/vendor"]')
    text = (target.root / "Makefile").read_text()
    write(target.root, {"Makefile": text.replace("right.c", "vendor/right.c")})
    commit(target.root)
    assert kept(target.settled())

    clone = tmp_path / "clone"
    user_git(tmp_path, "clone", "--quiet", str(target.root), str(clone))
    said = untouched(target.at(clone)).whet("ideas", "add", "fast-left", code=3)
    assert "the files of the submodule vendor are not here" in said.err
    assert "hint: git submodule update --init --recursive" in said.err


def test_a_dirty_work_tree_is_refused_and_named(target):
    target.whet("run", code=3)  # an empty queue, which is looked at later
    write(target.root, {"left.c": "int left;\n"})
    assert refused(
        target.settled(),
        "the working tree has changes: left.c",
        "whet run --base HEAD",
    )
    assert not (target.store / "campaigns" / "t_ms" / "events.jsonl").read_bytes()


def test_a_repository_without_a_commit_is_refused(target, tmp_path):
    root = tmp_path / "unborn"
    root.mkdir()
    user_git(root, "init", "--quiet")
    write(root, sources(target.agent))
    assert refused(
        target.at(root), "unborn has no commit yet", "git add -A && git commit -m 'start'"
    )


def test_a_folder_without_a_repository_is_refused(target, tmp_path):
    root = tmp_path / "folder"
    write(root, sources(target.agent))
    assert refused(target.at(root), "is not in a git repository", "git init")
    assert list(root.glob(".*")) == [root / ".gitignore"]


def test_a_bare_repository_is_refused(target, tmp_path):
    user_git(tmp_path, "clone", "--quiet", "--bare", str(target.root), "bare.git")
    assert refused(target.at(tmp_path / "bare.git"), "bare.git is not in a git repository", "git")
