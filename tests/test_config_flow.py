"""Adding Batti, with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.const import BUNDLED_MODEL, CONF_MODEL, DOMAIN
from custom_components.batti.interpreter.engine.base import Generation
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import BattiError, EngineCrashed, EngineMissing, ModelRefused

from . import house


async def choose_bundled(hass: HomeAssistant) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    assert list(result["menu_options"]) == ["bundled"]
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "bundled"})


async def test_the_bundled_model_with_defaults(flat: HomeAssistant) -> None:
    result = await choose_bundled(flat)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "bundled")
    result = await flat.config_entries.flow.async_configure(result["flow_id"], {})
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Batti")
    assert result["data"] == {CONF_MODEL: BUNDLED_MODEL}
    assert result["result"].unique_id == BUNDLED_MODEL
    await flat.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED
    assert flat.states.get(house.AGENT) is not None
    assert len(house.workers()) == 1, "the one that was tried in the flow has ended"
    await house.say(flat, "kitchen ko batti bala")
    assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}


async def test_the_same_model_only_once(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    result = await choose_bundled(flat)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_a_model_that_is_not_there(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    models = tmp_path / "models"
    result = await choose_bundled(flat)
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.batti.MODELS", models)
        result = await flat.config_entries.flow.async_configure(result["flow_id"], {})
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": "model_missing"})
    assert BUNDLED_MODEL in (result["description_placeholders"] or {})["reason"]
    assert house.workers() == []
    result = await flat.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY, "once the file is there, the same form goes through"
    await flat.async_block_till_done()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (EngineMissing("no llama_cpp"), "engine_missing"),
        (ModelRefused("another version"), "model_refused"),
        (EngineCrashed("signal 4"), "engine_failed"),
    ],
)
async def test_an_engine_that_does_not_work_here(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, fault: BattiError, told: str
) -> None:
    async def fail(*args: object) -> Generation:
        raise fault

    monkeypatch.setattr(LocalEngine, "generate", fail)
    result = await choose_bundled(flat)
    result = await flat.config_entries.flow.async_configure(result["flow_id"], {})
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": told})
    assert result["description_placeholders"] == {"reason": str(fault)}
    assert flat.config_entries.async_entries(DOMAIN) == []
