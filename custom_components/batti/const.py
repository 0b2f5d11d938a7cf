"""Names that several files of the integration share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

DOMAIN = "batti"
PLATFORMS = ("conversation", "sensor")

MODELS = Path(__file__).parent / "models"
BUNDLED_MODEL = "batti-nano.gguf"


class Source(StrEnum):
    """Where an entry's model comes from."""

    BUNDLED = "bundled"
    FILE = "file"
    HUGGING_FACE = "hugging_face"
    SERVER = "server"


# Keys of an entry's data.
CONF_SOURCE = "source"
CONF_MODEL = "model"  # bundled: a file name in MODELS; file, hugging_face: a path; server: its URL
CONF_REPOSITORY = "repository"
CONF_FILE = "file"
CONF_URL = "url"
CONF_API_KEY = "api_key"

# Keys of an entry's options.
CONF_THREADS = "threads"
CONF_CONTEXT_SIZE = "context_size"  # tokens
CONF_IDLE_UNLOAD = "idle_unload"  # minutes; 0: never
CONF_DEADLINE = "deadline"  # seconds
CONF_LAMPS = "lamps"  # entity ids of switches that are lamps

DEFAULT_IDLE_UNLOAD = 0
