"""Reads the home of a fine-tuning set, from the diagnostics file of Batti's device or from YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from custom_components.batti.interpreter.errors import HomeError
from custom_components.batti.interpreter.home import Home, load_home


def read_home(path: Path) -> Home:
    """The home of a diagnostics file of Batti's device, or of a YAML file.

    Raises:
        HomeError: the file cannot be read, or has no home with lights in areas.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HomeError(f"Cannot read the home {path}: {error}") from error
    except ValueError:  # not JSON
        home = load_home(path)
    else:
        home = _diagnosed(path, data)
    if not home.lights or not home.areas:
        raise HomeError(f"{path} has no lights in areas: expose lights to Assist and give them areas, then try again")
    return home


def _diagnosed(path: Path, data: Any) -> Home:
    inner = data.get("data", data) if isinstance(data, dict) else None
    found = inner.get("home", inner) if isinstance(inner, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("lights"), list):
        raise HomeError(
            f"{path} holds no home. The integration's own diagnostics have no names: download those of the device "
            "Batti, on its page in Home Assistant"
        )
    return Home.from_dict({key: found.get(key) for key in ("floors", "areas", "lights")})
