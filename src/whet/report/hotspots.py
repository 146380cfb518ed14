"""A profile for a terminal: what bounds a benchmark, where its time goes, what the machine can."""

from collections.abc import Iterator, Sequence

from whet.model.profile import HotFunction, Limit, Profile
from whet.model.sampling import Ceilings
from whet.report.escape import columns, cut, pad, visible
from whet.report.figures import duration, plural
from whet.report.span import Line, Span, line
from whet.report.wrap import labelled, paragraph

WORDS = {
    "bandwidth": "bandwidth: bytes from memory",
    "cache": "cache: bytes from a cache",
    "latency": "latency: waiting for single reads",
    "compute": "compute: arithmetic and instructions",
    "unknown": "unknown",
}
_NAME, _PLACE = 44, 34


def lines(
    profile: Profile, hot: Sequence[HotFunction], limit: Limit, *, top: int, width: int
) -> Iterator[Line]:
    """The whole answer, in lines."""
    yield _head(profile)
    yield line("")
    label = Span("Bound by", "strong")
    yield from labelled(label, _said(limit), column=11, width=width)
    if hot:
        yield line("")
        yield from _table(hot[:top], width)
        yield from _hottest(hot, top)
        if hot[top:]:
            rest = sum(one.share for one in hot[top:])
            yield line(Span(f"  {_percent(rest)}  in {plural(len(hot) - top, 'other')}: "
                            f"whet profile --top {min(len(hot), 3 * top)}", "dim"))  # fmt: skip
    if profile.examined.ceilings is not None and not profile.examined.ceilings.problem:
        yield line("")
        yield from labelled(Span("Machine", "strong"), machine(profile.examined.ceilings),
                            column=11, width=width)  # fmt: skip
    notes = [*profile.examined.problems]
    notes += [s.note for s in profile.examined.samplings[:1] if s.note]
    if notes:
        yield line("")
    for note in notes:
        rows = paragraph(visible(note), width - 4)
        yield line("  ", Span("!", "warn"), " ", rows[0])
        yield from (line("    ", row) for row in rows[1:])


def machine(ceilings: Ceilings) -> str:
    """The ceilings in a line: bandwidth by size, arithmetic, clock, latency."""
    reads = ", ".join(
        f"{level.bandwidth / 1e9:.3g} at {_size(level.size)}" for level in ceilings.levels
    )
    together = (
        f", {ceilings.together / 1e9:.3g} with {ceilings.threads} threads"
        if ceilings.threads > 1
        else ""
    )
    return (
        f"reads GB/s: {reads}{together}; {ceilings.vector / 1e9:.3g} GFLOP/s a core in vectors, "
        f"{ceilings.scalar / 1e9:.3g} without; {ceilings.clock / 1e9:.3g} GHz; "
        f"{1e9 * ceilings.levels[-1].latency:.0f} ns to memory"
    )


def _head(profile: Profile) -> Line:
    runs = profile.invocations
    told = [plural(len(runs), "run")]
    if runs:
        told.append(f"{_seconds(min(run.cpu for run in runs))} of CPU each")
    for sampling in profile.examined.samplings[:1]:
        weight = sum(stack.weight for stack in sampling.stacks)
        unit = "instructions" if sampling.by == "callgrind" else "samples"
        told.append(f"{weight:,} {unit} by {sampling.by}")
    if profile.examined.counted:
        told.append(f"bytes counted in {duration(profile.examined.counted_seconds)}")
    return line(Span(cut(profile.command, 60), "strong"), f"  {', '.join(told)}",
                Span(f"  {profile.commit[:7]}", "dim"))  # fmt: skip


def _said(limit: Limit) -> str:
    reasons = "; ".join(limit.why)
    return f"{WORDS[limit.kind]}. {reasons[:1].upper()}{reasons[1:]}" if reasons else "unknown"


def _table(hot: Sequence[HotFunction], width: int) -> Iterator[Line]:
    places = [_tail(_where(one), _PLACE) for one in hot]
    # what the places leave is for the names, which are long where they matter
    wide = max(map(len, places), default=_PLACE)
    name = max(12, min(_NAME, width - 17 - wide - 11))
    yield line(
        Span(f"  {'self':>6} {'total':>6}  {pad('function', name)}  {pad('in', wide)}  bound by",
             "dim")
    )  # fmt: skip
    for one, place in zip(hot, places, strict=True):
        bound = "" if one.limit.kind == "unknown" else one.limit.kind
        yield line(
            f"  {_percent(one.share)} {_percent(one.total)}  ",
            Span(pad(_ends(one.frame.name, name), name), "id"),
            f"  {pad(place, wide)}  {bound}",
        )


def _where(one: HotFunction) -> str:
    """The file of a function, or the program where nobody knows the file."""
    seen = one.lines[0][0] if one.lines else ""
    return seen if seen and not seen.startswith("/") else one.frame.file or one.frame.module


def _ends(text: str, room: int) -> str:
    """Both ends of a name: those of one library begin alike, and differ in their last words."""
    shown = visible(text)
    if columns(shown) <= room or not shown.isascii():
        return cut(shown, room)
    tail = (room - 1) * 2 // 3
    return f"{shown[: room - 1 - tail]}…{shown[-tail:]}"


def _hottest(hot: Sequence[HotFunction], top: int) -> Iterator[Line]:
    found = sorted(
        {(share, file, number) for one in hot for file, number, share in one.lines}, reverse=True
    )
    shown = [entry for entry in found if entry[0] >= 0.01][:top]
    if shown:
        yield line("")
        yield line(Span("  lines", "dim"))
    for share, file, number in shown:
        yield line(f"  {_percent(share)}         ", f"{visible(file)}:{number}")


def _tail(path: str, room: int) -> str:
    """A path in so many columns: of a long one the end, which tells more."""
    shown = visible(path)
    return shown if len(shown) <= room else "…" + shown[-(room - 1) :]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:5.1f}%"


def _seconds(number: float) -> str:
    return f"{1000 * number:.0f} ms" if number < 1 else f"{number:.2g} s"


def _size(number: int) -> str:
    units = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
    least, unit = next(((n, u) for n, u in units if number >= n), (1, "B"))
    return f"{number / least:.3g} {unit}"
