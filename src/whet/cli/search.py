"""`whet search`: what readers have read, on this machine."""

import click

from whet.cli.face import Face, common
from whet.report.escape import cut, visible


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "most", type=click.IntRange(1, 200), default=10, show_default=True,
              help="How many to show.")  # fmt: skip
@common
def search_command(face: Face, words: tuple[str, ...], most: int) -> None:
    """Search everything that was read, best first; identifiers are looked into.

    \b
    whet search fused rms norm
    whet search ggml_vec_dot --json
    """
    from whet.api import searching

    hits = searching.search(face.start, " ".join(words), most)
    if face.as_json:
        from whet.report.jsonable import jsonable

        face.document({"schema": "whet/1", "kind": "search", "hits": [jsonable(h) for h in hits]})
        return
    for hit in hits:
        face.say(f"{cut(hit.title, face.width)}")
        face.say(f"  {hit.kind} {visible(hit.published)}  {cut(hit.locator, face.width - 24)}")
        if hit.excerpt:
            face.say(f"  {cut(hit.excerpt, face.width - 2)}")
    if not hits:
        face.say("Nothing was found. Read more: whet research")
