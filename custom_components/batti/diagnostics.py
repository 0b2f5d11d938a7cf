"""Diagnostics of an entry: facts that help to find a fault, without names of the home, sentences or server addresses.

Diagnostics of the device contain the home itself with its names: the data for fine-tuning a model for one house.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psutil
from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import BUNDLED_MODEL, CONF_API_KEY, CONF_MODEL, CONF_URL
from .coordinator import BattiConfigEntry, BattiCoordinator
from .engines import engine_preparation
from .interpreter.language import prompt

_NOTE = (
    "This file holds the names, aliases and ids of your floors, areas and lights that are exposed to Assist. It is meant "
    "for training/personal/, which makes a fine-tuning set of it on your own computer. Do not attach it to a report: the "
    "diagnostics of the integration have no names."
)


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: BattiConfigEntry) -> dict[str, Any]:
    """Return diagnostics for an entry."""
    batti = entry.runtime_data
    home = await batti.home()
    last, prepared = batti.data, engine_preparation(hass).prepared
    # A path or a URL may contain a name. The bundled model's file name contains none, and it helps.
    secret = {CONF_API_KEY, CONF_URL} | ({CONF_MODEL} if entry.data[CONF_MODEL] != BUNDLED_MODEL else set())
    return {
        "data": async_redact_data(dict(entry.data), secret),
        "options": dict(entry.options),
        "prompt_version": prompt.VERSION,
        "engine": prepared and {"binding": prepared.binding, "version": prepared.version, "origin": prepared.origin},
        "model": await figures_of(batti),
        "home": {"floors": len(home.floors), "areas": len(home.areas), "lights": len(home.lights)},
        "last_sentence": last
        and {
            "actions": [action.action for action in last.plan.actions],
            "refusal": last.plan.refusal,
            "confidence": last.confidence,
            "timings_ms": last.timings_ms,
            "steps": last.steps,
            "tokens": last.tokens,
        },
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: BattiConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return the home, in the form that `Home.from_dict` reads."""
    home = asdict(await entry.runtime_data.home())
    for light in home["lights"]:
        light["color_modes"] = sorted(light["color_modes"])
    return {"note": _NOTE, "home": home}


async def figures_of(batti: BattiCoordinator) -> dict[str, Any]:
    """Figures of a loaded entry's model and last sentence, also for system health; None for figures not known yet.

    Units: tokens per second, megabytes, tokens.
    """
    info, last = batti.engine.info, batti.data
    memory = await batti.hass.async_add_executor_job(_memory, batti.engine.pid)
    return {
        "model_state": batti.engine.state.value,
        "model_style": info.style if info else None,
        "model_parameters": info.parameters if info else None,
        "context": info.context if info else None,
        "tokens_per_second": _per_second(last.tokens, last.timings_ms["decode"]) if last else None,
        "prefix_reused": info.prefix_tokens if info else None,
        "memory_mb": memory,
    }


def _per_second(count: int, milliseconds: float) -> float | None:
    return round(1000 * count / milliseconds, 1) if milliseconds else None


def _memory(pid: int | None) -> float | None:
    """The memory that a process uses; None if there is no such process."""
    try:
        return round(psutil.Process(pid).memory_info().rss / 1e6, 1) if pid else None
    except psutil.Error:
        return None
