"""What an entry leaves on disk, and its removal."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.core import HomeAssistant

from .const import Source
from .engines import cache, model_of, source_of


def remove(hass: HomeAssistant, data: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> None:
    """Delete the model that was downloaded for an entry and the state saved for it; a file that the user chose stays.

    Args:
        data: of the entry that is removed.
        others: of the entries that remain; with none, the whole of Batti's folder goes, the engine included.
    """
    if not others:
        shutil.rmtree(cache(hass), ignore_errors=True)
        return
    if source_of(data) is Source.SERVER:
        return
    model = model_of(data)
    kept = [model_of(other) for other in others if source_of(other) is not Source.SERVER]
    if model in kept:
        return
    if all(model.stem != other.stem for other in kept):
        (cache(hass) / "states" / f"{model.stem}.state").unlink(missing_ok=True)
    if source_of(data) is Source.HUGGING_FACE:
        model.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # the repository's folder, where it is empty now
            model.parent.rmdir()
