"""A whisper model with random weights: as fast as a real one of its size, and it hears nothing.

python make_whisper_model.py models/for-tests-ggml-tiny.en.bin model.bin [WIDTH]

whisper.cpp carries models without weights for its tests; their head, with sizes, filters and words,
is the beginning of the new file. With a WIDTH, a multiple of 64, layers have that many channels.
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

_F32, _F16 = 0, 1
_SIZES = 11
_HEAD = 64
"""Channels of one head of the attention, in every model of whisper."""
_SPREAD = 0.02


def tensors(head: bytes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes, the slowest index first, from the sizes that the head states."""
    words, audio, width, _, layers, text, inner, _, deep, mels, _ = _sizes(head)
    yield "encoder.conv1.weight", (width, mels, 3)
    yield "encoder.conv1.bias", (width, 1)
    yield "encoder.conv2.weight", (width, width, 3)
    yield "encoder.conv2.bias", (width, 1)
    yield "encoder.positional_embedding", (audio, width)
    yield from _blocks("encoder", layers, width, ("attn",))
    yield from _both("encoder.ln_post", width)
    yield "decoder.positional_embedding", (text, inner)
    yield "decoder.token_embedding.weight", (words, inner)
    yield from _blocks("decoder", deep, inner, ("attn", "cross_attn"))
    yield from _both("decoder.ln", inner)


def narrowed(head: bytes, width: int) -> bytes:
    """The head with other channels and heads, and everything else as it is."""
    words, audio, _, _, layers, text, _, _, deep, mels, kind = _sizes(head)
    heads = width // _HEAD
    sizes = (words, audio, width, heads, layers, text, width, heads, deep, mels, kind)
    return head[:4] + struct.pack(f"<{_SIZES}i", *sizes) + head[4 + 4 * _SIZES :]


def _sizes(head: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{_SIZES}i", head[4 : 4 + 4 * _SIZES])


def _blocks(
    side: str, layers: int, width: int, kinds: tuple[str, ...]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for layer in range(layers):
        at = f"{side}.blocks.{layer}"
        for kind in kinds:
            for part in ("query", "key", "value", "out"):
                yield f"{at}.{kind}.{part}.weight", (width, width)
                if part != "key":
                    yield f"{at}.{kind}.{part}.bias", (width,)
            yield from _both(f"{at}.{kind}_ln", width)
        yield f"{at}.mlp.0.weight", (4 * width, width)
        yield f"{at}.mlp.0.bias", (4 * width,)
        yield f"{at}.mlp.2.weight", (width, 4 * width)
        yield f"{at}.mlp.2.bias", (width,)
        yield from _both(f"{at}.mlp_ln", width)


def _both(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def main(source: Path, target: Path, width: int = 0) -> None:
    """Write the model."""
    head = source.read_bytes()
    if width:
        head = narrowed(head, width)
    draw = np.random.default_rng(1)
    with target.open("wb") as file:
        file.write(head)
        for name, shape in tensors(head):
            values = draw.standard_normal(shape, dtype=np.float32) * _SPREAD
            halved = len(shape) > 1 and shape[-1] != 1 and "positional" not in name
            kind, number = (_F16, np.float16) if halved else (_F32, np.float32)
            if name.endswith(("ln.weight", "ln_post.weight")):
                values += 1
            file.write(struct.pack("<3i", len(shape), len(name), kind))
            file.write(struct.pack(f"<{len(shape)}i", *reversed(shape)))
            file.write(name.encode())
            file.write(values.astype(number).tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
