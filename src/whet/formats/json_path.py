"""`json:PATH`: numbers at dotted paths of any JSON document."""

import difflib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from whet.formats.document import Node, kind, load
from whet.formats.number import Number, finest, mean, median, unit_of
from whet.formats.reading import FormatError, Reading, gather, show

TOOL = "json"
_CHOICES: dict[str, Callable[[Sequence[float]], float]] = {
    "median": median,
    "mean": mean,
    "min": min,
    "last": lambda values: values[-1],
    "sum": math.fsum,
}
_HINT = "for example `json:results.ms`, `json:p50_ms,rss_mb`, `json:times@min`, `json:*`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A path, and how a list found there becomes one value."""

    path: str
    choice: str = "median"


def selectors(spec: str) -> tuple[Selector, ...]:
    """Read `PATH[@CHOICE],PATH…`.

    Raises:
        FormatError: a path is empty or a choice is unknown.
    """
    return tuple(_selector(part.strip()) for part in spec.split(","))


def parse(spec: str, text: str) -> Mapping[str, Reading]:
    """The numbers at the paths, named by their paths; a list is samples of one invocation."""
    wanted = selectors(spec)
    document = load(TOOL, text)
    return gather(TOOL, (named for selector in wanted for named in _select(document, selector)))


def sniff(document: object) -> bool:
    """Whether any named number is in the document."""
    leaves = _leaves(Node(tool=TOOL, value=document), "")
    return any(name for name, _ in leaves)


def _selector(text: str) -> Selector:
    path, at, choice = text.partition("@")
    if at and choice not in _CHOICES:
        raise FormatError(
            f"{TOOL}: `@{show(choice)}` is none of {', '.join(f'@{c}' for c in _CHOICES)}",
            hint=_HINT,
        )
    if not path or "" in path.split("."):
        raise FormatError(f"{TOOL}: `{show(text)}` is not a dotted path", hint=_HINT)
    return Selector(path=path, choice=choice or "median")


def _select(document: Node, selector: Selector) -> Iterator[tuple[str, Reading]]:
    """Every number the selector means; at least one."""
    path = selector.path
    if path != "*" and not path.endswith(".*"):
        yield path, _reading(path, _find(document, path), selector.choice)
        return
    prefix = path.removesuffix("*").removesuffix(".")
    top = _find(document, prefix) if prefix else document
    leaves = list(_leaves(top, prefix))
    if not leaves:
        raise top.fail("holds no number", hint="print the metrics as numbers, not as strings")
    if leaves[0][0] == prefix:
        raise top.fail("has no names inside", hint='print an object, such as `{"ms": 12.5}`')
    for name, node in leaves:
        yield name, _reading(name, node, selector.choice)


def _reading(name: str, node: Node, choice: str) -> Reading:
    if isinstance(node.value, Number):
        number = node.value
        return Reading(value=float(number), unit=unit_of(name), resolution=number.step)
    if not isinstance(node.value, list):
        raise FormatError(
            f"{TOOL}: `{show(name)}` is {kind(node.value)}, not a number or a list of numbers",
            hint=_below(node, name),
        )
    if any(not isinstance(item, Number) for item in node.value):
        raise FormatError(
            f"{TOOL}: `{show(name)}` is a list with {_stranger(node.value)} in it",
            hint=_below(node, name),
        )
    numbers = node.numbers()
    samples = tuple(float(number) for number in numbers)
    return Reading(
        value=float(_CHOICES[choice](samples)), unit=unit_of(name), samples=samples,
        resolution=finest(numbers),
    )  # fmt: skip


def _stranger(items: list[object]) -> str:
    return next(kind(item) for item in items if not isinstance(item, Number))


def _below(node: Node, name: str) -> str:
    leaves = itertools.islice(_leaves(node, name), 3)
    return "name a number: " + ", ".join(f"`{show(leaf)}`" for leaf, _ in leaves)


def _find(document: Node, path: str) -> Node:
    """The one value at the path; keys may hold dots, so every way to cut the path is tried."""
    parts = path.split(".")
    reached: list[list[Node]] = [[document], *([] for _ in parts)]
    for start in range(len(parts)):
        for node in reached[start]:
            for end in range(start + 1, len(parts) + 1):
                child = _child(node, ".".join(parts[start:end]))
                if child is not None:
                    reached[end].append(child)
    found = reached[-1]
    if len(found) == 1:
        return found[0]
    if found:
        raise FormatError(f"{TOOL}: `{show(path)}` can be read in {len(found)} ways", hint=_HINT)
    raise FormatError(f"{TOOL}: the document has no `{show(path)}`", hint=_like(document, path))


def _child(node: Node, key: str) -> Node | None:
    if isinstance(node.value, dict) and key in node.value:
        return node.get(key)
    if isinstance(node.value, list) and key.isascii() and key.isdigit() and len(key) < 10:
        items = node.items()
        return items[int(key)] if int(key) < len(items) else None
    return None


def _like(document: Node, path: str) -> str:
    names = [name for name, _ in itertools.islice(_leaves(document, ""), 200) if name]
    close = difflib.get_close_matches(path[:200], names, n=3, cutoff=0.5) or names[:5]
    return "it has " + ", ".join(f"`{show(name)}`" for name in close) if close else _HINT


def _leaves(top: Node, name: str) -> Iterator[tuple[str, Node]]:
    """Numbers and lists of numbers below `top`, in the order of the document.

    A stack and not recursion: a document may be nested as deeply as it likes.
    """
    stack = [(name, top)]
    while stack:
        name, node = stack.pop()
        value = node.value
        if isinstance(value, Number) or _is_samples(value):
            yield name, node
        elif isinstance(value, dict):
            stack += reversed([(_join(name, key), node.get(key)) for key in value])
        elif isinstance(value, list):
            stack += reversed([(_join(name, str(i)), item) for i, item in enumerate(node.items())])


def _is_samples(value: object) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(item, Number) for item in value)
    )


def _join(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key
