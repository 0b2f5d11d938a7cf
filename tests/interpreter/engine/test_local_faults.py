"""What happens to the child process happens to one command; the next one works."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from custom_components.batti.interpreter.engine.interface import ModelInfo
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import (
    EngineCrashed,
    EngineError,
    EngineGarbled,
    EngineTimeout,
    ModelRefused,
)

from .tiny_gguf import write_model

SENTENCE, LABELS, DEADLINE = "A ko bati bala", ("A",), 20.0
INFO = asdict(ModelInfo("none", "trained", None, 0, 0, 0))
LIMIT = 400_000  # kB of addresses; the model alone has 300 MB
READY = f"import sys; print({json.dumps({'id': 0, 'ready': INFO})!r}, flush=True); sys.stdin.readline(); "


@pytest.fixture
async def engine(tiny_model: Path, local_engine: Callable[..., LocalEngine]) -> AsyncIterator[LocalEngine]:
    made = local_engine(tiny_model)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def worker(engine: LocalEngine, children: Callable[[], list[int]]) -> int:
    """The process id of the engine's child."""
    (pid,) = children()
    return pid


async def ask(engine: LocalEngine, deadline: float = DEADLINE) -> str:
    return (await engine.generate(SENTENCE, LABELS, deadline)).text


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (signal.SIGKILL, "SIGKILL .*out of memory"),
        (signal.SIGSEGV, "SIGSEGV"),
        (signal.SIGILL, "SIGILL .*another processor"),
        (signal.SIGABRT, "SIGABRT"),
    ],
)
async def test_death_while_working(engine: LocalEngine, worker: int, number: signal.Signals, why: str) -> None:
    """The command fails and says of what; the next one has a new process."""
    expected = await ask(engine)
    os.kill(worker, signal.SIGSTOP)  # so that it is at work for as long as the test needs
    command = asyncio.create_task(ask(engine))
    await asyncio.sleep(0.05)
    os.kill(worker, number)
    os.kill(worker, signal.SIGCONT)
    with pytest.raises(EngineCrashed, match=why):
        await command
    assert await ask(engine) == expected


