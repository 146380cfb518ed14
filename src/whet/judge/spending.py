"""How much of the campaign's error one candidate may spend. Standard library only."""

from whet.model.config import Judge


def level(judge: Judge, *, judged: int, kept: int, planned: int, noisy: bool) -> float:
    """The alpha of the next candidate, to be fixed before its first pair.

    `fixed` gives every candidate `judge.alpha`. `lond` gives fdr * (kept + 1) / planned, which
    is LOND (A. Javanmard and A. Montanari, "On online control of false discovery rate", 2015)
    with equal shares over the planned candidates: the expected share of false keeps among the
    kept stays below `judge.fdr` where the tests are independent, and they are, because every
    candidate gets fresh pairs. `auto` is LOND where the machine is `noisy`: there the futility
    rule alone stops fewer of the candidates without effect.

    LOND grows with every keep. It stops at 0.025 and at five times `judge.alpha`, so that a
    long row of keeps cannot make the next one cheap, and a stricter alpha is felt here too.

    `judged` counts candidates judged so far, and a candidate judged again counts again. Beyond
    `planned` the shares shrink as if exactly one more had been planned each time, so a campaign
    that goes on to M candidates has promised fdr * (1 + log(M / planned)) instead of fdr.
    """
    if judge.spend == "fixed" or (judge.spend == "auto" and not noisy):
        return judge.alpha
    share = judge.fdr / max(planned, judged + 1)
    return min(0.025, 5 * judge.alpha, share * (kept + 1))
