"""The config flow, with the path of a home file; started by the demo itself, never by a person."""

from __future__ import annotations

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from . import DOMAIN


class DemoHomeConfigFlow(ConfigFlow, domain=DOMAIN):
    """One step, no form."""

    async def async_step_import(self, import_data: dict[str, Any]) -> ConfigFlowResult:
        """Create an entry from `{"home": path of a home file}`."""
        return self.async_create_entry(title="Demo home", data=import_data)
