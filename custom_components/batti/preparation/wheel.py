"""Wheel files: whether one holds an engine for a computer, and which of several fits best."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from ..interpreter.engine.interface import Binding
from .computer import Computer
from .result import DeadEnd

MODULES = {
    Binding.LLAMA_CPP_PYTHON: Path("llama_cpp/__init__.py"),
    Binding.XLLAMACPP: Path("xllamacpp/__init__.py"),
}
"""The file that a folder of packages has if it contains a binding."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel whose name fits a computer.

    Attributes:
        path: the file.
        binding: the binding that it contains.
        version: the version of the binding.
        rank: how well it fits; less is better.
        any_python: whether it also works with every later Python version.
    """

    path: Path
    binding: Binding
    version: Version
    rank: int
    any_python: bool

    @classmethod
    def named(cls, path: Path, computer: Computer, python: str) -> Self:
        """Read the name of a wheel; the file need not exist yet.

        Args:
            path: the file.
            computer: the computer that it must fit.
            python: the Python version that it must fit, such as `3.14`.

        Raises:
            DeadEnd: it is for another computer or Python, or contains something else.
        """
        try:
            name, version, _, tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            raise DeadEnd("its name is not that of a wheel; keep the name that it was published under") from error
        try:
            binding = Binding(name)
        except ValueError as error:
            raise DeadEnd(f"it holds {name}, not {' or '.join(Binding)}") from error
        fitting = [(rank, tag) for rank, tag in enumerate(_tags(computer, python)) if tag in tags]
        if not fitting:
            raise DeadEnd(
                f"it is for {_listed(tags)}; this computer takes {next(computer.platforms())} and older, with Python {python}"
            )
        rank, tag = fitting[0]
        any_python = tag.abi == "abi3" or tag.interpreter.startswith("py")
        return cls(path, binding, version, rank, any_python)

    def check(self) -> None:
        """Check the whole file.

        Raises:
            DeadEnd: it is damaged, or does not contain the binding.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
                names = archive.namelist()
        # zlib.error: the content is damaged; RuntimeError: it is encrypted.
        except (
            zipfile.BadZipFile,
            zipfile.LargeZipFile,
            EOFError,
            NotImplementedError,
            zlib.error,
            RuntimeError,
        ) as error:
            raise DeadEnd(f"it is damaged, or not copied whole ({error}); copy it again") from error
        if damaged:
            raise DeadEnd(f"it is damaged ({damaged} in it); copy it again")
        module = MODULES[self.binding]
        if str(module) not in names:
            raise DeadEnd(f"there is no {module.parent} in it")


def _tags(computer: Computer, python: str) -> Iterator[Tag]:
    """The tags that a wheel's name may have, the best first; for the given computer and Python, not for this process."""
    version, platforms = tuple(map(int, python.split("."))), list(computer.platforms())
    yield from cpython_tags(version, [_cp(python)], platforms)
    yield from compatible_tags(version, _cp(python), platforms)


def _cp(python: str) -> str:
    return f"cp{python.replace('.', '')}"


def _listed(tags: frozenset[Tag]) -> str:
    return ", ".join(sorted(map(str, tags)))
