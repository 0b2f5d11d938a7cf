"""The types of preparation: its result, its progress, and the error of one way to an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..interpreter.engine.interface import Binding
from ..interpreter.errors import BattiError


class Origin(StrEnum):
    """Where an engine comes from."""

    INSTALLED = "installed"  # installed beside Home Assistant
    WHEEL = "wheel"  # the user put a wheel into the folder
    DOWNLOADED = "downloaded"  # the ready one, from the package index


@dataclass(frozen=True, slots=True)
class Prepared:
    """An engine that answered a sentence on this computer.

    Attributes:
        binding: the Python package that contains llama.cpp.
        packages: the folder to add to the worker's Python path; None if the binding is installed beside Home Assistant.
        version: the version of the binding.
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
"""Called with each stage, and the share of it that is done (0..1) if that is known."""


class DeadEnd(BattiError):
    """One way to get an engine failed on this computer; the message says why."""
