"""Repair issues (Settings > Repairs) for errors that do not go away by themselves. `repairs.py` fixes them."""

from __future__ import annotations

from collections.abc import Collection

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .error_texts import key_of
from .interpreter.errors import BattiError

OF_THE_ENGINE = ("engine_missing", "engine_crashed")
OF_MODELS = ("model_missing", "model_refused")
OF_SERVERS = ("server_unreachable", "server_denied")
KINDS = (*OF_THE_ENGINE, *OF_MODELS, *OF_SERVERS)


@callback
def create(hass: HomeAssistant, entry: ConfigEntry, error: BattiError) -> None:
    """Create the repair issue for an error of an entry, if it is a kind that does not go away by itself."""
    kind = key_of(error)
    if kind not in KINDS:
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{kind}_{entry.entry_id}",
        data={"entry_id": entry.entry_id, "kind": kind, "reason": str(error)},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=kind,
        translation_placeholders={"name": entry.title, "reason": str(error)},
    )


@callback
def clear(hass: HomeAssistant, entry: ConfigEntry, kinds: Collection[str] = KINDS) -> None:
    """Delete the issues of an entry."""
    for kind in kinds:
        ir.async_delete_issue(hass, DOMAIN, f"{kind}_{entry.entry_id}")
