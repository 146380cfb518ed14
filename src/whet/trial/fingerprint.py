"""What machine this is."""

import functools
import os
import platform
import shutil
from pathlib import Path

from whet import proc
from whet.model.trial import Fingerprint
from whet.sandbox import Kind


@functools.cache
def fingerprint(sandbox: Kind) -> Fingerprint:
    """This machine, as far as it decides how fast a program runs."""
    return Fingerprint(
        host=platform.node(),
        machine=platform.machine(),
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        kernel=platform.release(),
        compiler=_compiler(),
        python=platform.python_version(),
        sandbox=sandbox,
    )


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return platform.processor() or platform.machine()


def _compiler() -> str:
    name = shutil.which(os.environ.get("CC", "cc"))
    if name is None:
        return ""
    done = proc.run([name, "--version"], timeout=10)
    return done.text.splitlines()[0] if done.ok and done.stdout else ""
