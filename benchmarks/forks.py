"""What mining a fork costs.

python benchmarks/forks.py [commits, 1000 by default]

An upstream with a third as many commits since the fork left, 120 files of 400 lines, and changes of
50 lines: processor time of git and of whet, and the most memory of any process.
"""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from whet.git.address import address
from whet.git.call import git
from whet.git.joint import join
from whet.git.mirror import mirror
from whet.readers.forks.mine import Terms, mine, promising

FILES, LINES, EDIT = 120, 400, 50
WORDS = ("total", "block", "window", "state", "length", "buffer", "offset", "symbol", "weight")
SIGNS = ("__builtin_prefetch({0} + {1});", "{0} = _mm256_add_epi32({0}, {1});", "{0} += {1};")


def line(chance: random.Random) -> str:
    """A line of C that no other file has."""
    first, second = (f"{chance.choice(WORDS)}_{chance.randrange(100_000)}" for _ in range(2))
    return "    " + chance.choice(SIGNS).format(first, second)


def commits(chance: random.Random, branch: str, count: int, start: str) -> Iterator[str]:
    """Commits for `git fast-import`, each an edit in one file."""
    files = {n: [line(chance) for _ in range(LINES)] for n in range(FILES)} if not start else {}
    for number in range(count):
        subject = chance.choice(
            ("faster inner loop", "fix a leak", "tidy up", "use wide registers")
        )
        who = f"A User <user@example.org> {1_600_000_000 + 1000 * number} +0000"
        yield f"commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\n"
        yield f"data <<END\n{subject} {branch} {number}\nEND\n"
        if start and not number:
            yield f"from {start}\n"
        changed = files if not start and not number else [chance.randrange(FILES)]
        for name in changed:
            text = files.setdefault(name, [line(chance) for _ in range(LINES)])
            at = chance.randrange(LINES - EDIT)
            text[at : at + EDIT] = [line(chance) for _ in range(EDIT)]
            body = "\n".join(text) + "\n"
            yield f"M 100644 inline src/file{name}.c\ndata {len(body)}\n{body}\n"


def repository(folder: Path, count: int) -> tuple[str, str]:
    """A repository with upstream and fork as two branches; the commits of both."""
    git("init", "--quiet", "--bare", "--template=", git_dir=folder)
    base = "".join(commits(random.Random("base"), "upstream", 1, ""))
    git("fast-import", "--quiet", git_dir=folder, stdin=base.encode())
    start = git("rev-parse", "upstream", git_dir=folder).decode().strip()
    for branch, many in (("upstream", count // 3), ("fork", count)):
        text = "".join(commits(random.Random(branch), branch, many, start))
        git("fast-import", "--quiet", git_dir=folder, stdin=text.encode())
    tips = git("rev-parse", "upstream", "fork", git_dir=folder).decode().split()
    return tips[0], tips[1]


def spent() -> float:
    """Seconds of processor time of this process and of those it has waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usage = [resource.getrusage(kind) for kind in kinds]
    return sum(each.ru_utime + each.ru_stime for each in usage)


def peak() -> float:
    """Megabytes that the largest of them has held."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "both.git")
        folder.mkdir()
        base, tip = repository(folder, count)
        began, cpu = time.perf_counter(), spent()
        found = mirror(address(str(folder), folder), Path(name, "mirrors"), now=time.time())
        print(f"mirror {count} commits   wall {time.perf_counter() - began:6.2f} s   "
              f"cpu {spent() - cpu:6.2f} s")  # fmt: skip
        began, cpu = time.perf_counter(), spent()
        joint = join(Path(name, "joint.git"), (found.path,))
        mined = mine(joint, Terms(base=base, tips=(tip,)))
        assert len(mined.commits) == count
        good = sum(1 for one in mined.commits if not promising(one))
        wall, used = time.perf_counter() - began, spent() - cpu
        print(f"mine   {count} commits   wall {wall:6.2f} s   cpu {used:6.2f} s   "
              f"memory {peak():6.0f} MB   {good} promising")  # fmt: skip


if __name__ == "__main__":
    main()
