"""Times one setup, cold and warm, per sentence and per token, with its memory and energy.

Cold: the first sentence, including process start and loading of the model; the model file is already in the system's cache,
and the home is indexed. Without a saved state the fixed part of the prompt is evaluated (and its state saved); with one it
is read. Warm: later sentences, from sentence to plan.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from rich.progress import track

from custom_components.batti.interpreter import Interpretation, Turn, index_of, interpret
from custom_components.batti.interpreter.engine.interface import Binding, Engine, Generation
from custom_components.batti.interpreter.engine.local import CONTEXT, LocalEngine
from custom_components.batti.interpreter.errors import EngineError, SentenceTooLong
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.prompt import Style

from ..evaluate.judging import READY
from .figures import Speed, ninety_fifth
from .meter import POWERCAP, Energy, peak_memory

_TIMEOUT = 600.0  # seconds for a start or a sentence; long, because nobody waits here
_CHUNK = 1 << 24  # bytes


class Dictation(NamedTuple):
    """The given answers of a model with random weights, and the style of its prompt; see `dictated.py`."""

    style: Style
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Setup:
    """One row: a model file, the number of threads (None: the engine chooses), and the package of llama.cpp."""

    model: Path
    threads: int | None = None
    dictation: Dictation | None = None
    binding: Binding = Binding.LLAMA_CPP_PYTHON


@dataclass(frozen=True)
class Trial:
    """The work that every setup must do.

    Attributes:
        home: where the sentences are said.
        cases: the sentences, as in `tests/cases`.
        repeat: counted warm rounds, after one that is not counted.
        starts: process starts without a saved state, and as many with one.
        powercap: see `meter.Energy`.
    """

    home: Home
    cases: Sequence[Mapping[str, Any]]
    repeat: int = 3
    starts: int = 3
    powercap: Path = POWERCAP


class _Start(NamedTuple):
    total_ms: float
    load_ms: float
    peak_bytes: int | None


class _Warm(NamedTuple):
    found: list[Interpretation]
    generations: list[Generation]
    peak_bytes: int | None
    joules: float | None


class Recorder:
    """An engine that records the answers of another one, by sentence and in order."""

    def __init__(self, engine: Engine) -> None:
        """Record this engine."""
        self._engine = engine
        self.generations: list[Generation] = []
        self.answers: dict[str, str] = {}

    async def start(self) -> None:
        """Start the engine."""
        await self._engine.start()

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        """Ask the engine."""
        generation = await self._engine.generate(sentence, labels, deadline, previous)
        self.generations.append(generation)
        self.answers[sentence] = generation.text
        return generation

    async def stop(self) -> None:
        """Stop the engine."""
        await self._engine.stop()


def engine_of(setup: Setup, folder: Path) -> LocalEngine:
    """The engine of a setup; `folder` is for the saved state of the prompt's fixed part."""
    command = None
    if setup.dictation is not None:
        folder.mkdir(exist_ok=True)
        given = folder / "dictation.json"
        given.write_text(json.dumps(setup.dictation._asdict()), encoding="utf-8")
        threads = [] if setup.threads is None else ["--threads", str(setup.threads)]
        options = ["--model", str(setup.model), "--n-ctx", str(CONTEXT), "--state-dir", str(folder), *threads]
        options += ["--binding", setup.binding]
        command = [sys.executable, "-P", "-m", "training.speed.dictated", str(given), *options]
    return LocalEngine(
        setup.model,
        threads=setup.threads,
        binding=setup.binding,
        packages=READY if setup.binding is Binding.XLLAMACPP else None,
        state_dir=folder,
        start_timeout=_TIMEOUT,
        command=command,
    )


async def understand(
    engine: Engine, home: Home, cases: Sequence[Mapping[str, Any]], title: str
) -> list[Interpretation]:
    """Understand all sentences once; those whose answer did not end are left out."""
    found = []
    for case in track(cases, description=title, transient=True, disable=not sys.stdout.isatty()):
        try:
            found.append(await interpret(case["say"], home, engine, Turn(case.get("where")), _TIMEOUT))
        except SentenceTooLong:
            continue
    return found


