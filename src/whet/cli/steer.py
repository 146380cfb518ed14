"""`whet pause`, `whet resume`, `whet stop`: a word to the run that is at work."""

from typing import TYPE_CHECKING

import click

from whet.cli.face import Face, common

if TYPE_CHECKING:
    from whet.model.request import Continue, Halt, Pause

    Request = Continue | Halt | Pause


@click.command("pause")
@common
def pause_command(face: Face) -> None:
    """Let a run start nothing more, until `whet resume`.

    \b
    whet pause
    whet pause --campaign tg128-cpu

    What is under way comes to its end first. The time of a pause is no time of the campaign.
    """
    from whet.model.request import Pause

    said = "Pausing {name}: what is under way comes to its end. Next: whet resume"
    _asked(face, Pause(), said)


@click.command("resume")
@common
def resume_command(face: Face) -> None:
    """Let a run that was paused go on.

    \b
    whet resume

    One that has ended goes on with `whet run`.
    """
    from whet.model.request import Continue

    _asked(face, Continue(), "{name} goes on")


@click.command("stop")
@click.option("--now", is_flag=True, help="Do not wait for the wave; what runs is run again.")
@common
def stop_command(face: Face, *, now: bool) -> None:
    """End a run after its wave, as Ctrl-C does; `whet run` takes it up again.

    \b
    whet stop
    whet stop --now
    """
    from whet.model.request import Halt

    when = "now" if now else "after its wave"
    _asked(face, Halt(now=now), f"Stopping {{name}} {when}. Next: whet run")


def _asked(face: Face, request: "Request", said: str) -> None:
    from whet.api.asking import tell

    name = tell(face.start, request, face.campaign)
    if face.as_json:
        face.document({"schema": "whet/1", "kind": request.type, "campaign": name})
    else:
        face.say(said.format(name=name))
