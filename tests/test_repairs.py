"""What stands under Repairs, and the click that mends it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti import repairs
from custom_components.batti.const import BUNDLED_MODEL, DOMAIN, MODELS
from custom_components.batti.interpreter.errors import EngineMissing

from . import house
from .interpreter.engine import server


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Batti's issues by kind."""
    found = [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    assert all(issue.is_fixable for issue in found)
    return {str(issue.translation_key): issue for issue in found}


async def fix(hass: HomeAssistant, issue: ir.IssueEntry) -> tuple[repairs.RepairsFlow, Any]:
    """The flow that mends an issue, as Home Assistant's repairs make it, at its first step."""
    assert await async_setup_component(hass, "repairs", {})
    data = dict(issue.data or {})
    flow = await repairs.async_create_fix_flow(hass, issue.issue_id, data)
    flow.hass, flow.handler, flow.flow_id = hass, DOMAIN, "mend"
    flow.context = {"issue_id": issue.issue_id}
    return flow, await flow.async_step_init()


async def go_on(flow: repairs.RepairsFlow) -> Any:
    """Submit the form and wait for the work."""
    result = await flow.async_step_confirm({})
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        await asyncio.wait([result["progress_task"]])
        result = await flow.async_step_mend()  # type: ignore[attr-defined]
    assert result["type"] is FlowResultType.SHOW_PROGRESS_DONE
    return await getattr(flow, f"async_step_{result['step_id']}")()


def entry_of(hass: HomeAssistant, source: str, model: str, **data: str) -> MockConfigEntry:
    entry = MockConfigEntry(domain=DOMAIN, title="Batti", data={"source": source, "model": model, **data})
    entry.add_to_hass(hass)
    return entry


async def test_no_engine(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what was tried; the click tries again, tells what still fails, and in the end loads the entry."""

    async def fail(*args: object, **options: object) -> None:
        raise EngineMissing("- the index cannot be reached")

    entry = entry_of(flat, "bundled", BUNDLED_MODEL)
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.batti.engines.prepare", fail)
        assert not await flat.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_ERROR
        issue = issues(flat)["engine_missing"]
        assert issue.translation_placeholders == {"name": "Batti", "reason": "- the index cannot be reached"}
        flow, result = await fix(flat, issue)
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "confirm")
        result = await go_on(flow)
        assert (result["step_id"], result["errors"]) == ("failed", {"base": "still_failing"})
    result = await flow.async_step_failed({})  # type: ignore[attr-defined]
    await asyncio.wait([result["progress_task"]])
    assert (await flow.async_step_mend())["step_id"] == "done"  # type: ignore[attr-defined]
    result = await flow.async_step_done()  # type: ignore[attr-defined]
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await flat.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert issues(flat) == {}


async def test_an_engine_that_crashes_again_and_again(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """Twice is bad luck."""
    for crashes in range(1, 4):
        (worker,) = house.workers()
        worker.suspend()
        command = asyncio.create_task(house.say(flat, "kitchen ko batti bala"))
        await asyncio.sleep(0.3)
        os.kill(worker.pid, signal.SIGKILL)
        response = await command
        assert response["response_type"] == "error"
        assert ("engine_crashed" in issues(flat)) is (crashes == 3)
        await house.say(flat, "kitchen ko batti bala")
    assert "SIGKILL" in issues(flat)["engine_crashed"].translation_placeholders["reason"]  # type: ignore[index]
    flow, _ = await fix(flat, issues(flat)["engine_crashed"])
    assert (await go_on(flow))["type"] is FlowResultType.CREATE_ENTRY
    await flat.async_block_till_done()
    assert issues(flat) == {}
    assert batti.state is ConfigEntryState.LOADED


async def test_a_model_that_is_gone(flat: HomeAssistant, tmp_path: Path) -> None:
    """Put back and tried again, or left for the bundled one."""
    file = tmp_path / "mine.gguf"
    entry = entry_of(flat, "file", str(file))
    assert not await flat.config_entries.async_setup(entry.entry_id)
    assert entry.error_reason_translation_key == "model_missing"
    flow, result = await fix(flat, issues(flat)["model_missing"])
    assert (result["type"], result["menu_options"]) == (FlowResultType.MENU, ["bundled", "again"])
    result = await flow.async_step_again()  # type: ignore[attr-defined]
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "still_failing")
    shutil.copy(MODELS / BUNDLED_MODEL, file)
    result = await flow.async_step_again()  # type: ignore[attr-defined]
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.state is ConfigEntryState.LOADED
    assert issues(flat) == {}

    file.write_text("no model")
    await flat.config_entries.async_reload(entry.entry_id)
    flow, _ = await fix(flat, issues(flat)["model_refused"])
    result = await flow.async_step_bundled()  # type: ignore[attr-defined]
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data == {"source": "bundled", "model": BUNDLED_MODEL}
    assert issues(flat) == {}
    assert file.exists(), "a file that the user chose is the user's"


async def test_the_bundled_model_is_not_given_out_twice(
    flat: HomeAssistant, batti: MockConfigEntry, tmp_path: Path
) -> None:
    entry = entry_of(flat, "file", str(tmp_path / "gone.gguf"))
    assert not await flat.config_entries.async_setup(entry.entry_id)
    _, result = await fix(flat, issues(flat)["model_missing"])
    assert result["menu_options"] == ["again"]


@pytest.mark.server
@pytest.mark.usefixtures("socket_enabled")
async def test_a_server_that_is_not_there(flat: HomeAssistant) -> None:
    port = server.free_port()
    url = f"http://127.0.0.1:{port}"
    entry = entry_of(flat, "server", url, url=url)
    assert not await flat.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    flow, _ = await fix(flat, issues(flat)["server_unreachable"])
    assert (await go_on(flow))["errors"] == {"base": "still_failing"}
    async with server.running(MODELS / BUNDLED_MODEL, port=port):
        assert (await go_on(flow))["type"] is FlowResultType.CREATE_ENTRY
        assert entry.state is ConfigEntryState.LOADED
        assert issues(flat) == {}
        await flat.config_entries.async_unload(entry.entry_id)


async def test_removing_takes_the_issues_away(flat: HomeAssistant, tmp_path: Path) -> None:
    entry = entry_of(flat, "file", str(tmp_path / "gone.gguf"))
    assert not await flat.config_entries.async_setup(entry.entry_id)
    assert issues(flat)
    await flat.config_entries.async_remove(entry.entry_id)
    assert issues(flat) == {}
