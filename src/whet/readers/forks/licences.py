"""The licence at a commit: what its files say, and whether its text may be copied. Pure."""

import re
from collections.abc import Collection, Mapping

from whet.model.idea import CopyOk

FILES = re.compile(r"(?i)^(un)?(licen[cs]e|copying|copyright)([._-].*)?$")
READMES = re.compile(r"(?i)^readme(\.(md|rst|txt))?$")

_TEXTS: Mapping[str, tuple[str, ...]] = {
    # every phrase of a row has to be there; the first row that fits is the answer
    "SSPL-1.0": ("server side public license",),
    "RSALv2": ("redis source available license",),
    "BUSL-1.1": ("business source license 1.1",),
    "Elastic-2.0": ("elastic license 2.0",),
    "Commons-Clause": ("commons clause",),
    "AGPL-3.0": ("gnu affero general public license", "version 3"),
    "LGPL-3.0": ("gnu lesser general public license", "version 3"),
    "LGPL-2.1": ("gnu lesser general public license", "version 2.1"),
    "LGPL-2.0": ("gnu library general public license",),
    "GPL-3.0": ("gnu general public license", "version 3"),
    "GPL-2.0": ("gnu general public license", "version 2"),
    "MPL-2.0": ("mozilla public license", "2.0"),
    "Apache-2.0": ("apache license", "version 2.0"),
    "BSL-1.0": ("boost software license",),
    "CC0-1.0": ("cc0 1.0 universal",),
    "Unlicense": ("free and unencumbered software released into the public domain",),
    "Zlib": ("this software is provided 'as-is'", "altered source versions must be plainly marked"),
    "ISC": ("permission to use, copy, modify, and/or distribute this software for any purpose",),
    "MIT": ("permission is hereby granted, free of charge, to any person obtaining a copy",),
    "BSD-3-Clause": ("redistribution and use in source and binary forms", "neither the name"),
    "BSD-2-Clause": ("redistribution and use in source and binary forms",),
    "PSF-2.0": ("python software foundation license version 2",),
    "proprietary": ("all rights reserved", "confidential"),
}

_PERMISSIVE = frozenset({
    "MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Zlib", "BSL-1.0", "CC0-1.0", "Unlicense",
    "0BSD", "PSF-2.0",
})  # fmt: skip
_TAKES_APACHE = frozenset({"Apache-2.0", "GPL-3.0", "LGPL-3.0", "AGPL-3.0", "MPL-2.0"})
_REFUSED = frozenset({"proprietary"})


def detect(text: str) -> str:
    """The SPDX id of a licence's text; `unknown` for one that is not known, empty for no text."""
    flat = " ".join(text.split()).lower().replace("\u2018", "'").replace("\u2019", "'")
    if not flat:
        return ""
    named = re.search(r"spdx-license-identifier: ([a-z0-9.+-]+)", flat)
    for name, phrases in _TEXTS.items():
        if all(phrase in flat for phrase in phrases) or (named and named[1] == name.lower()):
            return name
    return "unknown"


def may_copy(theirs: str, ours: str, also: Collection[str] = ()) -> CopyOk:
    """Whether text under one licence may become part of a work under another.

    It is a first sieve and no lawyer: what it does not know is the thought alone.

    Args:
        theirs: SPDX id at the commit of the fork.
        ours: SPDX id at the base.
        also: licences that the user says are fine.
    """
    if theirs in _REFUSED:
        return "no"
    if theirs in also:
        return "yes"
    if theirs in ("", "unknown"):
        return "idea-only"
    if theirs == ours or (theirs in _PERMISSIVE and ours):
        return "yes"
    return "yes" if theirs == "Apache-2.0" and ours in _TAKES_APACHE else "idea-only"
