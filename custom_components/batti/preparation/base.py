"""What preparation gives, what it tells while it is at work, and how one way to an engine fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..interpreter.engine.base import Binding
from ..interpreter.errors import BattiError


class Origin(StrEnum):
    """Where an engine comes from."""

    INSTALLED = "installed"  # it is beside Home Assistant
    WHEEL = "wheel"  # the user put a wheel into the folder
    DOWNLOADED = "downloaded"  # the ready one, from the package index


@dataclass(frozen=True, slots=True)
class Prepared:
    """An engine that answered a sentence on this computer.

    Attributes:
        binding: what brings llama.cpp.
        packages: the folder that goes on the worker's path; None where the binding is beside Home Assistant.
        version: of the binding.
        origin: where it comes from.
    """

    binding: Binding
    packages: Path | None
    version: str
    origin: Origin


class Stage(StrEnum):
    """What preparation is doing."""

    LOOKING = "looking"
    DOWNLOADING = "downloading"
    INSTALLING = "installing"
    TRYING = "trying"


Progress = Callable[[Stage, float | None], None]
"""Told of every stage, and of the share of it that is done, 0..1, where that is known."""


class DeadEnd(BattiError):
    """One way to an engine leads nowhere on this computer; the message says why."""
