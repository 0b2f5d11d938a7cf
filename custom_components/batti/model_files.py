"""GGUF files on this machine: which there are to choose from, and whether one may be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
from homeassistant.core import HomeAssistant

SUFFIX = ".gguf"
SHARED = (Path("/share"), Path("/media"))  # of every Home Assistant OS and container
_DEEPEST = 4  # folders below each of these
_MOST = 50  # files that are offered


class FileRefused(Exception):
    """A file that cannot be used; `key` is its text under `config.error`, `reason` what the system said."""

    def __init__(self, key: str, reason: str = "") -> None:
        """Say why."""
        super().__init__(reason or key)
        self.key = key
        self.reason = reason


def find(hass: HomeAssistant) -> list[Path]:
    """The GGUF files in the folders that people put such files into, fifty at most. Reads the disk."""
    found = (file for folder in (*SHARED, Path(hass.config.config_dir)) for file in _below(folder, _DEEPEST))
    return sorted({file for file, _ in zip(found, range(_MOST), strict=False)})


def check(hass: HomeAssistant, path: Path) -> None:
    """See whether Home Assistant may read a file and has the memory for it. Reads the disk.

    Raises:
        FileRefused: it may not, cannot, or has not.
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


def _allowed(hass: HomeAssistant, path: Path) -> bool:
    folders = (*SHARED, Path(hass.config.config_dir))
    resolved = path.resolve()
    return any(resolved.is_relative_to(folder.resolve()) for folder in folders) or hass.config.is_allowed_path(
        str(path)
    )


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """GGUF files of a folder and those in it; hidden ones (our own downloads) are passed over."""
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
            yield from _below(Path(entry.path), depth - 1)
