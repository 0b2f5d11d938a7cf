"""How Batti's model is and how fast it was: for whoever wants to see it, so disabled at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import device_of
from .interpreter.engine.base import EngineState
from .runtime import Batti

if TYPE_CHECKING:
    from . import BattiConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BattiSensorDescription(SensorEntityDescription):
    """A sensor and where its value comes from."""

    value: Callable[[Batti], float | str | None]
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    entity_registry_enabled_default: bool = False


SENSORS = (
    BattiSensorDescription(
        key="latency",
        translation_key="latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=lambda batti: batti.last.timings_ms["total"] if batti.last else None,
    ),
    BattiSensorDescription(
        key="model_state",
        translation_key="model_state",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in EngineState],
        value=lambda batti: batti.engine.state.value,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BattiConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entry's sensors."""
    async_add_entities(BattiSensor(entry, description) for description in SENSORS)


class BattiSensor(SensorEntity):
    """One of them."""

    entity_description: BattiSensorDescription
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: BattiConfigEntry, description: BattiSensorDescription) -> None:
        """Look at the entry's model."""
        self.entity_description = description
        self._batti = entry.runtime_data
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = device_of(entry)

    async def async_added_to_hass(self) -> None:
        """Follow the model."""
        self.async_on_remove(self._batti.listen(self.async_write_ha_state))

    @property
    def native_value(self) -> float | str | None:
        """Return what the description says."""
        return self.entity_description.value(self._batti)
