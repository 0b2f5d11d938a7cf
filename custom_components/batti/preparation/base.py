"""What preparation gives, what it tells while it is at work, and how one way to an engine fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..interpreter.errors import BattiError


class Origin(StrEnum):
    """Where llama_cpp comes from."""

    INSTALLED = "installed"  # it is beside Home Assistant
    WHEEL = "wheel"  # the user put a wheel into the folder
    DOWNLOADED = "downloaded"
    BUILT = "built"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A llama_cpp that answered a sentence on this computer.

    Attributes:
        packages: the folder that goes on the worker's path; None where it is beside Home Assistant.
        version: of llama-cpp-python.
        origin: where it comes from.
    """

    packages: Path | None
    version: str
    origin: Origin


class Stage(StrEnum):
    """What preparation is doing."""

    LOOKING = "looking"
    DOWNLOADING = "downloading"
    BUILDING = "building"
    INSTALLING = "installing"
    TRYING = "trying"


Progress = Callable[[Stage, float | None], None]
"""Told of every stage, and of the share of it that is done, 0..1, where that is known."""


class DeadEnd(BattiError):
    """One way to an engine leads nowhere on this computer; the message says why."""
