"""Lights that remember what they were told."""

from __future__ import annotations

from typing import Any

from homeassistant.components.light import (
    ATTR_BRIGHTNESS,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_HS_COLOR,
    COLOR_MODES_COLOR,
    ColorMode,
    LightEntity,
    LightEntityFeature,
    brightness_supported,
    filter_supported_color_modes,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from custom_components.batti.interpreter.home import Light

from . import DemoConfigEntry

# The first colour of each light: kelvin, and hue (degrees) with saturation (%).
WARM_WHITE = 2700
WARM_HS = (30.0, 40.0)


async def async_setup_entry(
    hass: HomeAssistant, entry: DemoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add every light of the home."""
    home, lit = entry.runtime_data
    async_add_entities(DemoLight(light, light.entity_id in lit) for light in home.lights)


class DemoLight(LightEntity):
    """A light with the colour modes from the home file; changes take effect at once."""

    _attr_should_poll = False

    def __init__(self, light: Light, is_on: bool) -> None:
        """Create the light, fully bright and warm white."""
        # One colour mode is enough for all of them: Home Assistant converts.
        modes = {ColorMode.HS if mode in COLOR_MODES_COLOR else ColorMode(mode) for mode in light.color_modes}
        modes = filter_supported_color_modes(modes)
        self.entity_id = light.entity_id
        self._attr_unique_id = light.entity_id
        self._attr_name = light.name
        self._attr_is_on = is_on
        self._attr_supported_color_modes = modes
        self._attr_brightness = 255 if brightness_supported(modes) else None
        self._attr_min_color_temp_kelvin = light.min_kelvin
        self._attr_max_color_temp_kelvin = light.max_kelvin
        if ColorMode.COLOR_TEMP in modes:
            self._attr_color_mode = ColorMode.COLOR_TEMP
            self._attr_color_temp_kelvin = max(WARM_WHITE, light.min_kelvin)
        else:
            self._attr_color_mode = next(iter(modes))
        if ColorMode.HS in modes:
            self._attr_hs_color = WARM_HS
        if brightness_supported(modes):
            self._attr_supported_features = LightEntityFeature.TRANSITION | LightEntityFeature.FLASH

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn on; brightness, colour and colour temperature stay unchanged if they are not given."""
        self._attr_is_on = True
        self._attr_brightness = kwargs.get(ATTR_BRIGHTNESS, self._attr_brightness)
        if ATTR_HS_COLOR in kwargs:
            self._attr_hs_color = kwargs[ATTR_HS_COLOR]
            self._attr_color_mode = ColorMode.HS
        if ATTR_COLOR_TEMP_KELVIN in kwargs:
            self._attr_color_temp_kelvin = kwargs[ATTR_COLOR_TEMP_KELVIN]
            self._attr_color_mode = ColorMode.COLOR_TEMP
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn off."""
        self._attr_is_on = False
        self.async_write_ha_state()
