"""The device that an entry's entities belong to: the service that understands sentences."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from .const import CONF_MODEL, DOMAIN

if TYPE_CHECKING:
    from . import BattiConfigEntry


def device_of(entry: BattiConfigEntry) -> DeviceInfo:
    """Say whose entities these are."""
    info = entry.runtime_data.engine.info
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        manufacturer="Batti",
        model=PurePath(entry.data[CONF_MODEL]).name,
        sw_version=info.prompt_version if info else None,
        entry_type=DeviceEntryType.SERVICE,
    )
