"""Turns Batti's errors into Home Assistant's errors, with texts from `translations/`."""

from __future__ import annotations

from typing import TypedDict

from .const import DOMAIN
from .download import AccessDenied, ChecksumWrong, DiskFull, DownloadError, NotFound, Unreachable
from .download.hugging_face import BadName
from .interpreter.errors import (
    BattiError,
    EngineCrashed,
    EngineMissing,
    ModelMissing,
    ModelRefused,
    ServerDenied,
    ServerUnreachable,
)

TRANSLATION_KEYS: dict[type[BattiError], str] = {
    EngineMissing: "engine_missing",
    EngineCrashed: "engine_crashed",
    ModelMissing: "model_missing",
    ModelRefused: "model_refused",
    ServerDenied: "server_denied",
    ServerUnreachable: "server_unreachable",
    NotFound: "download_not_found",
    AccessDenied: "download_denied",
    Unreachable: "download_unreachable",
    DiskFull: "disk_full",
    ChecksumWrong: "checksum_wrong",
    BadName: "download_bad_name",
    DownloadError: "download_failed",
}
ENGINE_FAILED = "engine_failed"
LASTING = (EngineMissing, ModelMissing, ModelRefused, ServerDenied)
"""Errors for which a retry does not help."""


class Translation(TypedDict):
    """Arguments of a HomeAssistantError that the frontend shows in the user's language."""

    translation_domain: str
    translation_key: str
    translation_placeholders: dict[str, str]


def key_of(error: BattiError) -> str:
    """The translation key of an error: that of its class, or else of its nearest base class."""
    return next((TRANSLATION_KEYS[kind] for kind in type(error).__mro__ if kind in TRANSLATION_KEYS), ENGINE_FAILED)


def translation(error: BattiError) -> Translation:
    """The translated text for an error; its English message is the placeholder `reason`."""
    return {
        "translation_domain": DOMAIN,
        "translation_key": key_of(error),
        "translation_placeholders": {"reason": str(error)},
    }
