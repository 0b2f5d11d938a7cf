"""The base class of Batti's entities: their coordinator and their device."""

from __future__ import annotations

from pathlib import PurePath

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_MODEL, DOMAIN
from .coordinator import BattiConfigEntry, BattiCoordinator


class BattiEntity(CoordinatorEntity[BattiCoordinator]):
    """An entity of an entry; its device is the service that understands sentences."""

    _attr_has_entity_name = True

    def __init__(self, entry: BattiConfigEntry) -> None:
        """Follow the entry's coordinator."""
        super().__init__(entry.runtime_data)
        info = self.coordinator.engine.info
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            manufacturer="Batti",
            model=PurePath(entry.data[CONF_MODEL]).name,
            sw_version=info.prompt_version if info else None,
            entry_type=DeviceEntryType.SERVICE,
        )
