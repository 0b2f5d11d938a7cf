"""Batti's actions: `batti.interpret`."""

from __future__ import annotations

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .const import DOMAIN
from .coordinator import BattiConfigEntry, BattiCoordinator
from .error_texts import translation
from .exposed_lights import speaker_area
from .interpreter import Turn
from .interpreter.errors import BattiError

SERVICE_INTERPRET = "interpret"
ATTR_TEXT = "text"
ATTR_LANGUAGE = "language"
ATTR_CONFIG_ENTRY_ID = "config_entry_id"

INTERPRET_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_TEXT): cv.string,
        # Accepted because `conversation.process` has it, but not used: the sentence shows its own language and script.
        vol.Optional(ATTR_LANGUAGE): cv.string,
        vol.Optional(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN, SERVICE_INTERPRET, _interpret, INTERPRET_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _interpret(call: ServiceCall) -> ServiceResponse:
    """Return what Batti would do, without doing it."""
    area_id = speaker_area(call.hass, None, call.data.get(ATTR_DEVICE_ID))
    batti = _loaded(call.hass, call.data.get(ATTR_CONFIG_ENTRY_ID))
    try:
        found = await batti.interpret(call.data[ATTR_TEXT], await batti.home(), Turn(area_id))
    except BattiError as error:
        raise HomeAssistantError(**translation(error)) from error
    return {
        "yaml": found.yaml,
        "plan": list(found.plan.to_list()),
        "confidence": found.confidence,
        "duration_ms": found.timings_ms["total"],
    }


def _loaded(hass: HomeAssistant, entry_id: str | None) -> BattiCoordinator:
    """The requested entry, or else the first loaded one."""
    entries: list[BattiConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    wanted = [entry for entry in entries if entry_id in (None, entry.entry_id)]
    if not wanted:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    return wanted[0].runtime_data
