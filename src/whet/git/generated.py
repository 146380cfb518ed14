"""Files that a program writes: nobody merges them, they are made again."""

import re
from collections.abc import Collection, Sequence

from whet.git.call import git
from whet.git.store import Store

_HEAD = 2048
_SAYS_SO = re.compile(
    rb"(?i)(?<![\w-])(?:@generated\b|(?:auto(?:matically)?[- ]?)?generated (?:automatically )?"
    rb"(?:by|from|with|using)\b|do not (?:edit|modify)\b|this file (?:is|was) (?:auto)?generated)"
)
"""What generators write into the head of a file, after autoconf's and protoc's example."""


def generated(
    store: Store, tree: str, paths: Collection[str], patterns: Sequence[str] = ()
) -> frozenset[str]:
    """Which of some files of a tree are generated.

    Those that patterns name, those that the tree's own `.gitattributes` call `linguist-generated`,
    and those whose first lines say so.

    Args:
        store: holds the tree.
        tree: a commit or tree.
        paths: files; one that is not there is none.
        patterns: as in a .gitignore.
    """
    heads = {path: text[:_HEAD] for path in sorted(paths)
             if (text := store.show(tree, path)) is not None}  # fmt: skip
    found = {path for path, head in heads.items() if _SAYS_SO.search(head)}
    found |= store.matched(heads, patterns)
    return frozenset(found | _marked(store, tree, [path for path in heads if path not in found]))


def _marked(store: Store, tree: str, paths: Sequence[str]) -> frozenset[str]:
    """The files that attributes in the tree itself call generated."""
    if not paths:
        return frozenset()
    with store.index_of(tree) as index:
        out = git(
            "check-attr", "-z", "--cached", "--stdin", "linguist-generated", git_dir=store.path,
            index=index, tree=index.parent,
            stdin="".join(f"{path}\0" for path in paths).encode(errors="surrogateescape"),
        )  # fmt: skip
    words = out.decode(errors="surrogateescape").split("\0")
    rows = zip(words[::3], words[2::3], strict=False)
    return frozenset(path for path, value in rows if value in ("set", "true"))
