"""Diagnostics: what helps to find a fault, without the names of the home or what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant

from .home import home_of
from .interpreter import prompt

if TYPE_CHECKING:
    from . import BattiConfigEntry


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: BattiConfigEntry) -> dict[str, Any]:
    """Return diagnostics for an entry."""
    home = home_of(hass)
    last = entry.runtime_data.last
    return {
        "data": dict(entry.data),
        "prompt_version": prompt.VERSION,
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
