"""Batti's errors as Home Assistant's: which text of `translations/` tells of them."""

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
"""Errors that do not go by waiting."""


class Translation(TypedDict):
    """Arguments of a HomeAssistantError that the frontend shows in the user's language."""

    translation_domain: str
    translation_key: str
    translation_placeholders: dict[str, str]


def key_of(error: BattiError) -> str:
    """The key of the text that tells of an error: its class's, or that of the nearest class above."""
    return next((TRANSLATION_KEYS[kind] for kind in type(error).__mro__ if kind in TRANSLATION_KEYS), ENGINE_FAILED)


def translation(error: BattiError) -> Translation:
    """The text for an error; its own English words are the placeholder `reason`."""
    return {
        "translation_domain": DOMAIN,
        "translation_key": key_of(error),
        "translation_placeholders": {"reason": str(error)},
    }
