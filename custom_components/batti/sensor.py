"""Diagnostic sensors: the model's state and its last latency. Disabled by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BattiConfigEntry, BattiCoordinator
from .entity import BattiEntity
from .interpreter.engine.interface import EngineState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BattiSensorDescription(SensorEntityDescription):
    """A sensor and where its value comes from."""

    value: Callable[[BattiCoordinator], float | str | None]
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
        value=lambda batti: batti.data.timings_ms["total"] if batti.data else None,
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


class BattiSensor(BattiEntity, SensorEntity):
    """One sensor of `SENSORS`."""

    entity_description: BattiSensorDescription

    def __init__(self, entry: BattiConfigEntry, description: BattiSensorDescription) -> None:
        """Read from the entry's coordinator."""
        super().__init__(entry)
        self.entity_description = description
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"

    @property
    def available(self) -> bool:
        """Return True: the model's state is known even if its server is gone."""
        return True

    @property
    def native_value(self) -> float | str | None:
        """Return the value that the description reads."""
        return self.entity_description.value(self.coordinator)