async def speed_of(
    setup: Setup, trial: Trial, make: Callable[[Setup, Path], LocalEngine] = engine_of
) -> tuple[Speed, dict[str, str]]:
    """Measure a setup; also returns its answers, by sentence.

    Args:
        setup: what is measured.
        trial: the work that it must do.
        make: makes the engine, given a folder for its state.

    Raises:
        EngineError: the model cannot be used, or none of its answers ended.
    """
    index_of(trial.home)
    _fill_file_cache(setup.model)
    with TemporaryDirectory() as scratch:
        folders = [Path(scratch) / str(number) for number in range(trial.starts)]
        fresh = [await _start(make(setup, folder), trial) for folder in folders]
        saved = [await _start(make(setup, folders[-1]), trial) for _ in folders]
        engine = make(setup, folders[-1])
        recorder = Recorder(engine)
        try:
            await engine.start()
            warm = await _warm(engine, recorder, trial, f"{setup.model.name}, threads: {setup.threads or 'auto'}")
        finally:
            await engine.stop()
    if not warm.found:
        raise EngineError(
            f"{setup.model.name} wrote no end to any of its answers: a model of random weights is "
            "measured with --shape, where its answers are given"
        )
    return _speed(setup, engine, trial, fresh, saved, warm), recorder.answers


async def _start(engine: LocalEngine, trial: Trial) -> _Start:
    """Time one process start and its first sentence."""
    begin = perf_counter()
    try:
        await engine.start()
        loaded = perf_counter()
        await understand(engine, trial.home, trial.cases[:1], "start")
        ended = perf_counter()
        return _Start(1000 * (ended - begin), 1000 * (loaded - begin), peak_memory(engine.pid))
    finally:
        await engine.stop()


async def _warm(engine: LocalEngine, recorder: Recorder, trial: Trial, title: str) -> _Warm:
    await understand(recorder, trial.home, trial.cases, f"{title}, uncounted")
    recorder.generations.clear()
    found: list[Interpretation] = []
    energy, joules = Energy(trial.powercap), None
    for number in range(trial.repeat):
        found += await understand(recorder, trial.home, trial.cases, f"{title}, round {number + 1}")
        joules = energy.joules()
    return _Warm(found, recorder.generations, peak_memory(engine.pid), joules)


def _speed(
    setup: Setup, engine: LocalEngine, trial: Trial, fresh: list[_Start], saved: list[_Start], warm: _Warm
) -> Speed:
    info, asked = engine.info, trial.repeat * len(trial.cases)
    assert info is not None
    times = {
        "cold": [one.total_ms for one in fresh],
        "cold, saved": [one.total_ms for one in saved],
        "warm": [one.timings_ms["total"] for one in warm.found],
    }
    peaks = [warm.peak_bytes, *(one.peak_bytes for one in (*fresh, *saved))]
    return Speed(
        model=setup.model.name,
        file_bytes=setup.model.stat().st_size,
        parameters=info.parameters,
        engine=info.engine,
        style=info.style,
        threads=setup.threads,
        dictated=setup.dictation is not None,
        cold_ms=statistics.median(times["cold"]),
        cold_load_ms=statistics.median(one.load_ms for one in fresh),
        cold_saved_ms=statistics.median(times["cold, saved"]),
        cold_saved_load_ms=statistics.median(one.load_ms for one in saved),
        warm_ms=statistics.median(times["warm"]),
        warm_95_ms=ninety_fifth(times["warm"]),
        peak_bytes=max((peak for peak in peaks if peak is not None), default=None),
        joules=None if warm.joules is None else warm.joules / asked,
        failed=asked - len(warm.found),
        times_ms=times,
        **_by_token(warm.generations),
    )


def _by_token(generations: list[Generation]) -> dict[str, float]:
    read = [one.prompt_tokens - one.reused_tokens for one in generations]
    written = [one.tokens for one in generations]
    steps = [one.steps for one in generations]
    decode_ms = sum(one.decode_ms for one in generations)
    return {
        "prefill_tokens_per_s": 1000 * sum(read) / sum(one.prefill_ms for one in generations),
        "decode_tokens_per_s": 1000 * sum(written) / decode_ms,
        "step_ms": decode_ms / max(1, sum(steps)),
        "prompt_tokens": statistics.median(read),
        "answer_tokens": statistics.median(written),
        "steps": statistics.median(steps),
    }


def _fill_file_cache(file: Path) -> None:
    """Read a file into the system's cache, so that all starts have the same conditions."""
    with file.open("rb", buffering=0) as data:
        while data.read(_CHUNK):
            pass
