"""The notebook, executed from top to bottom on a CPU with the tiny base; and what it exports, in the house's engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.const import CONF_MODEL, CONF_SOURCE, DOMAIN, Source
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.language.grammar import Grammar
from tests import house, measured
from tests.interpreter.engine.language import problem
from tests.training import child
from training.finetune import notebook

NOTEBOOK = child.ROOT / "training" / "finetune_llama32_1b.ipynb"
SECONDS = 1800  # two minutes of computing, when nothing else runs


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, training_python: Path) -> Path:
    """What the notebook makes, and `done.ipynb`."""
    folder = tmp_path_factory.mktemp("notebook")
    surroundings = {
        "BATTI_RECIPE": "tiny",
        "BATTI_RUNS": str(folder),
        "HF_HOME": str(folder / "hf"),
    } | measured.UNMEASURED
    probe = child.PROBES / "notebook.py"
    child.run(probe, NOTEBOOK, folder / "done.ipynb", timeout=SECONDS, **surroundings)
    return folder


def output(made: Path, cell_id: str) -> str:
    """All that a cell showed as text."""
    (cell,) = (cell for cell in cells(made / "done.ipynb") if cell["id"] == cell_id)
    shown = [one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell["outputs"]]
    return "".join(part for text in shown for part in text)


def test_it_is_committed_without_outputs() -> None:
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(NOTEBOOK))


def test_every_cell_ran(made: Path) -> None:
    assert [cell["id"] for cell in cells(made / "done.ipynb") if not cell["execution_count"]] == []


def test_it_shows_what_it_did(made: Path) -> None:
    assert "630" in output(made, "show-data")
    assert "exact_match" in output(made, "train")
    assert "Q4_K_M" in output(made, "export")
    assert "given sentences" in output(made, "evaluate")
    (plot,) = (cell for cell in cells(made / "done.ipynb") if cell["id"] == "plot")
    assert plot["outputs"][0]["data"]["image/png"]


@pytest.mark.parametrize("quantisation", ["Q4_K_M", "Q8_0"])
async def test_what_it_exports_answers_in_the_house(made: Path, quantisation: str) -> None:
    (model,) = (made / "tiny" / "files").glob(f"*-{quantisation}.gguf")
    engine = LocalEngine(model)
    await engine.start()
    try:
        found = await engine.generate("A ko bati bala", ["A"], 30)
    finally:
        await engine.stop()
    assert problem(Grammar(["A"]), found.text, found.unknown) is None


async def test_the_integration_takes_it(made: Path, flat: HomeAssistant) -> None:
    (model,) = (made / "tiny" / "files").glob("*-Q4_K_M.gguf")
    entry = MockConfigEntry(
        domain=DOMAIN, title="Batti", data={CONF_SOURCE: Source.FILE, CONF_MODEL: str(model)}, unique_id=str(model)
    )
    entry.add_to_hass(flat)
    assert await flat.config_entries.async_setup(entry.entry_id)
    await flat.async_block_till_done()
    (device,) = dr.async_entries_for_config_entry(dr.async_get(flat), entry.entry_id)
    assert device.model == model.name
    # It was told too little to say anything sensible; but that it does in whole sentences, and no light heeds what is unsure.
    response = await house.say(flat, "bhansa ko batti bala")
    assert house.spoken(response)
    assert house.on(flat) == set()


@pytest.mark.parametrize("gpu", [True, False])
def test_it_installs_what_is_missing(gpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing: with a GPU Unsloth first and whatever versions it takes, without one the pinned versions."""
    ran: list[tuple[str, ...]] = []
    flags: dict[str, str] = {}

    def note(*command: str, **environment: str) -> None:
        ran.append(command[4:])
        flags.update(environment)

    monkeypatch.setattr(notebook, "show", note)
    monkeypatch.setattr(notebook, "find_spec", lambda name: None)
    monkeypatch.setattr(notebook.shutil, "which", lambda name: "/usr/bin/nvidia-smi" if gpu else None)
    notebook.install()
    if gpu:
        assert ran[0] == ("unsloth", "bitsandbytes")
        assert {"torch", "trl", "peft", "datasets", "gguf", "optuna"} <= set(ran[1])
    else:
        assert ran[0] == ("--requirement", str(child.ROOT / "training" / "requirements.txt"))
    assert ran[-1][-3:-1] == ("--no-deps", "--requirement")
    assert "llama-cpp-python==" in Path(ran[-1][-1]).read_text()
    assert "-DGGML_NATIVE=OFF" in flags["CMAKE_ARGS"]
    monkeypatch.setattr(notebook, "find_spec", lambda name: object())
    ran.clear()
    notebook.install()
    assert ran == []


def test_a_command_that_fails_stops_it(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="ended with 3"):
        notebook.show(notebook.sys.executable, "-c", "print('said before'); raise SystemExit(3)")
    assert "said before" in capfd.readouterr().out
