"""A stock Llama 3.2 1B Instruct, but for its weights, which are random: from the file to answers, and its memory back.

Its prefix of some 800 tokens takes two busy cores up to a minute, hence one test with two starts, and patience.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from custom_components.batti.interpreter.engine.interface import EngineState, Generation, ModelInfo
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.grammar import Grammar
from tests.interpreter.vocabularies import llama3, tokeniser

from .language import problem

PATIENCE = 600.0  # seconds
SIZE, REAL_SIZE = 807_690_272, 807_689_632  # bytes; the second is what llama.cpp makes of this shape
MEGABYTE = 1_000_000
SENTENCES = (
    ("A ko bati bala", ("A",), ""),
    ("turn of te A ligt and dim B to 30 %", ("A", "B"), ""),
    ("ali kam gara", ("Q",), "- action: light.turn_on\n  target:\n    - Q\n"),
)


@pytest.fixture
async def engine(
    stock_model: Path, tmp_path: Path, local_engine: Callable[..., LocalEngine]
) -> AsyncIterator[LocalEngine]:
    made = local_engine(stock_model, state_dir=tmp_path / "states", start_timeout=PATIENCE)
    yield made
    await made.stop()


def test_the_file(stock_model: Path) -> None:
    """As large as llama.cpp's own, but for some hundred bytes of metadata."""
    assert SIZE == stock_model.stat().st_size == pytest.approx(REAL_SIZE, rel=1e-6)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def written(folder: Path) -> list[tuple[str, int, int]]:
    """The files in a folder, and which writing of each it is."""
    return [(file.name, file.stat().st_ino, file.stat().st_mtime_ns) for file in folder.iterdir()]


def memory() -> int:
    """Bytes of this process in the computer's memory."""
    return psutil.Process().memory_info().rss


def prefix_tokens() -> int:
    """As Llama 3's own vocabulary splits the prompt of a stock model."""
    typed, ours = tokeniser(llama3())
    return sum(len((ours if special else typed)(text)) for text, special in prompt.prefix(prompt.Style.INSTRUCT))


def check_info(info: ModelInfo | None, prefix: int) -> None:
    assert info is not None
    assert info.style == prompt.Style.INSTRUCT
    assert info.prompt_version is None
    assert info.parameters == pytest.approx(1.236e9, rel=1e-3)
    assert info.context == 2048
    assert info.prefix_tokens == prefix
    assert info.load_ms is not None


async def answer(engine: LocalEngine, sentence: str, labels: tuple[str, ...], previous: str) -> Generation:
    """An answer that is valid, whatever the weights say; its sentence costs its own tokens only."""
    found = await engine.generate(sentence, labels, PATIENCE, previous)
    assert found.text
    assert problem(Grammar(labels), found.text, found.unknown) is None
    assert engine.info is not None
    # A server reuses what the sentence shares with the one before, too.
    assert found.reused_tokens >= engine.info.prefix_tokens
    assert 0 < found.prompt_tokens - found.reused_tokens < 64
    return found


async def test_a_stock_model(engine: LocalEngine, tmp_path: Path) -> None:
    prefix = prefix_tokens()  # first, because it keeps a vocabulary in memory
    before, own = children(), memory()
    await engine.start()
    check_info(engine.info, prefix)
    (worker,) = set(children()) - set(before)
    assert worker.pid == engine.pid
    assert worker.memory_info().rss > SIZE
    found = [await answer(engine, *asked) for asked in SENTENCES]
    assert max(len(one.text.splitlines()) for one in found) > 3

    await engine.stop()
    assert engine.state is EngineState.STOPPED
    assert not worker.is_running()
    assert children() == before
    assert memory() < own + 50 * MEGABYTE

    # The second start takes the prefix's state from the file: had it evaluated the prefix, there would be a new file.
    saved = written(tmp_path / "states")
    assert [name for name, *_ in saved] == ["stock.state"]
    await engine.start()
    again = await answer(engine, *SENTENCES[0])
    assert written(tmp_path / "states") == saved
    assert (again.text, again.confidence) == (found[0].text, found[0].confidence)
