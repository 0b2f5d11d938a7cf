"""What all writers of GGUF files share; that llama.cpp computes with the files is shown where models are made."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from training.gguf_files import vocabulary, writing
from training.gguf_files.vocabulary import Vocabulary
from training.gguf_files.writing import About, Sizes, Tensor

SIZES = Sizes(context=64, width=32, layers=1, hidden=64, heads=2, kv_heads=1, epsilon=1e-5)
WORDS = Vocabulary(["a", "b", "ab", "<end>"], [1, 1, 1, 3], ["a b"], begin=3, end=3, end_of_turn=3, adds_begin=False)


def test_rows_of_a_head() -> None:
    """Two heads of four rows each: halves become neighbours, and come back."""
    rows = np.arange(8)[:, None] * np.ones((1, 3))
    neighbours = writing.interleaved(rows, 2)
    assert neighbours[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert (writing.halved(neighbours, 2) == rows).all()


@pytest.mark.parametrize("kind", [Type.F32, Type.F16, Type.Q8_0])
def test_a_file(tmp_path: Path, kind: Type) -> None:
    """Numbers come back as exactly as their type has them; progress is told from nothing to all."""
    path, told = tmp_path / "model.gguf", []
    numbers = {name: np.random.default_rng(1).random(of, np.float32) for name, of in writing.shapes(SIZES, 4).items()}
    tensors = [Tensor(name, one.shape, kind if one.ndim == 2 else Type.F32) for name, one in numbers.items()]
    writing.write(
        path, About(name="a"), SIZES, WORDS, tensors, lambda one: numbers[one.name], lambda *at: told.append(at)
    )
    reader = gguf.GGUFReader(path)
    for tensor in reader.tensors:
        found = gguf.dequantize(tensor.data, tensor.tensor_type)
        assert found == pytest.approx(numbers[tensor.name], abs={Type.F16: 1e-3, Type.Q8_0: 5e-3}.get(kind, 0))
    assert [tensor.name for tensor in reader.tensors] == list(numbers)
    assert told[0] == (0, told[-1][0])
    assert told[-1][0] == told[-1][1] == sum(tensor.bytes for tensor in tensors)
    assert ("general.quantization_version" in reader.fields) == (kind is Type.Q8_0)
    assert vocabulary.read(path) == WORDS


def test_another_vocabulary(tmp_path: Path) -> None:
    """Words that are cut otherwise would become other tokens."""
    path = tmp_path / "other.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(ValueError, match="not Llama 3's"):
        vocabulary.read(path)
