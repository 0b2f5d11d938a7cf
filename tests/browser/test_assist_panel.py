"""A person at a browser: open the page, press a, type, read the answer, see the light change.

Needs playwright and a Chromium, which scripts/setup does not install: `uv pip install playwright`,
`apt install chromium`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests import demo

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Chromium's own errands; root, as in a container, cannot have the sandbox.
ERRANDS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SANDBOX = ["--no-sandbox"] if os.geteuid() == 0 else []

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.usefixtures("socket_enabled"),
]


@pytest.fixture
def page() -> Iterator[playwright.Page]:
    """Return a page with the demo's dashboard."""
    with demo.web() as (address, _), playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*ERRANDS, *SANDBOX])
        page = browser.new_page()
        page.goto(address)
        page.locator("hui-tile-card").first.wait_for()
        yield page
        browser.close()


def test_type_a_sentence_and_see_the_light_change(page: playwright.Page) -> None:
    light = page.locator("hui-tile-card", has_text="Bhansa Ceiling Light")
    playwright.expect(light).to_contain_text("Off")
    page.keyboard.press("a")
    page.locator("ha-assist-chat input").fill("bhansa ko batti 40% ma rakha")
    page.keyboard.press("Enter")
    answers = page.locator("ha-assist-chat .message.hass")
    playwright.expect(answers.last).to_contain_text("40%")
    playwright.expect(light).to_contain_text("40%")
