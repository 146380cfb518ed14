"""An upstream and a fork of it, in folders of their own."""

import pytest

from support.forks import fork, start
from whet.git.joint import join
from whet.readers.forks.mine import Terms, mine


@pytest.fixture
def upstream(tmp_path):
    path = tmp_path / "upstream"
    start(path)
    return path


@pytest.fixture
def other(upstream, tmp_path):
    return fork(upstream, tmp_path / "other")


@pytest.fixture
def mined(tmp_path):
    """What mining one repository for another finds."""

    def done(upstream, other, **terms):
        from support.repos import user_git

        joint = join(tmp_path / "joint.git", (upstream / ".git", other / ".git"))
        tips = user_git(other, "for-each-ref", "--format=%(objectname)", "refs/heads").split()
        base = terms.pop("base", "") or user_git(upstream, "rev-parse", "HEAD")
        return mine(joint, Terms(base=base, tips=tuple(tips), **terms))

    return done
