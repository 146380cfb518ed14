"""Inquiries about a target that need none."""

from pathlib import Path

from whet.model.config import Bench, Config, Research
from whet.model.idea import Evidence
from whet.model.metric import Goal
from whet.ports import Inquiry
from whet.steps.gather import Basket

HOT = Evidence(
    id="S01", key="profile:aaaaaaaaaaaa:rms_norm", reader="profile", kind="hot-function",
    locator="norm.c:3", quote="62 % rms_norm", functions=("rms_norm_f32",), value=0.62,
    commit="a" * 40,
)  # fmt: skip


def inquiry(root=Path("/nowhere"), *, evidence=(HOT,), as_of="", exclude=(), **research):
    return Inquiry(
        root=root,
        base="a" * 40,
        incumbent="a" * 40,
        config=Config(
            goal=Goal(metric="seconds"), bench=Bench(command="./b"), research=Research(**research)
        ),
        shelf=Basket(),
        evidence=evidence,
        as_of=as_of,
        exclude=exclude,
    )
