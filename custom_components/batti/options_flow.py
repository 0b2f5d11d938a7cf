"""The options of an entry; changing them reloads it."""

from __future__ import annotations

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload

from .engines import source_of
from .forms import options_form


class BattiOptionsFlow(OptionsFlowWithReload):
    """Asks for the options."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show them as they are, keep what comes back."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        form = options_form(source_of(self.config_entry.data))
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(form, self.config_entry.options)
        )
