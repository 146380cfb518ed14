"""Texts for agents, made of templates: those of whet, or a user's own of the same name.

A file in `.whet/briefs/` of the repository takes the place of the one that comes with whet. It
runs in Jinja2's sandbox: it can show what it is given, and reach nothing else.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, meta
from jinja2.sandbox import SandboxedEnvironment

from whet.errors import UserError
from whet.places import STATE
from whet.report.escape import fenced

TEMPLATES = Path(__file__).parent / "briefs"

_MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
             RecursionError)  # fmt: skip
"""What a template of the user's can raise: most of it is Python's, not Jinja2's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A brief and the digest of the templates it was made of."""

    text: str
    template: str


def own_folder(root: Path) -> Path:
    """Where a user's own templates are looked for."""
    return root / STATE / "briefs"


def render(name: str, root: Path | None, values: Mapping[str, object]) -> Written:
    """A template with its values.

    Args:
        name: of the template, such as `implementer.md.j2`.
        root: the repository whose own templates are used, or None for none.
        values: everything a template may name.

    Raises:
        UserError: a template of the user's has a mistake, or is not UTF-8.
    """
    used: dict[str, str] = {}
    environment = _environment(root, used)
    try:
        text = environment.get_template(name).render(values)
    except _MISTAKES as error:
        raise _mistake(name, root, error) from error
    sources = "".join(used[part] for part in sorted(used))
    digest = hashlib.sha256(sources.encode()).hexdigest()
    return Written(text=text.strip() + "\n", template=digest)


def look_through(root: Path, known: frozenset[str]) -> None:
    """Look at every template of the user's for names that will not be there.

    Raises:
        UserError: one of them has a mistake.
    """
    environment = _environment(root, {})
    for path in sorted(own_folder(root).glob("*.j2")):
        try:
            tree = environment.parse(_source(path))
            strange = sorted(meta.find_undeclared_variables(tree) - known)
        except _MISTAKES as error:
            raise _mistake(path.name, root, error) from error
        if strange:
            raise UserError(
                f"the brief {path} uses `{strange[0]}`, which no brief is given",
                hint=f"use one of {', '.join(sorted(known))}; or go back to whet's: rm {path}",
            )


def _environment(root: Path | None, used: dict[str, str]) -> SandboxedEnvironment:
    def load(name: str) -> str | None:
        if Path(name).name != name:
            return None
        for folder in ([own_folder(root)] if root is not None else []) + [TEMPLATES]:
            if (folder / name).is_file():
                used[name] = _source(folder / name)
                return used[name]
        return None

    environment = SandboxedEnvironment(
        loader=FunctionLoader(load),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown for a model: what others wrote is fenced
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"fenced": fenced, "code": _code, "codes": _codes}
    return environment


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"the brief {path} is not UTF-8 text", hint=f"rm {path}") from error


def _mistake(name: str, root: Path | None, error: Exception) -> UserError:
    """The mistake with the file that has it, which may be one that was included."""
    if isinstance(error, TemplateNotFound):
        where = own_folder(root) if root is not None else TEMPLATES
        return UserError(f"a brief includes {error.name}, which is not there", hint=f"ls {where}")
    name = getattr(error, "name", None) or name
    line = getattr(error, "lineno", None)
    own = own_folder(root) / name if root is not None else Path(name)
    what = getattr(error, "message", None) or str(error) or type(error).__name__
    at = f" in line {line}" if line else ""
    return UserError(f"the brief {own} has a mistake{at}: {what}",
                     hint=f"mend it, or go back to whet's: rm {own}")  # fmt: skip


def _code(command: str) -> str:
    return f"`{command}`" if command else "none"


def _codes(patterns: tuple[str, ...]) -> str:
    return ", ".join(f"`{pattern}`" for pattern in patterns) or "nothing"
