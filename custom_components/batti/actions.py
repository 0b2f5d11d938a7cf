"""Batti's actions: `batti.interpret`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .const import DOMAIN
from .errors import translation
from .home import home_of, speaker_area
from .interpreter import Turn, interpret
from .interpreter.errors import BattiError

if TYPE_CHECKING:
    from . import Batti, BattiConfigEntry

SERVICE_INTERPRET = "interpret"
ATTR_TEXT = "text"
ATTR_LANGUAGE = "language"

INTERPRET_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_TEXT): cv.string,
        # Taken as `conversation.process` takes it; the sentence itself shows its language and script.
        vol.Optional(ATTR_LANGUAGE): cv.string,
        vol.Optional(ATTR_DEVICE_ID): cv.string,
    }
)


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN, SERVICE_INTERPRET, _interpret, INTERPRET_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _interpret(call: ServiceCall) -> ServiceResponse:
    """Say what Batti would do, and do nothing."""
    area_id = speaker_area(call.hass, None, call.data.get(ATTR_DEVICE_ID))
    engine = _loaded(call.hass).engine
    try:
        found = await interpret(call.data[ATTR_TEXT], home_of(call.hass), engine, Turn(area_id))
    except BattiError as error:
        raise HomeAssistantError(**translation(error)) from error
    return {
        "yaml": found.yaml,
        "plan": list(found.plan.to_list()),
        "confidence": found.confidence,
        "duration_ms": found.timings_ms["total"],
    }


def _loaded(hass: HomeAssistant) -> Batti:
    entries: list[BattiConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    return entries[0].runtime_data
