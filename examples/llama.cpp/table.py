"""The table of a finished campaign, in Markdown, from what whet wrote down.

python examples/llama.cpp/table.py FOLDER
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_WORDS = {
    "kept": "**kept**",
    "retired": "kept, then dropped",
    "discarded": "no gain",
    "inconclusive": "cannot tell",
    "checks_failed": "checks failed",
    "failed": "failed",
    "rejected": "rejected",
}


def main() -> None:
    """Print the table, then what everything together is worth."""
    folder = Path(sys.argv[1])
    plan = tomllib.loads((HERE / "ideas.toml").read_text(encoding="utf-8"))
    print("| Change | Reference run | Goal | whet | Effect, 95 % interval | Guard | Pairs |")
    print("|---|---|---|---|---:|---:|---:|")
    for name, part in plan["parts"].items():
        report = _read(folder / f"report-{name}" / "report.json")
        found = {one["title"]: one for one in report.get("experiments", [])}
        for idea in (one for one in plan["ideas"] if one["part"] == name):
            print(_row(part, idea, found.get(idea["title"], {})))
    print()
    for path in sorted(folder.glob("together-*.json")):
        print(_together(path.stem.removeprefix("together-"), _read(path)))
    facts = _read(folder / "facts.json")
    if facts:
        print(f"\n{facts['threads']} cores, {facts['seconds'] / 60:.0f} minutes in all, "
              f"at most {facts['bytes'] / 1e6:.0f} MB in one process.")  # fmt: skip


def _row(part: dict[str, Any], idea: dict[str, Any], found: dict[str, Any]) -> str:
    effect = found.get("effect") or {}
    guards = [_effect(guard) for guard in found.get("guards") or []]
    goal = part["metric"] + (", flash attention" if part["flash"] else "")
    goal += "" if part["threads"] else ", all cores"
    said = _WORDS.get(str(found.get("verdict")), "not judged")
    if said not in ("**kept**", "no gain", "cannot tell") and found.get("reason"):
        said += f": {_short(found['reason'])}"
    cells = (idea["title"], idea["reference"], goal, said, _effect(effect) if effect else "",
             ", ".join(guards), str(effect.get("n_pairs", "")))  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _together(name: str, document: dict[str, Any]) -> str:
    rows = document["metrics"]
    values = "; ".join(f"{row['metric']} {_effect(row)}" for row in rows)
    return f"- {name}: {values}"


def _effect(effect: dict[str, Any]) -> str:
    low, high = effect["ci"]
    return f"{100 * effect['estimate']:+.1f} % [{100 * low:+.1f}, {100 * high:+.1f}]"


def _short(text: str) -> str:
    return text if len(text) <= 90 else text[:89] + "…"


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


if __name__ == "__main__":
    main()
