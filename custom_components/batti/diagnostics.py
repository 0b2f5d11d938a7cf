"""Diagnostics: what helps to find a fault, without the names of the home, what was said, or where a server is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .const import BUNDLED_MODEL, CONF_API_KEY, CONF_MODEL, CONF_URL
from .engines import workshop
from .home import home_of
from .interpreter import prompt
from .measures import measures_of

if TYPE_CHECKING:
    from . import BattiConfigEntry


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: BattiConfigEntry) -> dict[str, Any]:
    """Return diagnostics for an entry."""
    home = home_of(hass)
    batti = entry.runtime_data
    last, prepared = batti.last, workshop(hass).prepared
    # A path or an address may hold a name; which of Batti's own models it is helps.
    secret = {CONF_API_KEY, CONF_URL} | ({CONF_MODEL} if entry.data[CONF_MODEL] != BUNDLED_MODEL else set())
    return {
        "data": async_redact_data(dict(entry.data), secret),
        "options": dict(entry.options),
        "prompt_version": prompt.VERSION,
        "engine": prepared and {"version": prepared.version, "origin": prepared.origin},
        "model": await measures_of(hass, batti),
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
