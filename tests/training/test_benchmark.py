"""The benchmark, on real processes with models of some ten thousand random weights."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from custom_components.batti.interpreter.engine.interface import Binding, Generation
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import EngineError, SentenceTooLong
from custom_components.batti.interpreter.language.prompt import Style
from tests.interpreter.engine.tiny_gguf import write_model
from tests.needs import BINDINGS, USUAL
from training import plotting
from training.evaluate.judging import NATURAL, READY, cases_of
from training.speed import benchmark, shape
from training.speed import plots as speed_plots
from training.speed.benchmark import compare, larger, main, options_of, setups_of
from training.speed.figures import METRICS, Speed, ninety_fifth, ratios
from training.speed.shape import Quantisation, Shape
from training.speed.stopwatch import Dictation, Setup, Trial, engine_of, speed_of

from .test_meter import zone

HOME, CASES = cases_of(NATURAL / "pokhara_guesthouse.yaml")
FEW = CASES[:2]
SMALL = Shape(width=256, layers=2, heads=4, kv_heads=2, hidden=256, context=512)
ONE = ["--engine", USUAL]
HOW: dict[str, Any] = {"binding": USUAL, "packages": READY if USUAL is Binding.XLLAMACPP else None}
QUICK = ["--sentences", "2", "--repeat", "1", "--starts", "1"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A small and a larger model, which say different things."""
    folder = tmp_path_factory.mktemp("models")
    return [
        write_model(folder / "small.gguf", seed=3),
        write_model(folder / "large.gguf", seed=5, width=128, layers=24),
    ]


class Watched(LocalEngine):
    """The real engine; writes down what is done with it, and counts half a joule for every sentence."""

    def __init__(self, setup: Setup, folder: Path, log: list[str], counter: Path | None = None) -> None:
        super().__init__(setup.model, threads=setup.threads, state_dir=folder, **HOW)
        self._folder, self._log, self._counter = folder, log, counter

    async def start(self) -> None:
        self._log.append("start, saved" if list(self._folder.glob("*.state")) else "start")
        await super().start()

    async def generate(self, sentence: str, labels: Sequence[str], deadline: float, previous: str = "") -> Generation:
        self._log.append("ask")
        if self._counter is not None:
            self._counter.write_text(str(int(self._counter.read_text()) + 500_000))
        return await super().generate(sentence, labels, deadline, previous)

    async def stop(self) -> None:
        self._log.append("stop")
        await super().stop()


async def test_cold_is_measured_before_warm(models: list[Path], tmp_path: Path) -> None:
    """Each cold start is a process of its own; a state is saved by the first and read by those that are to read it."""
    log: list[str] = []
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    trial = Trial(HOME, FEW, repeat=3, starts=2, powercap=tmp_path)
    speed, _ = await speed_of(Setup(models[0]), trial, partial(Watched, log=log, counter=counter))
    fresh, saved = ["start", "ask", "stop"], ["start, saved", "ask", "stop"]
    assert log == [*fresh, *fresh, *saved, *saved, "start, saved", *["ask"] * 2 * 4, "stop"]
    assert {name: len(times) for name, times in speed.times_ms.items()} == {"cold": 2, "cold, saved": 2, "warm": 6}
    assert speed.cold_ms == statistics.median(speed.times_ms["cold"])
    assert speed.cold_saved_ms == statistics.median(speed.times_ms["cold, saved"])
    assert speed.warm_ms == statistics.median(speed.times_ms["warm"])
    assert speed.warm_ms <= speed.warm_95_ms <= max(speed.times_ms["warm"])
    assert speed.cold_ms > speed.cold_load_ms > speed.warm_ms
    assert speed.cold_saved_ms > speed.cold_saved_load_ms > speed.warm_ms
    assert speed.joules == pytest.approx(0.5)
    assert speed.peak_bytes is not None
    assert 10e6 < speed.peak_bytes < 1e9
    assert (speed.failed, speed.dictated, speed.style) == (0, False, "trained")


async def test_tokens_a_second(models: list[Path]) -> None:
    """What an engine says of its answers, added up."""

    class Slow(LocalEngine):
        async def generate(self, *asked: object, **more: object) -> Generation:
            return Generation("[]  # unclear\n", 1.0, (), 2, 10, 30, 5, 50.0, 200.0)

    trial = Trial(HOME, FEW, repeat=2, starts=1)
    speed, said = await speed_of(Setup(models[0]), trial, lambda setup, folder: Slow(setup.model, **HOW))
    assert speed.prefill_tokens_per_s == pytest.approx(25 / 0.05)
    assert speed.decode_tokens_per_s == pytest.approx(10 / 0.2)
    assert speed.step_ms == pytest.approx(100)
    assert (speed.prompt_tokens, speed.answer_tokens, speed.steps) == (25, 10, 2)
    assert set(said.values()) == {"[]  # unclear\n"}


