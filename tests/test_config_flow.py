"""Adding Batti, with real models, a real llama-server, and a hub on this machine."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import EVENT_DATA_ENTRY_FLOW_PROGRESSED, FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti import config_flow
from custom_components.batti.const import BUNDLED_MODEL, DOMAIN, MODELS
from custom_components.batti.interpreter.engine.interface import Generation
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import BattiError, EngineCrashed, EngineMissing, ModelRefused
from custom_components.batti.preparation import Stage

from . import house
from .interpreter.engine import server
from .interpreter.engine.tiny_gguf import CHAT_TEMPLATE, write_model

SOURCES = ["bundled", "file", "hugging_face", "server"]


async def choose(hass: HomeAssistant, source: str) -> ConfigFlowResult:
    """Open the flow and choose where the model comes from."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "user")
    assert list(result["menu_options"]) == SOURCES
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": source})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, source)
    return result


async def submit(hass: HomeAssistant, result: ConfigFlowResult, **values: Any) -> ConfigFlowResult:
    """Submit a form and wait for the work that follows."""
    result = await hass.config_entries.flow.async_configure(result["flow_id"], values)
    return await to_the_end(hass, result)


async def to_the_end(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Wait for work as the frontend does: go on when Home Assistant says so. Who goes on sooner may have the end twice."""
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        changed = asyncio.Event()
        stop = hass.bus.async_listen(
            EVENT_DATA_ENTRY_FLOW_PROGRESSED, callback(lambda _, changed=changed: changed.set())
        )
        async with asyncio.timeout(120):
            await changed.wait()
        stop()
        result = await hass.config_entries.flow.async_configure(result["flow_id"])
    return result


async def test_the_bundled_model_with_defaults(flat: HomeAssistant) -> None:
    result = await submit(flat, await choose(flat, "bundled"))
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Batti")
    assert result["data"] == {"source": "bundled", "model": BUNDLED_MODEL}
    assert result["result"].unique_id == BUNDLED_MODEL
    await flat.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED
    assert flat.states.get(house.AGENT) is not None
    assert len(house.workers()) == 1, "the one that was tried in the flow has ended"
    await house.say(flat, "kitchen ko batti bala")
    assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}


async def test_the_same_model_only_once(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    result = await submit(flat, await choose(flat, "bundled"))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_work_that_takes_long_is_shown(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """As progress, and what comes after it is the same."""
    monkeypatch.setattr(config_flow, "UNSEEN", 0.0)
    result = await choose(flat, "bundled")
    result = await flat.config_entries.flow.async_configure(result["flow_id"], {})
    assert (result["type"], result["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "prepare")
    assert (await to_the_end(flat, result))["type"] is FlowResultType.CREATE_ENTRY
    await flat.async_block_till_done()


async def test_a_model_that_is_not_there(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = await choose(flat, "bundled")
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.batti.model_files.MODELS", tmp_path / "models")
        result = await submit(flat, result)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "model_missing"})
    assert BUNDLED_MODEL in (result["description_placeholders"] or {})["reason"]
    assert house.workers() == []
    result = await submit(flat, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY, "once the file is there, the same form goes through"
    await flat.async_block_till_done()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (EngineMissing("no llama_cpp"), "engine_missing"),
        (ModelRefused("another version"), "model_refused"),
        (EngineCrashed("signal 4"), "engine_crashed"),
    ],
)
@pytest.mark.parametrize("unseen", [0.0, 3.0])
async def test_an_engine_that_does_not_work_here(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, fault: BattiError, told: str, unseen: float
) -> None:
    async def fail(*args: object) -> Generation:
        raise fault

    monkeypatch.setattr(config_flow, "UNSEEN", unseen)
    monkeypatch.setattr(LocalEngine, "generate", fail)
    result = await submit(flat, await choose(flat, "bundled"))
    assert (result["type"], result["step_id"], result["errors"]) == (FlowResultType.FORM, "bundled", {"base": told})
    assert result["description_placeholders"] == {"reason": str(fault)}
    assert flat.config_entries.async_entries(DOMAIN) == []


async def test_preparing_the_engine_is_shown(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The share that is done reaches the dialog."""
    shares: list[float] = []

    async def fetch(*args: object, on_progress: Any, **options: object) -> None:
        on_progress(Stage.LOOKING, None)
        on_progress(Stage.DOWNLOADING, 0.5)
        raise EngineMissing("- offline")

    monkeypatch.setattr("custom_components.batti.engines.prepare", fetch)
    flow = config_flow.BattiConfigFlow
    monkeypatch.setattr(flow, "async_update_progress", lambda self, share: shares.append(share))
    result = await submit(flat, await choose(flat, "bundled"))
    assert result["errors"] == {"base": "engine_missing"}
    assert shares == [0.5]


async def test_a_file_on_this_machine(flat: HomeAssistant) -> None:
    """Found in the configuration folder and offered; a stock instruct model, addressed as one."""
    folder = Path(flat.config.config_dir) / "models" / "mine"
    folder.mkdir(parents=True)
    file = write_model(folder / "stock.gguf", version=None, chat_template=CHAT_TEMPLATE, n_ctx=4096)
    (Path(flat.config.config_dir) / ".hidden").mkdir()
    shutil.copy(file, Path(flat.config.config_dir) / ".hidden" / "other.gguf")
    result = await choose(flat, "file")
    assert result["data_schema"] is not None
    assert result["data_schema"].schema["model"].config["options"] == [str(file)]
    result = await submit(flat, result, model=str(file))
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Batti (stock.gguf)")
    await flat.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.engine.info.style == "instruct"
    (worker,) = house.workers()
    await flat.config_entries.async_unload(entry.entry_id)
    assert not worker.is_running()
    assert file.exists()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("models/a.gguf", "path_not_absolute"),
        ("/etc/a.gguf", "path_not_allowed"),
        ("{config}/gone.gguf", "file_not_found"),
        ("{config}/locked.gguf", "file_not_readable"),
        ("{config}/huge.gguf", "not_enough_memory"),
    ],
)
async def test_files_that_cannot_be_used(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, path: str, told: str
) -> None:
    config = Path(flat.config.config_dir)
    (config / "locked.gguf").write_bytes(b"GGUF")
    with (config / "huge.gguf").open("wb") as file:
        file.truncate(1 << 43)  # a hole: it takes no room
    access = config_flow.model_files.os.access
    monkeypatch.setattr(
        config_flow.model_files.os, "access", lambda file, mode: "locked" not in str(file) and access(file, mode)
    )  # root may read everything
    result = await submit(flat, await choose(flat, "file"), model=path.format(config=config))
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"model": told})
    shutil.copy(MODELS / BUNDLED_MODEL, config / "mine.gguf")
    result = await submit(flat, result, model=str(config / "mine.gguf"))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await flat.async_block_till_done()


