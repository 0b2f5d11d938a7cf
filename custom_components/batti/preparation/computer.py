"""What an engine depends on in the computer that it is to run on."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from pathlib import Path

AVX2 = frozenset({"avx2", "fma", "f16c", "bmi2"})
# llama.cpp's GGML_AVX512 stands for the first five.
AVX512 = AVX2 | {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw", "avx512_vnni", "avx512vbmi"}


@dataclass(frozen=True, slots=True)
class Computer:
    """A kind of computer.

    Attributes:
        libc: `glibc` or `musl`; empty where there is neither.
        libc_version: its version, as far as it is known.
        machine: `x86_64`, `aarch64`.
        features: what the processor can, by Linux's names; empty where that is not known.
    """

    libc: str
    libc_version: str
    machine: str
    features: frozenset[str]

    @property
    def level(self) -> str:
        """The instruction sets that an engine may be built with here: `avx512`, `portable` or `sse42`."""
        if self.features >= AVX512:
            return "avx512"
        lacking = self.machine == "x86_64" and self.features and not self.features >= AVX2
        return "sse42" if lacking else "portable"

    def __str__(self) -> str:
        return f"{self.machine} with {self.libc}" if self.libc else self.machine


def this_computer(cpuinfo: Path = Path("/proc/cpuinfo")) -> Computer:
    """The computer that this runs on; reads files, starts nothing."""
    return Computer(*platform.libc_ver(), platform.machine(), _features(cpuinfo))


def _features(cpuinfo: Path) -> frozenset[str]:
    try:
        text = cpuinfo.read_text("utf-8", "replace")
    except OSError:  # not Linux
        return frozenset()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()