async def test_death_between_commands(engine: LocalEngine, worker: int) -> None:
    """Nobody needs to know."""
    os.kill(worker, signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert await ask(engine)


async def test_a_hang_ends_at_the_deadline(engine: LocalEngine, worker: int, children: Callable[[], list[int]]) -> None:
    """The process that hangs is ended; the next command has a new one."""
    os.kill(worker, signal.SIGSTOP)
    with pytest.raises(EngineTimeout, match=r"after 0\.2 seconds"):
        await ask(engine, 0.2)
    assert await ask(engine)
    assert worker not in children()


async def test_a_deadline_passed_while_waiting_is_not_the_others_fault(engine: LocalEngine, worker: int) -> None:
    """Only who is being answered ends the process."""
    os.kill(worker, signal.SIGSTOP)
    first = asyncio.create_task(ask(engine))
    await asyncio.sleep(0)
    with pytest.raises(EngineTimeout):
        await ask(engine, 0.1)
    os.kill(worker, signal.SIGCONT)
    assert await first


async def test_the_queue_survives_a_crash(engine: LocalEngine, worker: int) -> None:
    """Those who waited are answered by the new process."""
    os.kill(worker, signal.SIGSTOP)
    commands = [asyncio.create_task(ask(engine)) for _ in range(4)]
    await asyncio.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    first, *others = await asyncio.gather(*commands, return_exceptions=True)
    assert isinstance(first, EngineCrashed)
    assert len(set(others)) == 1
    assert isinstance(others[0], str)


async def test_stop_while_a_command_hangs(engine: LocalEngine, worker: int, children: Callable[[], list[int]]) -> None:
    """Stopping does not wait for it."""
    os.kill(worker, signal.SIGSTOP)
    command = asyncio.create_task(ask(engine))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await engine.stop()
    with pytest.raises(EngineError, match="stopped"):
        await command
    assert children() == []


@pytest.mark.parametrize(
    "written",
    [
        "Segmentation fault",
        "[1, 2]",
        '{"id": 1}',
        '{"id": 7, "generation": {}}',
        '{"id": 1, "generation": {"text": ""}}',
        '{"id": 1, "error": "KeyboardInterrupt", "message": ""}',
        '{"id": "one", "generation": {}}',
        "x" * 100_000,
    ],
    ids=range(8),
)
async def test_rubbish_on_the_pipe(written: str, children: Callable[[], list[int]]) -> None:
    """What is not an answer is not taken for one, and the process that wrote it is not asked again."""
    code = READY + f"print({written!r}, flush=True); sys.stdin.readline()"
    engine = LocalEngine(Path(), command=[sys.executable, "-c", code])
    for _ in range(2):
        with pytest.raises(EngineGarbled):
            await ask(engine)
    await engine.stop()
    assert children() == []


async def test_last_words_are_in_the_message() -> None:
    """What the process wrote to stderr before it ended."""
    code = READY + "print('x' * 9999, 'ggml: out of luck', sep='\\n', file=sys.stderr); sys.exit(3)"
    engine = LocalEngine(Path(), command=[sys.executable, "-c", code])
    with pytest.raises(EngineCrashed, match=r"ended with status 3\n.*\n  ggml: out of luck$"):
        await ask(engine)
    await engine.stop()


async def test_a_process_that_closes_its_mouth(children: Callable[[], list[int]]) -> None:
    """It lives but cannot answer."""
    code = READY + "import os, time; os.close(1); time.sleep(60)"
    engine = LocalEngine(Path(), command=[sys.executable, "-c", code])
    with pytest.raises(EngineCrashed):
        await ask(engine)
    await engine.stop()
    assert children() == []


async def test_a_start_that_takes_too_long(children: Callable[[], list[int]]) -> None:
    """It is given up, and nothing is left of it."""
    engine = LocalEngine(Path(), command=[sys.executable, "-c", "input()"], start_timeout=0.3)
    with pytest.raises(EngineTimeout, match=r"not loaded after 0\.3 seconds"):
        await engine.start()
    assert children() == []


async def test_a_slow_start_outlives_an_impatient_command(
    tiny_model: Path, local_engine: Callable[..., LocalEngine], children: Callable[[], list[int]]
) -> None:
    """Else a model that loads for longer than a command may take would never be loaded."""
    engine = local_engine(tiny_model)
    with pytest.raises(EngineTimeout):
        await ask(engine, 0.1)
    started = children()
    assert len(started) == 1
    assert await ask(engine)
    assert children() == started
    await engine.stop()


async def test_out_of_memory(
    tmp_path: Path, local_engine: Callable[..., LocalEngine], children: Callable[[], list[int]]
) -> None:
    """A model that does not fit into what the process may have is one failed start, told in words; nothing is left."""
    large = write_model(tmp_path / "large.gguf", width=512, layers=24, n_ctx=4096)
    engine = local_engine(large, n_ctx=4096)
    limited = Path(tmp_path / "limited")
    limited.write_text(f"#!/bin/sh\nulimit -v {LIMIT}\nexec {shlex.join(engine.command)}\n")
    limited.chmod(0o755)
    starved = local_engine(large, command=[str(limited)])
    for _ in range(2):
        with pytest.raises(EngineError) as caught:
            await starved.start()
        assert not isinstance(caught.value, ModelRefused), "the file is not at fault"
        assert children() == []
    await starved.stop()


async def test_truncated_models(
    tiny_model: Path, tmp_path: Path, local_engine: Callable[..., LocalEngine], children: Callable[[], list[int]]
) -> None:
    """Wherever the file ends: it is refused in words, not by a crash; and the whole file works."""
    whole = tiny_model.read_bytes()
    part = tmp_path / "part.gguf"
    for length in (4, 20, 300, 5000, len(whole) // 2, len(whole) - 100):
        part.write_bytes(whole[:length])
        engine = local_engine(part)
        with pytest.raises(ModelRefused, match=r"cannot load part\.gguf: "):
            await engine.start()
    part.write_bytes(whole)
    assert await ask(engine)
    await engine.stop()
    assert children() == []
