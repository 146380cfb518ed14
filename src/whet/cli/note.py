"""`whet note`: a word to the agents."""

import click

from whet.cli.face import Face, common


@click.command("note")
@click.argument("text", nargs=-1, required=True)
@common
def note_command(face: Face, text: tuple[str, ...]) -> None:
    """Tell the agents something: it is in every brief from now on.

    \b
    whet note "leave the parser alone"
    whet note the target machine has no AVX-512

    Works while a run is under way; verdicts do not depend on it.
    """
    from whet.api.noting import note

    name = note(face.start, " ".join(text), face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": "note", "campaign": name})
    else:
        face.say(f"Noted for {name}: the next brief has it")
