"""GGUF files on this machine: finds them, checks them, and deletes those of a removed entry."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from homeassistant.core import HomeAssistant

from .const import CONF_MODEL, CONF_SOURCE, DOMAIN, MODELS, Source

SUFFIX = ".gguf"
SHARED = (Path("/share"), Path("/media"))  # exist in every Home Assistant OS and container
_DEEPEST = 4  # folders below each of these
_MOST = 50  # files that are offered


class FileRefused(Exception):
    """A file that cannot be used; `key` is its translation key under `config.error`, `reason` gives details."""

    def __init__(self, key: str, reason: str = "") -> None:
        """Keep the reason."""
        super().__init__(reason or key)
        self.key = key
        self.reason = reason


def cache(hass: HomeAssistant) -> Path:
    """Batti's own folder. It is not in backups, because all of it can be downloaded or made again."""
    return Path(hass.config.path(".cache", DOMAIN))


def model_of(data: Mapping[str, Any]) -> Path:
    """The file of an entry's model; not for a server."""
    return MODELS / data[CONF_MODEL] if data[CONF_SOURCE] == Source.BUNDLED else Path(data[CONF_MODEL])


def find(hass: HomeAssistant) -> list[Path]:
    """At most 50 GGUF files, in the folders where people put such files. Reads the disk."""
    found = (file for folder in (*SHARED, Path(hass.config.config_dir)) for file in _gguf_files(folder, _DEEPEST))
    return sorted({file for file, _ in zip(found, range(_MOST), strict=False)})


def check(hass: HomeAssistant, path: Path) -> None:
    """Check that Home Assistant may read a file and has enough memory for it. Reads the disk.

    Raises:
        FileRefused: a check failed.
    """
    if not path.is_absolute():
        raise FileRefused("path_not_absolute")
    if not _allowed(hass, path):
        raise FileRefused("path_not_allowed")
    if not path.is_file():
        raise FileRefused("file_not_found")
    if not os.access(path, os.R_OK):
        raise FileRefused("file_not_readable")
    needed, free = path.stat().st_size, psutil.virtual_memory().available
    if needed > free:
        raise FileRefused("not_enough_memory", f"{needed / 1e6:.0f} MB, {free / 1e6:.0f} MB")


def remove(hass: HomeAssistant, data: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> None:
    """Delete an entry's downloaded model and its saved state; a file that the user chose stays.

    Args:
        data: data of the removed entry.
        others: data of the remaining entries; if there are none, Batti's whole folder is deleted, including the engine.
    """
    if not others:
        shutil.rmtree(cache(hass), ignore_errors=True)
        return
    if data[CONF_SOURCE] == Source.SERVER:
        return
    model = model_of(data)
    kept = [model_of(other) for other in others if other[CONF_SOURCE] != Source.SERVER]
    if model in kept:
        return
    if all(model.stem != other.stem for other in kept):
        (cache(hass) / "states" / f"{model.stem}.state").unlink(missing_ok=True)
    if data[CONF_SOURCE] == Source.HUGGING_FACE:
        model.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # the repository's folder, if it is empty now
            model.parent.rmdir()


def _allowed(hass: HomeAssistant, path: Path) -> bool:
    folders = (*SHARED, Path(hass.config.config_dir))
    resolved = path.resolve()
    return any(resolved.is_relative_to(folder.resolve()) for folder in folders) or hass.config.is_allowed_path(
        str(path)
    )


def _gguf_files(folder: Path, depth: int) -> Iterator[Path]:
    """GGUF files in a folder and its subfolders; hidden ones (our own downloads) are skipped."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.name.lower().endswith(SUFFIX) and entry.is_file():
            yield Path(entry.path)
        elif depth and entry.is_dir(follow_symlinks=False):
            yield from _gguf_files(Path(entry.path), depth - 1)
