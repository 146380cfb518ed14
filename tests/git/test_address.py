"""What a person may type for a repository, and what is refused before git sees it."""

from pathlib import Path

import pytest

from support.repos import user_git
from whet.errors import UserError
from whet.git.address import address


@pytest.mark.parametrize(
    ("text", "url", "name"),
    [
        ("owner/repo", "https://github.com/owner/repo", "github.com/owner/repo"),
        ("https://github.com/Owner/repo.git", "https://github.com/Owner/repo.git",
         "github.com/Owner/repo"),
        ("https://gitlab.example.org:8443/a/b/c", "https://gitlab.example.org:8443/a/b/c",
         "gitlab.example.org:8443/a/b/c"),
        ("git@host.example:team/repo.git", "git@host.example:team/repo.git",
         "host.example/team/repo"),
        ("ssh://git@host.example/team/repo", "ssh://git@host.example/team/repo",
         "host.example/team/repo"),
    ],
)  # fmt: skip
def test_every_way_of_writing_it_is_one_name(text, url, name, tmp_path):
    found = address(text, tmp_path)
    assert (found.url, found.name, found.local) == (url, name, False)


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c touch% ran", "fd::17", "http://host.example/a", "git://host.example/a",
        "ftp://host.example/a", "--upload-pack=touch ran", "-oProxyCommand=x", "",
        "https://user:secret@host.example/a", "https://secret@host.example/a",
        "ssh://-oProxyCommand=x/a", "https://host.example", "https:///a/b", "no such folder",
        "git@host.example:-x", "https://host.example/a\nb", "transport::https://host.example/a",
        "ssh://-x@host.example/a", "javascript:alert(1)//x y",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text, tmp_path):
    with pytest.raises(UserError) as refused:
        address(text, tmp_path)
    assert refused.value.hint
    assert "secret" not in refused.value.message + refused.value.hint


def test_a_folder_is_named_after_what_it_is_a_clone_of(tmp_path):
    user_git(tmp_path, "init", "--quiet", "mine")
    assert address("mine", tmp_path).name == "local/mine"
    assert address("mine/.git", tmp_path).name == "local/mine"
    user_git(tmp_path / "mine", "remote", "add", "origin", "git@host.example:team/repo.git")
    found = address("mine", tmp_path)
    assert (found.name, found.local) == ("host.example/team/repo", True)
    assert Path(found.url) == tmp_path / "mine"


@pytest.mark.parametrize("origin", ["https://me:secret@host.example/a", "ext::sh -c x", "/tmp/x"])
def test_an_origin_that_may_not_be_named_is_not(origin, tmp_path):
    user_git(tmp_path, "init", "--quiet", "mine")
    user_git(tmp_path / "mine", "remote", "add", "origin", origin)
    assert address("mine", tmp_path).name == "local/mine"


def test_a_commit_has_an_address_where_a_person_can_look(tmp_path):
    assert address("owner/repo", tmp_path).commit_url("a" * 40) == (
        f"https://github.com/owner/repo/commit/{'a' * 40}"
    )
    found = address("git@host.example:team/repo.git", tmp_path)
    assert found.commit_url("b" * 40) == f"host.example/team/repo@{'b' * 12}"
