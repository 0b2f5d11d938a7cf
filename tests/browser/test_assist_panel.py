"""A person at a browser: open the page, press a, type, read the answer, see the light change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests import demo

from . import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Chromium's own errands.
ERRANDS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture
def page(socket_enabled: None) -> Iterator[Page]:
    """Return a page with the demo's dashboard."""
    program = chromium.program()
    # After it: where the browser test is to be left out, scripts/setup may have found no playwright either.
    from playwright.sync_api import sync_playwright

    with demo.web() as (address, _), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=ERRANDS)
        page = browser.new_page()
        page.goto(address)
        page.locator("hui-tile-card").first.wait_for()
        yield page
        browser.close()


def test_type_a_sentence_and_see_the_light_change(page: Page) -> None:
    from playwright.sync_api import expect

    light = page.locator("hui-tile-card", has_text="Bhansa Ceiling Light")
    expect(light).to_contain_text("Off")
    page.keyboard.press("a")
    page.locator("ha-assist-chat input").fill("bhansa ko batti 40% ma rakha")
    page.keyboard.press("Enter")
    answers = page.locator("ha-assist-chat .message.hass")
    expect(answers.last).to_contain_text("40%")
    expect(light).to_contain_text("40%")
