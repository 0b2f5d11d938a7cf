"""Batti: controls Home Assistant's lights with sentences in Nepali, romanised Nepali and English.

Home Assistant is imported inside functions only, so that `custom_components.batti.interpreter` can also be used where
it is not installed: by `training/` and on the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .const import DOMAIN, PLATFORMS

if TYPE_CHECKING:
    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers.typing import ConfigType

    from .coordinator import BattiConfigEntry


def _entry_only(config: ConfigType) -> ConfigType:
    """Report `batti:` in configuration.yaml, which has no effect: Batti is set up in the UI."""
    from homeassistant.helpers import config_validation as cv

    checked: ConfigType = cv.config_entry_only_config_schema(DOMAIN)(config)
    return checked


CONFIG_SCHEMA = _entry_only


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, whether or not an entry is loaded."""
    from .services import async_setup_services

    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> bool:
    """Prepare the engine, start the model in its worker process (or check its server), and add the entities."""
    from homeassistant.const import EVENT_HOMEASSISTANT_STOP

    from .coordinator import BattiCoordinator
    from .engines import read_words

    coordinator = BattiCoordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()

    async def stop(_: Event) -> None:
        await coordinator.engine.stop()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    await hass.async_add_executor_job(read_words)
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> bool:
    """Remove the entities; the callbacks that setup registered with `async_on_unload` then stop the worker process."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: BattiConfigEntry) -> None:
    """Delete the files that only this entry used; with the last entry, delete everything that Batti saved."""
    from . import issues, model_files

    issues.clear(hass, entry)
    others = [other.data for other in hass.config_entries.async_entries(DOMAIN) if other.entry_id != entry.entry_id]
    await hass.async_add_executor_job(model_files.remove, hass, entry.data, others)
