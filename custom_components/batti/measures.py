"""What is measured of a loaded entry, for system health and diagnostics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant

from .runtime import Batti

_PAGE = 4096  # bytes; of every processor that Home Assistant runs on, see proc(5)


async def measures_of(hass: HomeAssistant, batti: Batti) -> dict[str, Any]:
    """Figures of the model and of the last sentence; None where there is none yet.

    Units: tokens per second, megabytes, tokens.
    """
    info, last = batti.engine.info, batti.last
    memory = await hass.async_add_executor_job(_memory, batti.engine.pid)
    return {
        "model_state": batti.engine.state.value,
        "model_style": info.style if info else None,
        "model_parameters": info.parameters if info else None,
        "context": info.context if info else None,
        "tokens_per_second": _per_second(last.tokens, last.timings_ms["decode"]) if last else None,
        "prefix_reused": info.prefix_tokens if info else None,
        "memory_mb": memory,
    }


def _per_second(count: int, milliseconds: float) -> float | None:
    return round(1000 * count / milliseconds, 1) if milliseconds else None


def _memory(pid: int | None) -> float | None:
    """What a process holds in memory; None where there is no such process, or no /proc."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except OSError, IndexError, ValueError:
        return None
    return round(resident * _PAGE / 1e6, 1)
