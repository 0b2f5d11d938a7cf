"""Batti: Nepali, romanised Nepali and English sentences for the lights of a Home Assistant.

Home Assistant is imported inside functions only, so that `custom_components.batti.interpreter` can also be used where
it is not installed: by `training/` and on the command line.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .const import DOMAIN, PLATFORMS, Source
from .interpreter import labels_of
from .interpreter.errors import EngineError
from .interpreter.fold import fold
from .interpreter.home import Area, Floor, Home, Light
from .interpreter.reply import error_reply

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers.typing import ConfigType

    from .interpreter.engine.base import WatchedEngine
    from .runtime import Batti

    BattiConfigEntry = ConfigEntry[Batti]

PATIENCE = 30.0  # seconds that setting up waits for the engine to be prepared; fetching it may take minutes

EXAMPLE_HOME = Home(
    (Floor("ground", "Ground Floor", level=0),),
    (Area("kitchen", "Kitchen", floor_id="ground"),),
    (Light("light.kitchen", "Ceiling Light", area_id="kitchen"),),
)
EXAMPLE_SENTENCE = "bhansa ko batti bala"


def _entry_only(config: ConfigType) -> ConfigType:
    """Tell whoever puts `batti:` into configuration.yaml that it does nothing there."""
    from homeassistant.helpers import config_validation as cv

    checked: ConfigType = cv.config_entry_only_config_schema(DOMAIN)(config)
    return checked


CONFIG_SCHEMA = _entry_only


def read_words() -> None:
    """Have the interpreter read its word lists now, outside the event loop, instead of with the first sentence."""
    labels_of(EXAMPLE_HOME).mark(fold(EXAMPLE_SENTENCE))
    error_reply(EXAMPLE_SENTENCE, "error")


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, whether or not an entry is loaded."""
    from .services import async_setup_services

    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> bool:
    """Prepare the engine, start the entry's model in its worker process or greet its server, add the entities."""
    from homeassistant.const import EVENT_HOMEASSISTANT_STOP

    from .runtime import Batti

    engine = await _started(hass, entry)

    async def stop(_: Event) -> None:
        await engine.stop()

    entry.async_on_unload(engine.stop)
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    await hass.async_add_executor_job(read_words)
    entry.runtime_data = Batti(hass, entry, engine)
    _watch(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def _started(hass: HomeAssistant, entry: BattiConfigEntry) -> WatchedEngine:
    """The entry's engine, ready; what is wrong otherwise stands under Repairs too."""
    from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady

    from . import issues
    from .engines import engine_of
    from .errors import LASTING, translation

    try:
        async with asyncio.timeout(PATIENCE):
            engine = await engine_of(hass, entry.data, entry.options)
    except TimeoutError as error:
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="engine_preparing") from error
    except EngineError as error:
        issues.create(hass, entry, error)
        raise ConfigEntryError(**translation(error)) from error
    try:
        await engine.start()
    except EngineError as error:
        await engine.stop()
        issues.create(hass, entry, error)
        raise (ConfigEntryError if isinstance(error, LASTING) else ConfigEntryNotReady)(**translation(error)) from error
    issues.clear(hass, entry)
    return engine


def _watch(hass: HomeAssistant, entry: BattiConfigEntry) -> None:
    """Notice when a server goes and when it is back."""
    from . import issues
    from .coordinator import ServerWatch
    from .engines import source_of
    from .interpreter.engine.server import ServerEngine

    engine = entry.runtime_data.engine
    if source_of(entry.data) is Source.SERVER and isinstance(engine, ServerEngine):
        watch = ServerWatch(hass, engine, lambda error: issues.create(hass, entry, error))
        entry.async_on_unload(watch.stop)


async def async_unload_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> bool:
    """Take the entities away; what setup put on `async_on_unload` then stops the worker process."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> None:
    """Delete what was downloaded or saved for this entry only; with the last entry, all that Batti ever saved."""
    from . import issues
    from .leftovers import remove

    issues.clear(hass, entry)
    others = [other.data for other in hass.config_entries.async_entries(DOMAIN) if other.entry_id != entry.entry_id]
    await hass.async_add_executor_job(remove, hass, entry.data, others)
