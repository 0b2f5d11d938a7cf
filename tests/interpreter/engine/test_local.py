"""The engine with real child processes, while nothing goes wrong."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy
import pytest

from custom_components.batti.interpreter.engine.interface import Binding, EngineState
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import (
    EngineError,
    EngineMissing,
    ModelMissing,
    ModelRefused,
    SentenceTooLong,
)
from custom_components.batti.interpreter.language.grammar import Grammar

from .language import problem

ROOT = Path(__file__).parents[3]
SENTENCE, LABELS, DEADLINE = "A ko bati bala", ("A",), 20.0


@pytest.fixture
async def engine(tiny_model: Path, local_engine: Callable[..., LocalEngine]) -> AsyncIterator[LocalEngine]:
    made = local_engine(tiny_model)
    yield made
    await made.stop()


def open_files() -> list[str]:
    return sorted(file.name for file in Path("/proc/self/fd").iterdir())


async def test_answers(engine: LocalEngine) -> None:
    """Without `start` too; calls that overlap are queued, and each gets its own answer."""
    first = await engine.generate(SENTENCE, LABELS, DEADLINE)
    assert problem(Grammar(LABELS), first.text, first.unknown) is None
    assert first.prefill_ms > 0
    assert first.decode_ms > 0
    names = ["A", "B", "C", "D"]
    apart = [await engine.generate(f"{name} ko bati", [name], DEADLINE) for name in names]
    together = await asyncio.gather(*(engine.generate(f"{name} ko bati", [name], DEADLINE) for name in names))
    assert [answer.text for answer in together] == [answer.text for answer in apart]


async def test_nothing_is_left_behind(
    tiny_model: Path, children: Callable[[], list[int]], local_engine: Callable[..., LocalEngine]
) -> None:
    """No process, dead or alive, and no open file."""
    before, files = children(), open_files()
    engine = local_engine(tiny_model)
    for _ in range(3):
        await engine.start()
        await engine.generate(SENTENCE, LABELS, DEADLINE)
        assert len(children()) == len(before) + 1
        await engine.stop()
    assert children() == before
    await asyncio.sleep(0)  # pipes are closed by callbacks
    assert open_files() == files


async def test_a_stopped_engine_stays_stopped(engine: LocalEngine, children: Callable[[], list[int]]) -> None:
    """A command that comes after the end must not leave a process behind; `start` is a new beginning."""
    before = children()
    await engine.generate(SENTENCE, LABELS, DEADLINE)
    await engine.stop()
    with pytest.raises(EngineError, match="stopped"):
        await engine.generate(SENTENCE, LABELS, DEADLINE)
    assert children() == before
    await engine.start()
    assert (await engine.generate(SENTENCE, LABELS, DEADLINE)).text


async def test_stop_while_the_model_is_loaded(
    tiny_model: Path, children: Callable[[], list[int]], local_engine: Callable[..., LocalEngine]
) -> None:
    """Whoever waits for it hears of it."""
    before = children()
    engine = local_engine(tiny_model)
    command = asyncio.create_task(engine.generate(SENTENCE, LABELS, DEADLINE))
    await asyncio.sleep(0.1)
    await engine.stop()
    with pytest.raises(EngineError, match="stopped"):
        await command
    assert children() == before


async def test_cancelling_leaves_the_process_to_the_next_command(
    engine: LocalEngine, children: Callable[[], list[int]]
) -> None:
    """Before, during and after its answer; the answer of the cancelled one is nobody else's."""
    expected = await engine.generate(SENTENCE, LABELS, DEADLINE)
    running = children()
    for delay in (0.0, 0.001, 0.003):
        command = asyncio.create_task(engine.generate("B ko bati nibau", ["B"], DEADLINE))
        await asyncio.sleep(delay)
        command.cancel()
        assert (await engine.generate(SENTENCE, LABELS, DEADLINE)).text == expected.text
    assert children() == running


async def test_an_error_of_the_sentence_is_not_one_of_the_process(
    engine: LocalEngine, children: Callable[[], list[int]]
) -> None:
    """The same process answers the next command."""
    await engine.start()
    running = children()
    with pytest.raises(SentenceTooLong):
        await engine.generate("bati " * 2000, LABELS, DEADLINE)
    assert (await engine.generate(SENTENCE, LABELS, DEADLINE)).text
    assert children() == running


async def test_models_that_cannot_be_used(
    tmp_path: Path, children: Callable[[], list[int]], local_engine: Callable[..., LocalEngine]
) -> None:
    """The worker's own words, as the right error."""
    before = children()
    engine = local_engine(tmp_path / "nano.gguf")
    with pytest.raises(ModelMissing, match="no model at"):
        await engine.start()
    (tmp_path / "nano.gguf").write_text("no model")
    with pytest.raises(ModelRefused, match="not a GGUF file"):
        await engine.generate(SENTENCE, LABELS, DEADLINE)
    assert children() == before


