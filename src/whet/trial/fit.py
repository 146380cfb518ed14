"""Whether a block can be run here."""

from whet.model.trial import Block
from whet.trial import locks


def unfit(block: Block) -> str:
    """Why a block cannot be run, or nothing."""
    if block.problem:
        return block.problem
    spec = block.trials[0]
    try:
        locks.available(spec.cpus)
    except ValueError as error:
        return f"cpus: {error}"
    if spec.mode == "judge" and any(one.design is None for one in block.trials):
        return "mode judge needs a design"
    if spec.mode == "fixed" and spec.pairs < 1:
        return "mode fixed needs pairs"
    if (spec.mode == "examine") != (spec.examination is not None):
        return "mode examine and an examination go together"
    if spec.mode != "checks" and not spec.metrics:
        return "there is no metric to read"
    return ""
