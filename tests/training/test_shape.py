"""Files of Llama 3.2 1B's shape: what is in them, read back by others; small ones where the size does not matter."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import gguf
import jinja2
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from custom_components.batti.interpreter.language import prompt
from tests.interpreter.engine.tiny_gguf import write_model
from tests.interpreter.vocabularies import llama3, tokeniser
from training.gguf_files.reading import Reader
from training.speed import shape
from training.speed.shape import Quantisation, Shape

if TYPE_CHECKING:
    from custom_components.batti.interpreter.engine.llama import LlamaContext

SMALL = Shape(width=256, layers=16, heads=8, kv_heads=2, hidden=512, context=512)
# Llama 3.2 1B in Q4_K_M; as `test_the_mix_of_types_is_llama_cpps` shows, these layers follow from their number alone.
BETTER = {0, 1, 4, 7, 10, 13, 14, 15}
TEXTS = (
    "A ko bati bala",
    "भान्साको बत्ती ५०% मा राख",
    "- action: light.turn_on\n  target:\n    - A\n",
    "<|eot_id|>",
)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary of some hundred tokens."""
    return write_model(tmp_path_factory.mktemp("words") / "words.gguf")


@pytest.fixture(scope="module", params=Quantisation)
def small(request: pytest.FixtureRequest, words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / f"{request.param}.gguf"
    shape.write(path, SMALL, request.param, words=words)
    return path


def types(path: Path) -> dict[str, Type]:
    return {tensor.name: tensor.tensor_type for tensor in gguf.GGUFReader(path).tensors}


def values(tensor: gguf.ReaderTensor) -> NDArray[np.float32]:
    return gguf.dequantize(tensor.data, tensor.tensor_type)


def test_metadata(small: Path, words: Path) -> None:
    fields = gguf.GGUFReader(small).fields
    found = {key: field.contents() for key, field in fields.items()}
    assert "andom weights" in found["general.name"]
    assert prompt.VERSION not in found.values()
    assert {key: value for key, value in found.items() if key.startswith("llama.")} == {
        "llama.context_length": 512,
        "llama.embedding_length": 256,
        "llama.block_count": 16,
        "llama.feed_forward_length": 512,
        "llama.attention.head_count": 8,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": pytest.approx(1e-5),
        "llama.rope.freq_base": 500_000.0,
        "llama.rope.dimension_count": 32,
        "llama.vocab_size": len(found["tokenizer.ggml.tokens"]),
    }
    taken = {key: field for key, field in gguf.GGUFReader(words).fields.items() if key.startswith("tokenizer.ggml.")}
    assert len(taken) == 8
    for key, field in taken.items():
        assert (found[key], fields[key].types) == (field.contents(), field.types)


def test_tensors(small: Path) -> None:
    """Rows last, as GGUF has it; no output matrix, because the embeddings are tied."""
    reader = gguf.GGUFReader(small)
    n_vocab = len(reader.fields["tokenizer.ggml.tokens"].data)
    found = {tensor.name: tuple(int(size) for size in tensor.shape) for tensor in reader.tensors}
    square, key, wide, narrow, norm = (256, 256), (256, 64), (256, 512), (512, 256), (256,)
    attention = {"attn_q": square, "attn_k": key, "attn_v": key, "attn_output": square, "attn_norm": norm}
    layer = {**attention, "ffn_gate": wide, "ffn_up": wide, "ffn_down": narrow, "ffn_norm": norm}
    assert {name: found.pop(f"blk.3.{name}.weight") for name in layer} == layer
    others = {name: size for name, size in found.items() if not name.startswith("blk.")}
    assert others == {"token_embd.weight": (256, n_vocab), "output_norm.weight": (256,), "rope_freqs.weight": (16,)}
    assert len(found) == 3 + 15 * 9


def test_values(small: Path) -> None:
    """Every matrix spreads by 1/sqrt(columns) around nothing, so what goes through it keeps its size; norms do nothing."""
    for tensor in gguf.GGUFReader(small).tensors:
        weights = values(tensor)
        assert np.isfinite(weights).all()
        if weights.ndim == 2:
            expected = weights.shape[1] ** -0.5
            independent = (
                weights.size / 32
            )  # values that stand together in a block have a scale and an offset in common
            assert weights.std() == pytest.approx(expected, rel=2 / math.sqrt(independent)), tensor.name
            assert abs(weights.mean()) < 4 * expected / math.sqrt(independent), tensor.name
        elif "norm" in tensor.name:
            assert (weights == 1).all()


def test_rope_factors(small: Path) -> None:
    """Llama 3.2 1B's 32, by the formula of llama.cpp's converter (conversion/llama.py) step by step."""
    expected = []
    for i in range(0, 64, 2):
        wave = 2 * math.pi * 500_000 ** (i / 64)
        smooth = (8192 / wave - 1) / 3
        expected.append(1 if wave < 8192 / 4 else 32 if wave > 8192 else 1 / ((1 - smooth) / 32 + smooth))
    assert shape.rope_factors(Shape()) == pytest.approx(expected)
    assert 3 < len(set(expected)) < 32
    (tensor,) = (tensor for tensor in gguf.GGUFReader(small).tensors if tensor.name == "rope_freqs.weight")
    assert values(tensor) == pytest.approx(shape.rope_factors(SMALL))


def test_llama_cpp_computes_with_it(small: Path, open_context: type[LlamaContext]) -> None:
    """Numbers, and other ones for other words."""
    context = open_context(small, 128)
    one, other = (context.evaluate(context.tokenize(text))[-1] for text in (" bala", " nibau"))
    context.close()
    assert np.isfinite(one).all()
    assert 0.5 < one.std() < 2
    assert not np.allclose(one, other)


def test_the_mix_of_types_is_llama_cpps(words: Path, tmp_path: Path, llama_cpp: ModuleType) -> None:
    """It chooses the same ones when it quantises."""
    ours, source, theirs = tmp_path / "ours.gguf", tmp_path / "source.gguf", tmp_path / "theirs.gguf"
    shape.write(ours, SMALL, Quantisation.Q4_K_M, words=words)
    shape.write(source, SMALL, Quantisation.Q8_0, words=words)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread, params.allow_requantize = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M, 1, True
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(theirs).encode(), params) == 0
    assert types(ours) == types(theirs)
    assert set(types(source).values()) == {Type.Q8_0, Type.F32}


