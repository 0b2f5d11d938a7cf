"""Batti's errors as Home Assistant's: which text of `translations/` tells of them."""

from __future__ import annotations

from typing import TypedDict

from .const import DOMAIN
from .interpreter.errors import BattiError, EngineMissing, ModelMissing, ModelRefused

TRANSLATION_KEYS: dict[type[BattiError], str] = {
    EngineMissing: "engine_missing",
    ModelMissing: "model_missing",
    ModelRefused: "model_refused",
}


class Translation(TypedDict):
    """Arguments of a HomeAssistantError that the frontend shows in the user's language."""

    translation_domain: str
    translation_key: str
    translation_placeholders: dict[str, str]


def translation(error: BattiError) -> Translation:
    """The text for an error; its own English words are the placeholder `reason`."""
    return {
        "translation_domain": DOMAIN,
        "translation_key": TRANSLATION_KEYS.get(type(error), "engine_failed"),
        "translation_placeholders": {"reason": str(error)},
    }
