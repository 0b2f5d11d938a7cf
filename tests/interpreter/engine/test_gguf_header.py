"""What a GGUF file says of itself, read without llama.cpp."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest

from custom_components.batti.interpreter.engine.gguf_header import read_header
from custom_components.batti.interpreter.errors import ModelMissing, ModelRefused
from custom_components.batti.interpreter.language import prompt
from tests.interpreter.vocabularies import llama3

BUNDLED = Path(__file__).parents[3] / "custom_components" / "batti" / "models" / "batti-nano.gguf"


@pytest.mark.parametrize(
    "file",
    [pytest.param(lambda: BUNDLED, id="bundled"), pytest.param(llama3, id="llama3", marks=pytest.mark.llama_cpp)],
)
def test_the_same_as_gguf_reads(file: Callable[[], Path]) -> None:
    """Every key that is no list, and the count of numbers; the second file has lists of hundreds of thousands."""
    path = file()
    reader = gguf.GGUFReader(path)
    header = read_header(path)
    scalar = {
        name: field
        for name, field in reader.fields.items()
        if field.types and field.types[0] != gguf.GGUFValueType.ARRAY
    }
    expected = {name: field.contents() for name, field in scalar.items() if not name.startswith("GGUF.")}
    assert header.metadata.keys() == expected.keys()
    for name, value in expected.items():
        told = header.metadata[name]
        assert told == str(value) or float(told) == pytest.approx(value)
    assert header.parameters == sum(int(tensor.n_elements) for tensor in reader.tensors)
    if path is BUNDLED:
        assert header.metadata["batti.prompt_version"] == prompt.VERSION


def test_no_file_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="There is no model"):
        read_header(tmp_path / "gone.gguf")
    with pytest.raises(ModelMissing, match="cannot be read"):
        read_header(tmp_path)
    (tmp_path / "page.gguf").write_text("<html>")
    with pytest.raises(ModelRefused, match=r"page\.gguf is not a GGUF file"):
        read_header(tmp_path / "page.gguf")


def test_damaged_headers(tmp_path: Path) -> None:
    """Cut anywhere, or with any byte changed: told in words or read, never another error, never a wait."""
    whole = BUNDLED.read_bytes()[:60_000]
    file, chance = tmp_path / "damaged.gguf", random.Random(0)
    for length in [4, 8, 12, 23, 24, *(chance.randrange(len(whole)) for _ in range(60))]:
        file.write_bytes(whole[:length])
        with pytest.raises(ModelRefused, match=r"its header is damaged; copy or fetch"):
            read_header(file)
    for _ in range(200):
        flipped = bytearray(whole)
        flipped[chance.randrange(4, 2000)] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        try:
            read_header(file)
        except ModelRefused:
            continue
