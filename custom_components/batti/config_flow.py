"""The config flow: choose a model, prove that it works here, make the entry."""

from __future__ import annotations

import logging
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from . import EXAMPLE_HOME, EXAMPLE_SENTENCE, local_engine, read_words
from .const import BUNDLED_MODEL, CONF_MODEL, DOMAIN
from .errors import translation
from .interpreter import interpret
from .interpreter.engine.base import Engine
from .interpreter.errors import BattiError

_LOGGER = logging.getLogger(__name__)


class BattiConfigFlow(ConfigFlow, domain=DOMAIN):
    """Takes a person to an entry."""

    VERSION = 1

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the model comes from."""
        return self.async_show_menu(step_id="user", menu_options=["bundled"])

    async def async_step_bundled(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the model that comes with Batti."""
        await self.async_set_unique_id(BUNDLED_MODEL)
        self._abort_if_unique_id_configured()
        if user_input is None:
            return self.async_show_form(step_id="bundled")
        try:
            await self.hass.async_add_executor_job(read_words)
            await _try(local_engine(self.hass, BUNDLED_MODEL))
        except BattiError as error:
            _LOGGER.warning("%s does not work here: %s", BUNDLED_MODEL, error)
            told = translation(error)
            return self.async_show_form(
                step_id="bundled",
                errors={"base": told["translation_key"]},
                description_placeholders=told["translation_placeholders"],
            )
        return self.async_create_entry(title="Batti", data={CONF_MODEL: BUNDLED_MODEL})


async def _try(engine: Engine) -> None:
    """Have the model understand a sentence; raises BattiError where it does not get through one."""
    try:
        await interpret(EXAMPLE_SENTENCE, EXAMPLE_HOME, engine)
    finally:
        await engine.stop()
