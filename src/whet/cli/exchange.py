"""`whet export` and `whet import`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common, shown

if TYPE_CHECKING:
    from whet.api.exchanging import Format

_FORMATS = ("csv", "parquet", "sqlite", "llama-bench", "github-action-benchmark", "bencher")


@click.command("export")
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="csv", show_default=True)
@click.option("--out", default="", metavar="FILE", help="Where; text goes to standard output.")
@common
def export_command(face: Face, kind: "Format", out: str) -> None:
    """Give a campaign's numbers to other tools.

    \b
    whet export > samples.csv
    whet export --format llama-bench    for llama.cpp's compare-llama-bench.py
    whet export --format bencher --out bmf.json

    csv, parquet and sqlite have every sample; the others what the stack has come to.
    """
    from whet.api.exchanging import TEXTS, export_file, export_text

    if kind in TEXTS and not out and not face.as_json:
        click.echo(export_text(face.start, kind, face.campaign), nl=False)
        return
    path = export_file(face.start, kind, out, face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "export", "format": kind, "path": str(path)})
    else:
        face.say(f"Wrote {shown(path)}   {path.stat().st_size / 1000:.0f} KB")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--metric", default="", metavar="COLUMN", help="Of a table; default: the first.")
@common
def import_command(face: Face, file: Path, metric: str) -> None:
    """Take what another loop has noted into the campaign, as notes.

    \b
    whet import .auto/log.jsonl                   pi-autoresearch
    whet import results.tsv --metric val_bpb      karpathy's autoresearch and its kin

    Their numbers are single runs without a control, so none of them becomes a measurement or a
    verdict: they tell an agent what was tried before. Importing twice adds nothing.
    """
    from whet.api.exchanging import import_runs
    from whet.api.running import RunOptions
    from whet.report.figures import plural

    options = RunOptions(campaign=face.campaign, overrides=face.overrides)
    done = import_runs(face.start, file, metric, options)
    if face.as_json:
        face.document(
            {
                "schema": "whet/1",
                "kind": "import",
                "campaign": done.campaign,
                "runs": len(done.runs),
                "new": done.new,
                "counts": dict(done.counts),
                "verified": 0,
            }
        )
        return
    counts = ", ".join(f"{count} {name}" for name, count in done.counts.items())
    old = len(done.runs) - done.new
    face.say(
        f"{plural(len(done.runs), 'run')} in {file.name}: {counts}",
        f"{plural(done.new, 'note')} added to {done.campaign}"
        + (f", {old} were there" if old else ""),
        "None is a measurement: whet has verified 0 of them.",
    )