async def test_answers_without_an_end(models: list[Path]) -> None:
    """They are left out and counted; where there are no others, that is said."""

    class Endless(LocalEngine):
        async def generate(
            self, sentence: str, labels: Sequence[str], deadline: float, previous: str = ""
        ) -> Generation:
            if "A" in sentence:
                raise SentenceTooLong("The answer does not fit")
            return await super().generate(sentence, labels, deadline, previous)

    def endless(setup: Setup, folder: Path) -> Endless:
        return Endless(setup.model, **HOW)

    cases = [{"say": "batti bala"}, {"say": "reception ko batti bala"}]
    speed, said = await speed_of(Setup(models[0]), Trial(HOME, cases, 2, 1), endless)
    assert (speed.failed, len(speed.times_ms["warm"]), len(said)) == (2, 2, 1)
    with pytest.raises(EngineError, match=r"small\.gguf wrote no end"):
        await speed_of(Setup(models[0]), Trial(HOME, cases[1:], 1, 1), endless)


@pytest.mark.parametrize("binding", BINDINGS)
async def test_a_model_says_what_is_dictated(models: list[Path], binding: Binding) -> None:
    """To the letter, in as many steps, names that the home has not included; and it computes for it."""
    ours = "- action: light.turn_on\n  target:\n    - A\n  data:\n    brightness_pct: 37\n"
    later = "- when: time\n  at: sunset\n  offset: -30 minutes\n  every:\n    - day\n"
    later += "- action: light.turn_off\n  target:\n    - B\n  for: 10 minutes\n"
    answers = {"x one": ours, "x two": ours.replace("- A", "- sauna"), "x three": "[]  # unclear\n", "x four": later}
    answers["x jun bati ho"] = "- action: batti.teach\n  target:\n    - A\n  name: jun bati\n"
    labels = ["A", "B"]

    async def asked(setup: Setup, folder: Path, sentence: str) -> Generation:
        engine = engine_of(setup, folder)
        try:
            return await engine.generate(sentence, labels, 60)
        finally:
            await engine.stop()

    folder = models[0].parent / binding
    folder.mkdir()
    for model in models:
        setup = Setup(model, 1, Dictation(Style.TRAINED, answers), binding)
        for sentence in ("x one", "x four", "x jun bati ho"):
            assert (await asked(setup, folder / model.stem, sentence)).text == answers[sentence]
        refused = await asked(setup, folder / model.stem, "x three")
        assert (refused.text, refused.confidence) == (answers["x three"], pytest.approx(1))
        assert refused.prefill_ms > 0
    # "sauna" was said by nobody: the label that fits best stands in for it, as in the house.
    assert (await asked(setup, folder / "large", "x two")).unknown == ()
    heard = {"sauna bala": answers["x two"]}
    setup = Setup(models[1], 1, Dictation(Style.TRAINED, heard), binding)
    found = await asked(setup, folder / "large", "sauna bala")
    assert (found.text, found.unknown) == (heard["sauna bala"], ("sauna",))
    free = await asked(Setup(models[1], binding=binding), folder / "large", "x one")
    assert free.text != ours


async def test_dictated_rows_take_the_first_ones_answers(models: list[Path], tmp_path: Path) -> None:
    """So they have as many tokens and steps, however different the models."""
    model = tmp_path / "shape.gguf"
    shape.write(model, SMALL, words=models[0])
    setups = [
        Setup(models[0], binding=USUAL),
        Setup(models[1], binding=USUAL),
        Setup(models[1], 1, Dictation(Style.TRAINED, {}), USUAL),
        Setup(model, 2, Dictation(Style.TRAINED, {}), USUAL),
    ]
    rows = await compare(setups, Trial(HOME, CASES[:6], 1, 1), Console(quiet=True))
    assert [row.dictated for row in rows] == [False, False, True, True]
    first, other, own, dictated = rows
    assert (dictated.answer_tokens, dictated.steps) == (own.answer_tokens, own.steps)
    assert dictated.answer_tokens == first.answer_tokens
    assert dictated.steps <= first.steps  # random weights doubt every name, and look again; what is dictated is sure
    assert (other.answer_tokens, other.steps) != (first.answer_tokens, first.steps)
    assert (dictated.style, dictated.threads) == ("trained", 2)


