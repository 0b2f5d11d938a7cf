"""An entry whose server is polled: what Home Assistant shows, without a server (`test_server.py` has a real one)."""

from __future__ import annotations

from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.const import DOMAIN
from custom_components.batti.interpreter.engine.client import ServerClient
from custom_components.batti.interpreter.engine.interface import ModelInfo
from custom_components.batti.interpreter.engine.lines import LineBook
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.engine.server import ServerEngine, _Model
from custom_components.batti.interpreter.errors import EngineError, ModelMissing, ServerDenied, ServerUnreachable

from . import house

URL = "http://192.0.2.1:8080"
SERVER = {"source": "server", "model": URL, "url": URL}
INFO = ModelInfo("llama.cpp server", "trained", None, 1, 512, 1)


class Server:
    """Answers with what it is told to: an error, or nothing; counts how often it is asked."""

    def __init__(self) -> None:
        self.error: EngineError | None = None
        self.asked = 0

    async def health(self) -> None:
        self.asked += 1
        if self.error:
            raise self.error


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    answering = Server()

    async def read_model(_: ServerEngine) -> _Model:
        return _Model(INFO, LineBook(0), 0)

    monkeypatch.setattr(ServerClient, "health", answering.health)
    monkeypatch.setattr(ServerEngine, "_read_model", read_model)
    return answering


@pytest.fixture
async def entry(flat: HomeAssistant, server: Server) -> MockConfigEntry:
    made = MockConfigEntry(domain=DOMAIN, title="Batti", data=dict(SERVER))
    made.add_to_hass(flat)
    assert await flat.config_entries.async_setup(made.entry_id)
    await flat.async_block_till_done()
    return made


def kinds(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ServerUnreachable("gone"), "server_unreachable"), (ServerDenied("another key"), "server_denied")],
)
async def test_a_server_that_fails_is_asked_again_soon(
    flat: HomeAssistant, entry: MockConfigEntry, server: Server, error: EngineError, kind: str
) -> None:
    server.error = error
    await house.later(flat, 60)
    assert (house.agent_state(flat), kinds(flat)) == ("unavailable", {kind})
    asked = server.asked
    for pause in (5, 10, 20):
        await house.later(flat, pause)
        asked += 1
        assert server.asked == asked
        assert house.agent_state(flat) == "unavailable"
    assert entry.state is ConfigEntryState.LOADED
    server.error = None
    await house.later(flat, 40)
    assert (house.agent_state(flat), kinds(flat)) == ("unknown", set())


async def test_it_stays_what_it_is_while_it_is_asked(
    flat: HomeAssistant, entry: MockConfigEntry, server: Server
) -> None:
    changes: list[Any] = []
    flat.bus.async_listen("state_changed", lambda event: changes.append(event.data["entity_id"]))
    for _ in range(2):
        await house.later(flat, 60)
    server.error = ServerUnreachable("gone")
    for seconds in (60, 5, 10):
        await house.later(flat, seconds)
    assert server.asked == 6
    assert changes == [house.AGENT], "once, when it had gone"


async def test_its_issue_is_for_everybody(flat: HomeAssistant, entry: MockConfigEntry, server: Server) -> None:
    """All entities are disabled; `batti.interpret` still asks the server."""
    er.async_get(flat).async_update_entity(house.AGENT, disabled_by=er.RegistryEntryDisabler.USER)
    await flat.config_entries.async_reload(entry.entry_id)
    await flat.async_block_till_done()
    server.error = ServerUnreachable("gone")
    await house.later(flat, 60)
    assert kinds(flat) == {"server_unreachable"}


async def test_what_is_unloaded_asks_no_more(flat: HomeAssistant, entry: MockConfigEntry, server: Server) -> None:
    assert await flat.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    asked = server.asked
    await house.later(flat, 300)
    assert server.asked == asked


async def test_a_key_that_is_wrong_from_the_start(flat: HomeAssistant, server: Server) -> None:
    server.error = ServerDenied("another key")
    made = MockConfigEntry(domain=DOMAIN, data=dict(SERVER))
    made.add_to_hass(flat)
    assert not await flat.config_entries.async_setup(made.entry_id)
    assert (made.state, kinds(flat)) == (ConfigEntryState.SETUP_ERROR, {"server_denied"})


async def test_a_model_here_is_not_started_by_a_look_at_it(
    flat: HomeAssistant, batti: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: LocalEngine) -> None:
        raise ModelMissing("gone")

    monkeypatch.setattr(LocalEngine, "start", fail)
    await batti.runtime_data.async_refresh()
    assert (house.agent_state(flat), kinds(flat)) == ("unknown", set())
