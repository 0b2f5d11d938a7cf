"""Reads the header of a GGUF file, without loading the model.

Format: ggml, docs/gguf.md. We read it ourselves because Home Assistant does not include the package `gguf`, and
llama.cpp's server does not report a file's own keys.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelMissing, ModelRefused

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


@dataclass(frozen=True)
class Header:
    """The header of a file.

    Attributes:
        path: the file.
        metadata: its keys and values as text; lists are left out.
        parameters: number of parameters in its tensors.
    """

    path: Path
    metadata: dict[str, str]
    parameters: int

    def number(self, key: str) -> int | None:
        """A value as a number; None if there is no such key.

        Raises:
            ModelRefused: it is not a number.
        """
        try:
            return int(self.metadata[key]) if key in self.metadata else None
        except ValueError as error:
            raise _damaged(self.path) from error


def check_file(path: Path) -> None:
    """Check that the file exists and begins like a GGUF file.

    Raises:
        ModelMissing: there is no such file, or it cannot be read.
        ModelRefused: it is something else.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except FileNotFoundError as error:
        raise ModelMissing(f"There is no model at {path}: put the file back, or choose another model") from error
    except OSError as error:
        raise ModelMissing(f"The model {path} cannot be read ({error.strerror}): check its permissions") from error
    if magic != MAGIC:
        raise ModelRefused(f"{path.name} is not a GGUF file: convert the model with llama.cpp, or choose another one")


def read_header(path: Path) -> Header:
    """Read the header of a file.

    Raises:
        ModelMissing: there is no such file, or it cannot be read.
        ModelRefused: it is not a GGUF file, or its header is damaged.
    """
    check_file(path)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return Header(path, *_Reader(data).header())
    except OSError as error:
        raise ModelMissing(f"The model {path} cannot be read ({error.strerror}): check its disk") from error
    except (struct.error, IndexError, KeyError, ValueError, OverflowError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> ModelRefused:
    return ModelRefused(f"llama.cpp cannot load {path.name}: its header is damaged; copy or fetch the file again")


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = len(MAGIC)

    def header(self) -> tuple[dict[str, str], int]:
        """The metadata, and the number of parameters."""
        if (version := self._number("I")) not in _VERSIONS:
            raise ValueError(version)
        tensors, pairs = self._number("Q"), self._number("Q")
        metadata: dict[str, str] = {}
        for _ in range(pairs):
            key, kind = self._string(), self._number("I")
            value = self._value(kind)
            if value is not None:
                metadata[key] = value
        return metadata, sum(self._tensor() for _ in range(tensors))

    def _value(self, kind: int) -> str | None:
        """A value as text; None for a list, which is skipped."""
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            return str(self._number(_SCALARS[kind]))
        of, count = self._number("I"), self._number("Q")
        if of in _SCALARS:
            self._skip(count * struct.calcsize("<" + _SCALARS[of]))
            return None
        skip: Callable[[], object] = self._skip_string if of == _STRING else lambda: self._value(of)
        for _ in range(count):
            skip()
        return None

    def _tensor(self) -> int:
        """Skip the description of a tensor; return its number of parameters."""
        self._skip_string()
        size = math.prod(self._number("Q") for _ in range(self._number("I")))
        self._number("I")  # type
        self._number("Q")  # offset
        return size

    def _number(self, code: str) -> int:
        (number,) = struct.unpack_from("<" + code, self._data, self._at)
        self._at += struct.calcsize("<" + code)
        return number  # type: ignore[no-any-return]

    def _string(self) -> str:
        length = self._number("Q")
        begin = self._at
        self._skip(length)
        return self._data[begin : self._at].decode(errors="replace")

    def _skip_string(self) -> None:
        self._skip(self._number("Q"))

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > len(self._data):
            raise ValueError("the file ends before")
