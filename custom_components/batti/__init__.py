"""Batti: Nepali, romanised Nepali and English sentences for the lights of a Home Assistant.

Home Assistant is imported inside functions only, so that `custom_components.batti.interpreter` can also be used where
it is not installed: by `training/` and on the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .const import CONF_MODEL, DOMAIN, MODELS, PLATFORMS
from .errors import translation
from .interpreter import labels_of
from .interpreter.engine.local import LocalEngine
from .interpreter.errors import EngineError, EngineMissing, ModelMissing, ModelRefused
from .interpreter.fold import fold
from .interpreter.home import Area, Floor, Home, Light
from .interpreter.reply import error_reply

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers.typing import ConfigType

    from .interpreter import Interpretation
    from .interpreter.engine.base import Engine

    BattiConfigEntry = ConfigEntry["Batti"]


EXAMPLE_HOME = Home(
    (Floor("ground", "Ground Floor", level=0),),
    (Area("kitchen", "Kitchen", floor_id="ground"),),
    (Light("light.kitchen", "Ceiling Light", area_id="kitchen"),),
)
EXAMPLE_SENTENCE = "bhansa ko batti bala"


@dataclass
class Batti:
    """What an entry holds while it is loaded: its engine, and what it made of the last sentence."""

    engine: Engine
    last: Interpretation | None = None


def _entry_only(config: ConfigType) -> ConfigType:
    """Tell whoever puts `batti:` into configuration.yaml that it does nothing there."""
    from homeassistant.helpers import config_validation as cv

    checked: ConfigType = cv.config_entry_only_config_schema(DOMAIN)(config)
    return checked


CONFIG_SCHEMA = _entry_only


def local_engine(hass: HomeAssistant, model: str) -> LocalEngine:
    """An engine for a file of `MODELS`, not started yet; what it saves for its next start is kept out of backups."""
    return LocalEngine(MODELS / model, state_dir=Path(hass.config.path(".cache", DOMAIN)))


def read_words() -> None:
    """Have the interpreter read its word lists now, outside the event loop, instead of with the first sentence."""
    labels_of(EXAMPLE_HOME).mark(fold(EXAMPLE_SENTENCE))
    error_reply(EXAMPLE_SENTENCE, "error")


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, whether or not an entry is loaded."""
    from .actions import async_setup_actions

    async_setup_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> bool:
    """Start the entry's model in its worker process."""
    from homeassistant.const import EVENT_HOMEASSISTANT_STOP
    from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady

    engine = local_engine(hass, entry.data[CONF_MODEL])

    async def stop(_: Event) -> None:
        await engine.stop()

    entry.async_on_unload(engine.stop)
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    try:
        await engine.start()
    except EngineError as error:
        # A model or an engine that is not there will not come by waiting; a worker that died may do better next time.
        lasting = isinstance(error, EngineMissing | ModelMissing | ModelRefused)
        raise (ConfigEntryError if lasting else ConfigEntryNotReady)(**translation(error)) from error
    await hass.async_add_executor_job(read_words)
    entry.runtime_data = Batti(engine)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> bool:
    """Take the entity away; what setup put on `async_on_unload` then stops the worker process."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
