"""A real Home Assistant core in this process: only the parts needed, its own configuration folder, no downloads."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, loader
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.components.http.config import HTTP_STORAGE_SCHEMA
from homeassistant.config_entries import SOURCE_IMPORT, SOURCE_USER, ConfigEntries, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component

import custom_components

HERE = Path(__file__).parent
ENGINE = Path(os.environ.get("BATTI_CACHE") or HERE.parent / ".cache") / "engine"
"""The folder where scripts/setup prepared the ready engine; every demo uses it."""
HOUSE = HERE / "house.yaml"
LOCALHOST = "127.0.0.1"
AGENT = "conversation.batti"
CORE_CONFIG = {
    "name": "Batti",
    "country": "NP",
    "time_zone": "Asia/Kathmandu",
    # Everybody on this machine is logged in.
    "auth_providers": [{"type": "trusted_networks", "trusted_networks": ["127.0.0.0/8"], "allow_bypass_login": True}],
}


class DemoError(Exception):
    """The demo failed; the message tells the person at the terminal why."""


def free_port() -> int:
    """Return a free TCP port of this machine."""
    with socket.socket() as listener:
        listener.bind((LOCALHOST, 0))
        port: int = listener.getsockname()[1]
        return port


def seed(config_dir: Path, key: str, data: Any, version: int, minor_version: int = 1) -> None:
    """Write one file of Home Assistant's storage, before Home Assistant starts."""
    file = config_dir / ".storage" / key
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    file.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


async def start(config_dir: Path, home: Path, port: int, *domains: str) -> HomeAssistant:
    """Set up a core with the integrations `domains` and the lights of a home file; it serves 127.0.0.1:`port` only.

    Call `async_start` or `async_run` of the result to run it. Raises DemoError if a part does not start.
    """
    share_engine(config_dir)
    server = HTTP_STORAGE_SCHEMA({"server_host": [LOCALHOST], "server_port": port})
    seed(config_dir, "http", {"stable": server, "pending": None, "yaml_migration_done": True}, 2, 2)
    custom_components.__path__.append(str(HERE / "custom_components"))
    hass = HomeAssistant(str(config_dir))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    hass.config_entries = ConfigEntries(hass, {})
    if not await bootstrap.async_load_base_functionality(hass):
        raise DemoError("Home Assistant could not load its registries.")
    await async_setup_component(hass, "homeassistant", {})
    await async_process_ha_core_config(hass, CORE_CONFIG)
    await hass.auth.async_create_user("Demo", group_ids=[GROUP_ID_ADMIN])
    for domain in domains:
        if not await async_setup_component(hass, domain, {}):
            raise DemoError(f"Home Assistant's {domain} could not be set up.")
    await _add(hass, "batti_demo", SOURCE_IMPORT, {"home": str(home)})
    return hass


def share_engine(config_dir: Path) -> None:
    """Let Batti find the prepared engine, as if an earlier start of this Home Assistant had prepared it."""
    ENGINE.mkdir(parents=True, exist_ok=True)
    cache = config_dir / ".cache" / "batti"
    cache.mkdir(parents=True)
    (cache / "engine").symlink_to(ENGINE.absolute(), target_is_directory=True)


async def stop(hass: HomeAssistant) -> None:
    """Stop a core, in any state."""
    if hass.state is not CoreState.stopped:
        await hass.async_stop(force=True)


async def add_batti(hass: HomeAssistant) -> None:
    """Add Batti as a person does: Add integration > Batti > the bundled model.

    Raises DemoError if the flow or the entry fails.
    """
    await _add(hass, "batti", SOURCE_USER, None)
    if hass.states.get(AGENT) is None:
        raise DemoError(f"Batti was set up, but there is no {AGENT}.")


def engine(hass: HomeAssistant) -> str:
    """The program that runs Batti's model, and its version."""
    (entry,) = hass.config_entries.async_loaded_entries("batti")
    info = entry.runtime_data.engine.info
    return str(info.engine)


async def _add(hass: HomeAssistant, domain: str, source: str, data: dict[str, Any] | None) -> None:
    """Complete a config flow: choose `bundled` in a menu, submit every form unchanged."""
    flow = hass.config_entries.flow
    result = await flow.async_init(domain, context={"source": source}, data=data)
    while result["type"] in (FlowResultType.MENU, FlowResultType.FORM, FlowResultType.SHOW_PROGRESS):
        if errors := result.get("errors"):
            raise DemoError(f"{domain} could not be added: {', '.join(errors.values())}")
        if result["type"] is FlowResultType.SHOW_PROGRESS:
            await asyncio.sleep(0.05)
        chosen = {"next_step_id": "bundled"} if result["type"] is FlowResultType.MENU else {}
        result = await flow.async_configure(result["flow_id"], chosen)
    if result["type"] is not FlowResultType.CREATE_ENTRY:
        raise DemoError(f"{domain} could not be added: {result.get('reason')}")
    await hass.async_block_till_done()
    entry = result["result"]
    if entry.state is not ConfigEntryState.LOADED:
        raise DemoError(f"{domain} was added but not set up: {entry.reason or entry.state.value}")
