"""Names that several files of the integration share."""

from __future__ import annotations

from pathlib import Path

DOMAIN = "batti"
PLATFORMS = ("conversation",)

CONF_MODEL = "model"
"""Key of an entry's data: the file name of a model in `MODELS`."""

MODELS = Path(__file__).parent / "models"
BUNDLED_MODEL = "batti-nano.gguf"
