"""The forms of the config flow and of the options."""

from __future__ import annotations

from collections.abc import Iterable

import voluptuous as vol
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .const import (
    CONF_API_KEY,
    CONF_CONTEXT_SIZE,
    CONF_DEADLINE,
    CONF_FILE,
    CONF_IDLE_UNLOAD,
    CONF_LAMPS,
    CONF_MODEL,
    CONF_REPOSITORY,
    CONF_THREADS,
    CONF_URL,
    DEFAULT_IDLE_UNLOAD,
    Source,
)
from .interpreter import DEADLINE
from .interpreter.engine.local import CONTEXT


def file_form(files: Iterable[str]) -> vol.Schema:
    """One of the files that were found, or a path that the user types."""
    config = SelectSelectorConfig(options=list(files), custom_value=True, mode=SelectSelectorMode.DROPDOWN)
    return vol.Schema({vol.Required(CONF_MODEL): SelectSelector(config)})


REPOSITORY_FORM = vol.Schema({vol.Required(CONF_REPOSITORY): TextSelector(), vol.Required(CONF_FILE): TextSelector()})

SERVER_FORM = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
        vol.Optional(CONF_API_KEY): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD)),
    }
)


def _number(least: float, most: float, unit: str | None = None) -> vol.All:
    config = NumberSelectorConfig(min=least, max=most, step=1, mode=NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return vol.All(NumberSelector(config), vol.Coerce(int))


def options_form(source: Source) -> vol.Schema:
    """The options. A server has its own settings for threads, context and memory."""
    fields: dict[vol.Marker, vol.All | EntitySelector] = {
        vol.Optional(CONF_LAMPS): EntitySelector(EntitySelectorConfig(domain=SWITCH, multiple=True)),
        vol.Optional(CONF_DEADLINE, default=int(DEADLINE)): _number(1, 300, "s"),
    }
    if source is not Source.SERVER:
        fields |= {
            vol.Optional(CONF_THREADS): _number(1, 64),
            vol.Optional(CONF_CONTEXT_SIZE, default=CONTEXT): _number(256, 32768),
            vol.Optional(CONF_IDLE_UNLOAD, default=DEFAULT_IDLE_UNLOAD): _number(0, 1440, "min"),
        }
    return vol.Schema(fields)
