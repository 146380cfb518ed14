"""A proof as a JSON document. Shares, gains and claims are fractions; what is missing is null."""

from whet.proof.headline import headline
from whet.proof.result import OnMachine, Proof, Row, Share, Stack
from whet.report.document import SCHEMA, effect_document
from whet.report.jsonable import Document, jsonable


def document(proof: Proof) -> Document:
    """Everything that was found, down to single candidates."""
    return {
        "schema": SCHEMA,
        "kind": "proof",
        "headline": headline(proof),
        "whet_version": proof.version,
        "mix": proof.mix if proof.effect is None else None,
        "effect": proof.effect,
        "candidates": proof.candidates,
        "seeds": list(proof.seeds),
        "min_effect": proof.min_effect,
        "sandbox": proof.sandbox,
        "seconds": proof.seconds,
        "machines": [_machine(one) for one in proof.machines],
    }


def _machine(one: OnMachine) -> Document:
    return {
        "machine": one.machine,
        "sd_pair": one.noise,
        "rules": [_row(row) for row in one.rows],
        "stacks": [_stack(stack) for stack in one.stacks],
        "candidates": [jsonable(tried) for tried in one.tried],
    }


def _row(row: Row) -> Document:
    return {
        "rule": row.key,
        "title": row.title,
        "null": _share(row.null),
        "harmful": _share(row.harmful),
        "found": _share(row.found),
        "invocations_per_candidate": row.invocations,
        "claimed": jsonable(row.claimed),
        "true": jsonable(row.true),
    }


def _share(found: Share) -> Document:
    return {
        "kept": found.kept,
        "of": found.of,
        "rate": found.rate,
        "ci": [found.low, found.high] if found.of else None,
    }


def _stack(stack: Stack) -> Document:
    measured = stack.measured
    return {
        "seed": stack.seed,
        "experiments": list(stack.kept),
        "measured": effect_document(measured) if measured is not None else None,
        "product_of_single_effects": stack.product,
        "true": stack.true,
    }