def test_everything_is_printed_written_and_drawn(
    models: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two numbers of threads, and besides the file a model of random weights, here a small one."""
    monkeypatch.setattr(benchmark.shape, "write", partial(shape.write, shape=SMALL, words=models[0]))
    written, drawn = tmp_path / "speed.json", tmp_path / "plots"
    files = ["--json", str(written), "--plots", str(drawn), "--powercap", str(tmp_path)]
    main(["--model", str(models[0]), "--threads", "1", "2", "--shape", *QUICK, *files, "--no-homes", *ONE])
    results = json.loads(written.read_text(encoding="utf-8"))
    rows, times = results["rows"], results["ratios"]
    names = [name for name in ("small.gguf", "shape-Q4_K_M.gguf") for _ in range(2)]
    assert [(row["model"], row["threads"]) for row in rows] == list(zip(names, [1, 2] * 2, strict=True))
    assert [row["dictated"] for row in rows] == [False] * 2 + [True] * 2
    assert len({row["file_bytes"] for row in rows}) == len({row["parameters"] for row in rows}) == 2
    for row, ratio in zip(rows, times, strict=True):
        assert set(row) == set(Speed.__dataclass_fields__)
        assert ratio.pop("joules") is row["joules"] is None
        assert ratio == {key: pytest.approx(row[key] / rows[0][key]) for key in METRICS if key != "joules"}
    assert set(times[0].values()) == {1}
    assert results["energy"].startswith("not readable here (there is no intel-rapl")
    assert (len(results["sentences"]), results["homes"]) == (2, None)
    shown = capsys.readouterr().out
    assert benchmark.machine() in shown
    assert f"shape-Q4_K_M.gguf, trained, threads: 2, {USUAL} …" in shown
    assert "Energy: not readable here" in shown
    assert "answers are those of the first row" in shown
    for cell in (f"{rows[2]['warm_ms']:.1f}", f"{times[2]['warm_ms']:.3g}", f"{rows[2]['peak_bytes'] / 1e6:,.0f}"):
        assert cell in shown
    for metric in METRICS.values():
        assert metric.heading.split()[0] in shown
    if plotting.possible():
        assert {file.name for file in drawn.iterdir()} == {f"speed_{n}.png" for n in ("latency", "tokens", "memory")}
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in drawn.iterdir())
    else:
        assert "No plots" in shown


def test_without_matplotlib(models: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotting, "possible", lambda: False)
    assert not plotting.write(speed_plots.draw, {"rows": []}, tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


@pytest.mark.llama_cpp
def test_homes_of_two_sizes(
    models: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of before."""
    monkeypatch.setattr(benchmark, "cases_of", lambda path: (HOME, CASES[:4]))
    main(["--model", str(models[0]), *QUICK])  # through both engines
    shown = capsys.readouterr().out
    assert "20 lights" in shown
    assert "100 lights" in shown
    assert "times as long." in shown
    assert all(f"small.gguf, threads: auto, {binding} …" in shown for binding in Binding)
    assert len(larger(HOME, 100).lights) == 100


@pytest.mark.llama_cpp
def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"benchmark: .*missing\.gguf"):
        main(["--model", str(tmp_path / "missing.gguf"), *QUICK])
    with pytest.raises(SystemExit, match=r"benchmark: .*missing\.gguf"):
        main(["--model", str(tmp_path / "missing.gguf"), *QUICK, "--no-homes"])


def test_the_order_of_setups(
    models: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Random weights come last, one file after the other, each gone when it was measured."""
    monkeypatch.setattr(benchmark.shape, "write", lambda path, quantisation: path.write_text(quantisation))
    arguments = ["--model", str(models[0]), "--shape", "trained", "instruct", "--quantisation", "Q8_0", "Q4_K_M"]
    found = []
    for setup in setups_of(options_of(arguments), tmp_path):
        found.append((setup.model.name, setup.threads, setup.dictation and setup.dictation.style, setup.binding))
        assert [file.name for file in tmp_path.iterdir()] == [setup.model.name] * (setup.dictation is not None)
    assert found == [("small.gguf", None, None, binding) for binding in Binding] + [
        (f"shape-{quantisation}.gguf", None, style, binding)
        for quantisation in (Quantisation.Q8_0, Quantisation.Q4_K_M)
        for style in (Style.TRAINED, Style.INSTRUCT)
        for binding in Binding
    ]
    assert not list(tmp_path.iterdir())
    plain = options_of([])
    assert ([model.name for model in plain.model], plain.threads, plain.shape) == (["batti-nano.gguf"], [None], None)
    for option, value in (("--threads", "0"), ("--repeat", "0"), ("--shape", "plain")):
        with pytest.raises(SystemExit, match=r"^2$"):
            options_of([option, value])
        assert f"argument {option}: " in capsys.readouterr().err


def test_ratios_and_percentiles() -> None:
    common = dict.fromkeys(Speed.__dataclass_fields__, 0)
    first = Speed(**common | {"cold_ms": 10.0, "warm_ms": 4.0, "joules": None, "peak_bytes": 100})
    other = Speed(**common | {"cold_ms": 5.0, "warm_ms": 12.0, "joules": 2.0, "peak_bytes": None})
    found = ratios(other, first)
    assert (found["cold_ms"], found["warm_ms"], found["joules"], found["peak_bytes"]) == (0.5, 3.0, None, None)
    assert found["step_ms"] is None
    assert ratios(first, first)["peak_bytes"] == 1
    assert ninety_fifth(range(1, 22)) == 20
    assert ninety_fifth([7]) == 7
