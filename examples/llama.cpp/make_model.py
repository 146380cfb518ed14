"""A model with random weights in the llama architecture, as GGUF: as fast as a real one.

    python make_model.py tiny tiny.gguf       29 million parameters, 17 MB
    python make_model.py full full.gguf       1.1 billion, the shape of TinyLlama, 638 MB

Weights are four-bit blocks (Q4_0), the output layer is Q6_K, as llama-quantize makes a Q4_0 model.
They come from a fixed seed: the same file everywhere.
"""

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_ALIGNMENT = 32
_F32, _Q4_0, _Q6_K = 0, 2, 14
_SPREAD = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What makes a model of this architecture as large as it is."""

    layers: int
    width: int
    heads: int
    groups: int
    inner: int
    words: int


SHAPES = {
    "tiny": Shape(layers=8, width=512, heads=8, groups=4, inner=1536, words=4096),
    "full": Shape(layers=22, width=2048, heads=32, groups=4, inner=5632, words=32000),
}


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    kind: int
    rows: int
    columns: int
    gain: float = 1.0

    @property
    def size(self) -> int:
        values = max(self.rows, 1) * self.columns
        return {_F32: 4 * values, _Q4_0: values // 32 * 18, _Q6_K: values // 256 * 210}[self.kind]


def write(shape: Shape, path: Path) -> None:
    """Write the model; only one tensor is in memory at a time."""
    tensors = list(_tensors(shape))
    facts = list(_facts(shape))
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts)))
        for fact in facts:
            file.write(fact)
        offset = 0
        for tensor in tensors:
            # the innermost dimension comes first; a row of norms has only that
            sizes = (tensor.columns, tensor.rows) if tensor.rows else (tensor.columns,)
            file.write(_text(tensor.name) + struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes))
            file.write(struct.pack("<IQ", tensor.kind, offset))
            offset += _padded(tensor.size)
        file.write(bytes(_padded(file.tell()) - file.tell()))
        random = np.random.default_rng(20260406)
        for tensor in tensors:
            data = _values(random, tensor)
            file.write(data + bytes(_padded(len(data)) - len(data)))


def _tensors(shape: Shape) -> Iterator[_Tensor]:
    wide, narrow = shape.width, shape.width // shape.heads * shape.groups
    four = (2048 / wide) ** 0.5 * _SPREAD
    yield _Tensor("token_embd.weight", _Q4_0, shape.words, wide)
    for layer in range(shape.layers):
        at = f"blk.{layer}."
        yield _Tensor(at + "attn_norm.weight", _F32, 0, wide)
        # sharper queries and keys, so that attention is uneven and a wrong mask shows
        yield _Tensor(at + "attn_q.weight", _Q4_0, wide, wide, 1.6 * four)
        yield _Tensor(at + "attn_k.weight", _Q4_0, narrow, wide, 1.6 * four)
        yield _Tensor(at + "attn_v.weight", _Q4_0, narrow, wide, four)
        yield _Tensor(at + "attn_output.weight", _Q4_0, wide, wide, four)
        yield _Tensor(at + "ffn_norm.weight", _F32, 0, wide)
        yield _Tensor(at + "ffn_gate.weight", _Q4_0, shape.inner, wide, four)
        yield _Tensor(at + "ffn_up.weight", _Q4_0, shape.inner, wide, four)
        yield _Tensor(at + "ffn_down.weight", _Q4_0, wide, shape.inner, four)
    yield _Tensor("output_norm.weight", _F32, 0, wide)
    yield _Tensor("output.weight", _Q6_K, shape.words, wide, _SPREAD)


def _values(random: np.random.Generator, tensor: _Tensor) -> bytes:
    values = max(tensor.rows, 1) * tensor.columns
    if tensor.kind == _F32:
        return random.uniform(0.8, 1.2, values).astype("<f4").tobytes()
    if tensor.kind == _Q4_0:
        blocks = values // 32
        out = np.empty((blocks, 18), dtype=np.uint8)
        # a nibble n stands for n - 8: without -8 their mean is 0 and their spread 4.2. A mean that
        # is not 0 would make the logits of all tokens alike, and hide mistakes.
        scale = random.uniform(0.7, 1.3, blocks) * tensor.gain / 4.2
        out[:, :2] = scale.astype("<f2").view(np.uint8).reshape(blocks, 2)
        low, high = random.integers(1, 16, (2, blocks, 16), dtype=np.uint8)
        out[:, 2:] = low | high << 4
        return out.tobytes()
    blocks = values // 256
    out = np.empty((blocks, 210), dtype=np.uint8)
    out[:, :192] = random.integers(0, 256, (blocks, 192), dtype=np.uint8)
    out[:, 192:208] = random.integers(8, 17, (blocks, 16), dtype=np.uint8)
    # values are spread by 18.5, their scales are 12 on average
    out[:, 208:] = np.full(blocks, tensor.gain / (12 * 18.5), "<f2").view(np.uint8).reshape(-1, 2)
    return out.tobytes()


def _facts(shape: Shape) -> Iterator[bytes]:
    words = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    more = shape.words - len(words)
    words += [b"w%d" % number for number in range(more)]
    kinds += [1] * more
    yield _fact("general.architecture", 8, _text("llama"))
    yield _fact("general.name", 8, _text("random"))
    yield _fact("general.file_type", 4, struct.pack("<I", 2))
    for name, number in {
        "context_length": 2048,
        "embedding_length": shape.width,
        "block_count": shape.layers,
        "feed_forward_length": shape.inner,
        "attention.head_count": shape.heads,
        "attention.head_count_kv": shape.groups,
        "rope.dimension_count": shape.width // shape.heads,
        "vocab_size": shape.words,
    }.items():
        yield _fact(f"llama.{name}", 4, struct.pack("<I", number))
    yield _fact("llama.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-5))
    yield _fact("tokenizer.ggml.model", 8, _text("llama"))
    yield _fact("tokenizer.ggml.pre", 8, _text("default"))
    yield _fact("tokenizer.ggml.tokens", 9, _array(8, [_text(word) for word in words]))
    scores = [struct.pack("<f", -float(number)) for number in range(shape.words)]
    yield _fact("tokenizer.ggml.scores", 9, _array(6, scores))
    yield _fact("tokenizer.ggml.token_type", 9, _array(5, [struct.pack("<i", k) for k in kinds]))
    for name, number in {"bos": 1, "eos": 2, "unknown": 0}.items():
        yield _fact(f"tokenizer.ggml.{name}_token_id", 4, struct.pack("<I", number))


def _fact(name: str, kind: int, value: bytes) -> bytes:
    return _text(name) + struct.pack("<I", kind) + value


def _array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def _text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


if __name__ == "__main__":
    write(SHAPES[sys.argv[1]], Path(sys.argv[2]))
