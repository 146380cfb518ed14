"""Keys and passwords, which belong into the environment and never into a file or a ledger."""

import re

_VALUES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # several model services
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|glpat-[A-Za-z0-9_-]{18,}"
    r"|AKIA[A-Z0-9]{16}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|hf_[A-Za-z0-9]{30,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r")"
)
_NAMES = re.compile(
    r"(?:.*[_-])?(?:api_?key|access_?key|secret_?key|private_?key|secret|token|password|passwd"
    r"|credentials?)",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=([^\s\"'$]+|\"[^\"$]+\"|'[^'$]+')")
_SHORTEST = 12


def found_in(name: str, value: str) -> str:
    """The name of the secret that a key holds, or nothing; the secret itself is never repeated.

    A value counts by its shape (`sk-…`, a private key), by the name it is given to, or by the name
    of a variable that a command sets to it.
    """
    if _VALUES.search(value) or (_is_secret(name) and _is_opaque(value)):
        return name
    for variable, given in _ASSIGNED.findall(value):
        if _is_secret(variable) and _is_opaque(given.strip("\"'")):
            return str(variable)
    return ""


def _is_secret(name: str) -> bool:
    return _NAMES.fullmatch(name) is not None


def _is_opaque(value: str) -> bool:
    """Long enough to be a secret, and neither a path nor a sentence."""
    return len(value) >= _SHORTEST and not re.search(r"[\s/]", value)
