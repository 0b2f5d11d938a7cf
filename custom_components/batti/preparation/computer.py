"""The properties of a computer that decide which engine runs on it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.tags import platform_tags

AVX2 = frozenset("avx2 fma f16c bmi2".split())
"""The instruction sets of llama.cpp's default build for x86_64 (GGML_NATIVE=OFF), by their names in /proc/cpuinfo."""
VECTORS = AVX2 | frozenset("avx512f avx512cd avx512vl avx512dq avx512bw avx512_vnni avx512vbmi amx_tile".split())
"""The processor features that engines are built for; other features do not matter."""
_LEGACY = {
    5: "manylinux1",
    12: "manylinux2010",
    17: "manylinux2014",
}  # older names of platforms, by glibc's minor version
_TAG = re.compile(r"(many|musl)linux_(\d+)_(\d+)_(.+)")


@dataclass(frozen=True, slots=True)
class Computer:
    """A kind of computer.

    Attributes:
        libc: `glibc` or `musl`; empty if it is neither.
        libc_version: the first two parts of its version, such as `2.41` or `1.2`.
        machine: `x86_64`, `aarch64`.
        features: features of the processor, by their names in /proc/cpuinfo; empty if unknown.
    """

    libc: str
    libc_version: str
    machine: str
    features: frozenset[str]

    def __str__(self) -> str:
        return f"{self.machine} with {self.libc} {self.libc_version}" if self.libc else self.machine

    def platforms(self) -> Iterator[str]:
        """The platform tags of wheels that run on this computer, the newest first."""
        if not self.libc:
            yield from platform_tags()  # not Linux: only the computer that this runs on is known
            return
        major, minor = map(int, self.libc_version.split("."))
        for older in range(minor, -1, -1):
            if self.libc == "musl":
                yield f"musllinux_{major}_{older}_{self.machine}"
                continue
            yield f"manylinux_{major}_{older}_{self.machine}"
            if older in _LEGACY:
                yield f"{_LEGACY[older]}_{self.machine}"
        yield f"linux_{self.machine}"  # for a wheel that was built by hand


def this_computer(cpuinfo: Path = Path("/proc/cpuinfo")) -> Computer:
    """The computer that this runs on.

    C library and machine are those that this Python was built for; the kernel's machine may be another.
    """
    tag = next(filter(None, map(_TAG.fullmatch, platform_tags())), None)
    if tag is None:
        return Computer("", "", platform.machine(), _features(cpuinfo))
    libc = "glibc" if tag[1] == "many" else "musl"
    return Computer(libc, f"{tag[2]}.{tag[3]}", tag[4], _features(cpuinfo))


def _features(cpuinfo: Path) -> frozenset[str]:
    try:
        text = cpuinfo.read_text("utf-8", "replace")
    except OSError:  # not Linux
        return frozenset()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()
