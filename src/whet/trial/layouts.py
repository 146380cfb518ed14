"""The same program with its functions in other places.

Where functions lie in memory changes the speed of native code by some per cent, without any change
of meaning, and no number of runs of one build shows it. So a build can be made several times: in
build number k the compiler puts k times sixteen bytes that never run in front of every function.

The flag is added by small scripts with the compilers' names, which come first in PATH, because
many builds do not ask the environment for flags. A build that finds its compiler elsewhere can
read `$WHET_LAYOUT`, or makes the same program every time, which is seen and said.
"""

import os
import platform
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

_COMPILERS = ("cc", "gcc", "g++", "c++", "clang", "clang++")
_STEP = 16
"""Bytes: what compilers align functions to, so that they stay as aligned as they were."""

_FIXED_WIDTH = 4
"""Bytes of an instruction where all are equally long."""


def environment(layout: int, folder: Path) -> Mapping[str, str]:
    """Variables for a build in this layout; 0 is the program as the build makes it.

    Args:
        layout: its number.
        folder: where the scripts are, or will be; it must be visible to the build.
    """
    env = {"WHET_LAYOUT": str(layout)}
    if layout:
        env["PATH"] = f"{scripts(layout, folder)}:{_path()}"
    return env


def scripts(layout: int, folder: Path) -> Path:
    """A folder with a script for every compiler there is, made at the first call."""
    place = folder / f"layout-{layout:02d}"
    if place.is_dir():
        return place
    place.mkdir(parents=True)
    width = 1 if platform.machine() in ("x86_64", "AMD64", "i686") else _FIXED_WIDTH
    count = _STEP * layout // width
    for name in _COMPILERS:
        real = shutil.which(name)
        if real is not None:
            script = place / name
            flag = f"-fpatchable-function-entry={count},{count}"
            script.write_text(f'#!/bin/sh\nexec {shlex.quote(real)} "$@" {flag}\n')
            script.chmod(0o755)
    return place


def variant(side: int, turn: int, layouts: int) -> int:
    """Which build of a side a round takes: the two sides are never in the same layout.

    Args:
        side: 0 for the incumbent, another number for a candidate.
        turn: the round's number, modulo the number of layouts.
        layouts: how many builds each side has.
    """
    return (turn + (layouts // 2 if side else 0)) % layouts


def _path() -> str:
    return os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