async def test_a_file_that_is_no_model(flat: HomeAssistant) -> None:
    """llama.cpp's own reason is shown, on the form that the path was entered in."""
    page = Path(flat.config.config_dir) / "page.gguf"
    page.write_text("<html>Not found</html>")
    result = await submit(flat, await choose(flat, "file"), model=str(page))
    assert (result["step_id"], result["errors"]) == ("file", {"base": "model_refused"})
    assert "not a GGUF file" in (result["description_placeholders"] or {})["reason"]


@pytest.mark.server
@pytest.mark.usefixtures("socket_enabled")
async def test_a_server(flat: HomeAssistant) -> None:
    """A wrong address, a wrong key, then the right ones; no worker is started, and the key is in no title."""
    port = server.free_port()
    result = await submit(flat, await choose(flat, "server"), url=f"http://127.0.0.1:{port}")
    assert (result["step_id"], result["errors"]) == ("server", {"base": "server_unreachable"})
    async with server.running(MODELS / BUNDLED_MODEL, port=port, api_key=server.API_KEY) as url:
        result = await submit(flat, result, url=url, api_key="wrong")
        assert result["errors"] == {"base": "server_denied"}
        result = await submit(flat, result, url=f"{url}/ ", api_key=server.API_KEY)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"] == {"source": "server", "model": url, "url": url, "api_key": server.API_KEY}
        assert server.API_KEY not in result["title"]
        await flat.async_block_till_done()
        assert house.workers() == []
        await house.say(flat, "kitchen ko batti bala", agent="conversation.batti_127_0_0_1_" + str(port))
        assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}
        await flat.config_entries.async_unload(result["result"].entry_id)


async def test_another_model_for_an_entry(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """Reconfigured, the entry keeps its entity."""
    file = Path(shutil.copy(MODELS / BUNDLED_MODEL, Path(flat.config.config_dir) / "mine.gguf"))
    result = await batti.start_reconfigure_flow(flat)
    assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "reconfigure")
    result = await flat.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "file"})
    result = await submit(flat, result, model=str(file))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await flat.async_block_till_done()
    assert batti.data == {"source": "file", "model": str(file)}
    assert batti.unique_id == f"file:{file}"
    assert batti.state is ConfigEntryState.LOADED
    await house.say(flat, "kitchen ko batti bala")
    assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}


async def test_the_same_model_again_for_an_entry(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """That is no second entry."""
    result = await batti.start_reconfigure_flow(flat)
    result = await flat.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "bundled"})
    result = await submit(flat, result)
    assert result["reason"] == "reconfigure_successful"
    await flat.async_block_till_done()


async def test_options(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """They reach the worker, and reload it."""
    (before,) = house.workers()
    result = await flat.config_entries.options.async_init(batti.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "init")
    chosen = {"lamps": ["switch.porch"], "deadline": 20, "threads": 2, "context_size": 256, "idle_unload": 5}
    result = await flat.config_entries.options.async_configure(result["flow_id"], chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await flat.async_block_till_done()
    assert batti.options == chosen
    (after,) = house.workers()
    assert after.pid != before.pid
    arguments = after.cmdline()
    assert arguments[arguments.index("--threads") + 1] == "2"
    assert arguments[arguments.index("--n-ctx") + 1] == "256"


async def test_options_of_a_server_are_fewer(flat: HomeAssistant) -> None:
    """Threads, context and memory are its own business."""
    entry = MockConfigEntry(domain=DOMAIN, data={"source": "server", "model": "http://x", "url": "http://x"})
    entry.add_to_hass(flat)
    result = await flat.config_entries.options.async_init(entry.entry_id)
    assert result["data_schema"] is not None
    assert list(result["data_schema"].schema) == ["lamps", "deadline"]
