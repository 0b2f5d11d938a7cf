"""Wheel files: whether one holds llama_cpp for this computer, and which of several fits best."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from packaging.tags import Tag, sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from .base import DeadEnd

PROJECT = canonicalize_name("llama-cpp-python")
MODULE = "llama_cpp/__init__.py"


class Damaged(DeadEnd):
    """A file that is no whole wheel."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that fits this computer by its name.

    Attributes:
        path: the file.
        version: of llama-cpp-python.
        rank: how well it fits; less is better.
        any_python: whether it goes with every version of Python.
    """

    path: Path
    version: Version
    rank: int
    any_python: bool

    @classmethod
    def named(cls, path: Path) -> Self:
        """What the name of a file tells.

        Raises:
            DeadEnd: it is for another computer, or is no llama-cpp-python.
        """
        try:
            name, version, _, tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            raise DeadEnd("its name is not that of a wheel; keep the name that it was published under") from error
        if name != PROJECT:
            raise DeadEnd(f"it holds {name}, not {PROJECT}")
        fitting = [(rank, tag) for rank, tag in enumerate(sys_tags()) if tag in tags]
        if not fitting:
            raise DeadEnd(f"it is for {_listed(tags)}; this computer takes {platform_wanted()}")
        rank, tag = fitting[0]
        return cls(path, version, rank, tag.interpreter.startswith("py"))

    def check(self) -> None:
        """Read all of the file.

        Raises:
            Damaged: it is not whole.
            DeadEnd: there is no llama_cpp in it.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
                names = archive.namelist()
        except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
            raise Damaged(f"it is damaged, or not copied whole ({error}); copy it again") from error
        if damaged:
            raise Damaged(f"it is damaged ({damaged} in it); copy it again")
        if MODULE not in names:
            raise DeadEnd("there is no llama_cpp in it")


def platform_wanted() -> str:
    """The platform in the name of the newest wheel that this computer takes."""
    platforms = [tag.platform for tag in sys_tags()]
    return next(name for name in platforms if not name.startswith("linux_"))


def _listed(tags: frozenset[Tag]) -> str:
    return ", ".join(sorted(map(str, tags)))