def test_seed(words: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        shape.write(tmp_path / name, Shape(256, 1, 4, 2, 256, 512), seed=seed, words=words)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c
    assert len(a) == len(c)


def test_llama_3_2_1b() -> None:
    """Its 1.2358 thousand million parameters, and what they take."""
    all_tensors = {tensor.name: tensor for tensor in shape.tensors(Shape(), 128_256, Quantisation.Q4_K_M)}
    rope = all_tensors.pop("rope_freqs.weight")
    assert rope.shape == (32,)
    assert sum(math.prod(tensor.shape) for tensor in all_tensors.values()) == 1_235_814_400
    assert sum(tensor.bytes for tensor in all_tensors.values()) == 799_862_784
    better = {name for name, tensor in all_tensors.items() if tensor.type is Type.Q6_K}
    layers = {f"blk.{i}.{part}.weight" for i in BETTER for part in ("attn_v", "ffn_down")}
    assert better == {"token_embd.weight"} | layers
    assert all_tensors["blk.15.attn_k.weight"].shape == (512, 2048)
    assert all_tensors["blk.15.ffn_down.weight"].shape == (2048, 8192)


@pytest.mark.llama_cpp
def test_llama_3s_vocabulary(tmp_path: Path) -> None:
    """Taken over whole; llama.cpp splits texts by it as by the original."""
    path = tmp_path / "vocabulary.gguf"
    shape.write(path, Shape(256, 1, 4, 2, 256, 512))
    fields, original = Reader(path).fields, Reader(llama3()).fields
    for key in ("model", "pre", "tokens", "token_type", "merges", "bos_token_id", "eos_token_id"):
        ours, theirs = (of[f"tokenizer.ggml.{key}"].contents() for of in (fields, original))
        assert ours == theirs, key
    assert (len(fields["tokenizer.ggml.tokens"].data), len(fields["tokenizer.ggml.merges"].data)) == (128_256, 280_147)
    for text in TEXTS:
        for our, their in zip(tokeniser(path), tokeniser(llama3()), strict=True):
            assert our(text) == their(text)


def test_chat_template() -> None:
    """Writes what our own prompt is made of, with the settings that transformers renders templates with."""
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(shape.CHAT_TEMPLATE)
    begin = prompt.prefix()[0].text.removesuffix("<|start_header_id|>system<|end_header_id|>\n\n")
    messages = [{"role": "system", "content": "batti"}, {"role": "user", "content": " bala\n"}]
    written = template.render(bos_token=begin, messages=messages, add_generation_prompt=True)
    expected = "".join(piece.text for piece in [*prompt.prefix(), *prompt.user("bala")])
    assert written == expected.replace("\n\n bala", "\n\nbala")
    assert written.count("<|eot_id|>") == 2
    alone = template.render(bos_token=begin, messages=messages[:1])
    assert alone == "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nbatti<|eot_id|>"


def test_no_vocabulary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Says what to do, and leaves no file."""
    monkeypatch.setenv("BATTI_CACHE", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="run scripts/setup"):
        shape.write(tmp_path / "model.gguf")
    assert not (tmp_path / "model.gguf").exists()
