"""Write the plugin's manifests and the copies of the skill from one source.

`python plugin/generate.py` writes them, `--check` only tells which of them are out of date.
"""

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
SKILL = "src/whet/skill/SKILL.md"
SCHEMA = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"
SERVER = {"command": "whet", "args": ["mcp"]}


def wanted() -> Mapping[str, str]:
    """Every file by its path, as it has to be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    skill = (ROOT / SKILL).read_text(encoding="utf-8")
    about = {
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "license": project["license"],
        "keywords": project["keywords"],
    }
    servers = {"mcpServers": {"whet": SERVER}}
    skills = {"skills": "./skills/"}
    listed = {"name": project["name"], "description": project["description"]}
    documents: dict[str, object] = {
        "plugin/plugin.json": {
            "$schema": SCHEMA, **about, **skills, "mcpServers": "./mcp.json",
        },
        "plugin/.claude-plugin/plugin.json": {**about, "mcpServers": "./.mcp.json"},
        "plugin/.codex-plugin/plugin.json": {**about, **skills, "mcpServers": "./.mcp.json"},
        "plugin/.cursor-plugin/plugin.json": {**about, **skills, "mcpServers": "./mcp.json"},
        "plugin/gemini-extension.json": {"name": about["name"], "version": about["version"],
                                         "description": about["description"], **servers},
        "plugin/mcp.json": servers,
        "plugin/.mcp.json": servers,
        ".claude-plugin/marketplace.json": {
            "name": "whet", "owner": {"name": "whet"},
            "plugins": [{**listed, "source": "./plugin"}],
        },
        ".agents/plugins/marketplace.json": {
            "name": "whet", "interface": {"displayName": "whet"},
            "plugins": [{
                "name": project["name"], "source": {"source": "local", "path": "./plugin"},
                "policy": {"installation": "AVAILABLE", "authentication": "ON_INSTALL"},
                "category": "Developer Tools",
            }],
        },
    }  # fmt: skip
    files = {path: json.dumps(found, indent=2) + "\n" for path, found in documents.items()}
    for folder in (".agents/skills", ".claude/skills", "plugin/skills"):
        files[f"{folder}/whet/SKILL.md"] = skill
    return files


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` return 1 when one differs."""
    stale = [path for path, text in wanted().items() if _read(ROOT / path) != text]
    for path in stale:
        if "--check" not in arguments:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(wanted()[path], encoding="utf-8")
        print(path, "is out of date" if "--check" in arguments else "written")
    return 1 if stale and "--check" in arguments else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
