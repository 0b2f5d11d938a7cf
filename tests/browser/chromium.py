"""The Chromium that scripts/setup found or unpacked for the browser test."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("BATTI_CACHE") or Path(__file__).parents[2] / ".cache")
LEFT_OUT = "BATTI_BROWSER=none: the browser test was left out"


def program() -> str:
    """Its path; a machine without one fails the test, unless BATTI_BROWSER says that it is to be left out."""
    wanted = os.environ.get("BATTI_BROWSER")
    if wanted == "none":
        warnings.warn(LEFT_OUT, stacklevel=2)  # pytest's summary shows warnings, of what is skipped only the number
        pytest.skip(LEFT_OUT)
    noted = CACHE / "browser.path"
    found = shutil.which(wanted or (noted.read_text("utf-8").strip() if noted.exists() else ""))
    assert found, "there is no Chromium: run scripts/setup --browser, which says what to install"
    return found
