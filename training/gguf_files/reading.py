"""A fast reader of GGUF files."""

from __future__ import annotations

from typing import Any

import gguf
import numpy as np
from numpy.typing import DTypeLike, NDArray


class Reader(gguf.GGUFReader):
    """gguf's reader, four times as fast. The original slices a memory map for each of 400,000 strings, which is slow."""

    def _get(self, offset: int, dtype: DTypeLike, count: int = 1, override_order: str | None = None) -> NDArray[Any]:
        return np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<"), int(count), int(offset))