async def test_an_idle_model_gives_its_memory_back(
    tiny_model: Path,
    children: Callable[[], list[int]],
    binding: Binding,
    local_engine: Callable[..., LocalEngine],
) -> None:
    """And comes back with the next command; whoever watches is told."""
    engine = local_engine(tiny_model, idle_unload=0.3)
    seen: list[EngineState] = []
    unloaded = asyncio.Event()

    def note() -> None:
        seen.append(engine.state)
        if engine.state is EngineState.UNLOADED:
            unloaded.set()

    engine.on_change = note
    await engine.start()
    assert engine.pid in children()
    assert engine.info is not None
    assert engine.info.context == 1024
    assert engine.info.engine.startswith(f"{binding} ")
    await asyncio.wait_for(unloaded.wait(), 20)
    assert children() == []
    assert engine.pid is None
    assert (await engine.generate(SENTENCE, LABELS, DEADLINE)).text
    assert len(children()) == 1
    await engine.stop()
    assert engine.state is EngineState.STOPPED
    begun = [EngineState.LOADING, EngineState.READY]
    assert seen == [*begun, EngineState.UNLOADED, *begun, EngineState.STOPPED]


async def test_commands_keep_an_idle_model_loaded(
    tiny_model: Path, children: Callable[[], list[int]], local_engine: Callable[..., LocalEngine]
) -> None:
    """The seconds are counted from the last one."""
    engine = local_engine(tiny_model, idle_unload=1.0)
    await engine.start()
    before = children()
    for _ in range(4):
        await asyncio.sleep(0.4)
        await engine.generate(SENTENCE, LABELS, DEADLINE)
    assert children() == before
    await engine.stop()


async def test_no_llama_cpp(tiny_model: Path, tmp_path: Path, local_engine: Callable[..., LocalEngine]) -> None:
    """Also where it is there but its library cannot be loaded; and no Python at all."""
    for error in ("ImportError('no such module')", "RuntimeError('Failed to load shared library')"):
        for module in ("llama_cpp", "xllamacpp"):
            (tmp_path / f"{module}.py").write_text(f"raise {error}\n")
        with pytest.raises(EngineMissing, match=r"cannot be imported: (no such module|Failed to load)"):
            await local_engine(tiny_model, packages=tmp_path).start()
    with pytest.raises(EngineMissing, match="cannot be run: No such file"):
        await LocalEngine(tiny_model, python=str(tmp_path / "python")).start()


@pytest.mark.llama_cpp
def test_what_llama_cpp_imports_in_vain_may_be_missing(tiny_model: Path, tmp_path: Path) -> None:
    """Only Home Assistant's own packages are sure to be there, and diskcache is none of them."""
    installed = Path(numpy.__file__).parents[1]
    for package in installed.iterdir():
        if not package.name.startswith("diskcache"):
            (tmp_path / package.name).symlink_to(package)
    code = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]
from pathlib import Path
from custom_components.batti.interpreter.engine import llama
from custom_components.batti.interpreter.engine.model import Model
assert not hasattr(sys.modules["diskcache"], "Cache")
print(Model(Path({str(tiny_model)!r}), 256).generate({SENTENCE!r}, {list(LABELS)!r}, lambda: False).text)
"""
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr


async def test_works_from_any_folder(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local_engine: Callable[..., LocalEngine]
) -> None:
    """What lies in the current folder is not imported."""
    (tmp_path / "json.py").write_text("raise SystemExit(7)\n")
    monkeypatch.chdir(tmp_path)
    engine = local_engine(tiny_model)
    assert (await engine.generate(SENTENCE, LABELS, DEADLINE)).text
    await engine.stop()


async def test_the_state_of_the_prompt_is_saved(
    tiny_model: Path, tmp_path: Path, local_engine: Callable[..., LocalEngine]
) -> None:
    """Where a folder is given."""
    engine = local_engine(tiny_model, threads=1, state_dir=tmp_path / "states")
    await engine.start()
    await engine.stop()
    assert [file.name for file in (tmp_path / "states").iterdir()] == ["tiny.state"]


def test_the_worker_needs_no_home_assistant() -> None:
    """Importing Home Assistant would cost every start of the worker seconds and a hundred megabytes."""
    package = "custom_components.batti.interpreter.engine"
    code = f"import sys, {package}.worker, {package}.model; sys.exit('homeassistant' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_worker_ends_with_its_parent(tiny_model: Path, binding: Binding) -> None:
    """Whoever started it was killed and could not end it."""
    code = f"""
import asyncio, pathlib, sys
from tests.interpreter.engine.conftest import Binding, local
async def main():
    engine = local(Binding({str(binding)!r}), pathlib.Path({str(tiny_model)!r}), threads=1)
    await engine.start()
    print(*(pid for file in pathlib.Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()))
    sys.stdout.flush()
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        (worker,) = map(int, parent.stdout.readline().split())
        watch = os.pidfd_open(worker)
        parent.send_signal(signal.SIGKILL)
    poll = select.poll()
    poll.register(watch)
    assert poll.poll(10_000)
    os.close(watch)
