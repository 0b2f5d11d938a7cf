"""Setting up and unloading: the worker process comes and goes with the entry."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.const import BUNDLED_MODEL, DOMAIN, MODELS
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import EngineCrashed, EngineError, EngineMissing
from custom_components.batti.preparation import Prepared, prepare

from . import house

ROOT = Path(__file__).parents[1]


async def test_unloading_ends_the_worker(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    assert len(house.workers()) == 1
    assert await flat.config_entries.async_unload(batti.entry_id)
    assert house.workers() == []
    assert flat.states.get(house.AGENT).state == "unavailable"  # type: ignore[union-attr]


async def test_reloading_leaves_one_worker_that_understands(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    (before,) = house.workers()
    assert await flat.config_entries.async_reload(batti.entry_id)
    await flat.async_block_till_done()
    (after,) = house.workers()
    assert after.pid != before.pid
    await house.say(flat, "sabai batti bala")
    assert len(house.on(flat)) == len(house.looks(flat))


async def test_removing_leaves_nothing(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    cache = Path(flat.config.path(".cache", DOMAIN))
    assert cache.exists()
    await flat.config_entries.async_remove(batti.entry_id)
    await flat.async_block_till_done()
    assert house.workers() == []
    assert flat.states.get(house.AGENT) is None
    assert not cache.exists()


@pytest.mark.llama_cpp  # which is there at once; the ready engine would be fetched
async def test_removed_and_added_again(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a restart: what was prepared went with the entry, so it is prepared once more."""
    folders: list[bool] = []

    async def watched(folder: Path, *args: Any, **options: Any) -> Prepared:
        folders.append(await asyncio.to_thread(folder.exists))
        return await prepare(folder, *args, **options)

    monkeypatch.setattr("custom_components.batti.engines.prepare", watched)
    for _ in range(2):
        entry = await house.add_batti(flat)
        assert entry.state is ConfigEntryState.LOADED
        await flat.config_entries.async_remove(entry.entry_id)
    assert folders == [True, False]


async def test_removing_one_of_several_leaves_what_the_others_need(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    cache = Path(flat.config.path(".cache", DOMAIN))
    folder = cache / "models" / "someone--batti"
    folder.mkdir(parents=True)
    fetched, other = folder / "one.gguf", folder / "two.gguf"
    chosen = Path(flat.config.path("mine.gguf"))
    for file in (fetched, other, chosen):
        shutil.copy(MODELS / BUNDLED_MODEL, file)
    entries = [
        MockConfigEntry(domain=DOMAIN, data={"source": source, "model": str(file)})
        for source, file in (("hugging_face", fetched), ("hugging_face", other), ("file", chosen))
    ]
    for entry in entries:
        entry.add_to_hass(flat)
        assert await flat.config_entries.async_setup(entry.entry_id)
    assert (cache / "states" / "one.state").exists()
    await flat.config_entries.async_remove(entries[0].entry_id)
    assert not fetched.exists()
    assert not (cache / "states" / "one.state").exists()
    assert (cache / "states" / "two.state").exists()
    assert other.exists()
    await flat.config_entries.async_remove(entries[1].entry_id)
    assert not folder.exists()
    await flat.config_entries.async_remove(entries[2].entry_id)
    assert chosen.exists()
    assert (cache / "engine").exists()
    assert batti.state is ConfigEntryState.LOADED


async def test_an_engine_that_takes_long_to_prepare(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home Assistant does not wait for a slow download; it asks again, and the work goes on meanwhile."""
    go_on = asyncio.Event()
    begun = 0

    async def slow(*args: Any, **options: Any) -> Prepared:
        nonlocal begun
        begun += 1
        await go_on.wait()
        return await prepare(*args, **options)

    monkeypatch.setattr("custom_components.batti.engines.prepare", slow)
    monkeypatch.setattr("custom_components.batti.coordinator.PATIENCE", 0.05)
    entry = MockConfigEntry(domain=DOMAIN, data=house.BUNDLED)
    entry.add_to_hass(flat)
    assert not await flat.config_entries.async_setup(entry.entry_id)
    assert (entry.state, entry.error_reason_translation_key) == (ConfigEntryState.SETUP_RETRY, "engine_preparing")
    await flat.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    go_on.set()
    monkeypatch.setattr("custom_components.batti.coordinator.PATIENCE", 30.0)
    await flat.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert begun == 1


async def test_home_assistant_s_end_is_the_worker_s(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    flat.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await flat.async_block_till_done()
    assert house.workers() == []


async def test_a_model_that_is_gone(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("custom_components.batti.model_files.MODELS", tmp_path / "models")
    entry = MockConfigEntry(domain=DOMAIN, data=house.BUNDLED)
    entry.add_to_hass(flat)
    assert not await flat.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "model_missing"
    assert house.workers() == []


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (EngineMissing("no llama_cpp"), ConfigEntryState.SETUP_ERROR),
        (EngineCrashed("signal 9"), ConfigEntryState.SETUP_RETRY),
    ],
)
async def test_an_engine_that_does_not_start(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, fault: EngineError, state: ConfigEntryState
) -> None:
    async def fail(self: LocalEngine) -> None:
        raise fault

    monkeypatch.setattr(LocalEngine, "start", fail)
    entry = MockConfigEntry(domain=DOMAIN, data=house.BUNDLED)
    entry.add_to_hass(flat)
    assert not await flat.config_entries.async_setup(entry.entry_id)
    assert entry.state is state
    assert entry.error_reason_translation_placeholders == {"reason": str(fault)}


async def test_yaml_configuration_is_told_to_be_of_no_use(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, DOMAIN, {DOMAIN: {}})
    assert ir.async_get(hass).async_get_issue("homeassistant", f"config_entry_only_{DOMAIN}") is not None


def test_nothing_is_read_from_disk_with_the_first_sentence() -> None:
    script = """
import asyncio, concurrent.futures.thread, sys  # the second is loaded in any Home Assistant
from custom_components.batti.engines import EXAMPLE_HOME, read_words
from custom_components.batti.interpreter import interpret
from custom_components.batti.interpreter.engine.interface import Generation
from custom_components.batti.interpreter.reply import Outcome, Unable, reply

class Scripted:
    async def generate(self, sentence, labels, deadline, previous=""):
        text = f"- action: light.turn_on\\n  target:\\n    - {labels[0]}\\n  data:\\n    color_name: red\\n"
        return Generation(text, 1, (), 1, 1, 1, 1, 1, 1)

read_words()
sys.addaudithook(lambda event, args: event == "open" and print("opened", args[0]))
heard = asyncio.run(interpret("भान्साको बत्ती रातो बनाऊ", EXAMPLE_HOME, Scripted()))
print(reply("भान्साको बत्ती रातो बनाऊ", heard.plan, Outcome(("light.kitchen",), ()), EXAMPLE_HOME))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("भान्साको")
    assert "opened" not in done.stdout
