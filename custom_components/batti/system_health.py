"""Batti's part of Settings > System > Repairs > System information."""

from __future__ import annotations

from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .diagnostics import figures_of
from .engines import engine_preparation
from .interpreter.language import prompt


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the function that collects the information."""
    register.async_register_info(_info)


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    prepared = engine_preparation(hass).prepared
    info: dict[str, Any] = {
        "engine": f"{prepared.binding} {prepared.version} ({prepared.origin})" if prepared else "not prepared",
        "prompt_version": prompt.VERSION,
    }
    entries = [entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.state is ConfigEntryState.LOADED]
    several = [(entry.title, await figures_of(entry.runtime_data)) for entry in entries]
    for key in several[0][1] if several else ():
        told = [(title, figures[key]) for title, figures in several]
        info[key] = told[0][1] if len(told) == 1 else "; ".join(f"{title}: {value}" for title, value in told)
    return info
