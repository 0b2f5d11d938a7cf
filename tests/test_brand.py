"""The icon and the logo: what Home Assistant asks of them, and that `scripts/draw_brand.py` draws them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from homeassistant.components.brands.const import ALLOWED_IMAGES
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from PIL import Image
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

import custom_components.batti

HERE = Path(custom_components.batti.__file__).parent
BRAND = HERE / "brand"
SCRIPT = HERE.parents[1] / "scripts" / "draw_brand.py"
SIZES = {"icon.png": (256, 256), "icon@2x.png": (512, 512), "logo.png": (803, 256), "logo@2x.png": (1606, 512)}
PAGES = {"light": (255, 255, 255), "dark": (28, 28, 28)}  # behind Home Assistant's cards


def opened(folder: Path, name: str) -> Image.Image:
    with Image.open(folder / name) as image:
        image.load()
        return image


def luminance(colour: tuple[int, ...]) -> float:
    """How bright a colour is, as the web's rules for contrast have it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the script has just drawn."""
    folder = tmp_path_factory.mktemp("brand")
    subprocess.run([sys.executable, SCRIPT, folder], check=True, timeout=120)
    return folder


def test_every_file_and_no_other() -> None:
    assert {path.name for path in BRAND.iterdir()} == SIZES.keys() <= ALLOWED_IMAGES


@pytest.mark.parametrize("name", SIZES)
def test_a_file_is_as_the_brands_ask(name: str) -> None:
    image = opened(BRAND, name)
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", SIZES[name])
    assert image.info["interlace"] == 1
    assert image.getbbox() == (0, 0, *image.size), "nothing empty is left at the edges"
    alpha = np.asarray(image)[..., 3]
    assert {alpha[0, 0], alpha[0, -1], alpha[-1, 0], alpha[-1, -1]} == {0}
    assert (alpha == 0).mean() > 0.25
    assert (alpha == 255).mean() > 0.25


@pytest.mark.parametrize("name", SIZES)
def test_a_file_is_what_the_script_draws(drawn: Path, name: str) -> None:
    ours, theirs = (np.asarray(opened(folder, name).convert("RGBa"), dtype=int) for folder in (BRAND, drawn))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 0.05, "draw them again: .venv/bin/python scripts/draw_brand.py"


@pytest.mark.parametrize("page", PAGES)
def test_the_word_can_be_read_without_a_variant_for_dark_pages(page: str) -> None:
    letters = np.asarray(opened(BRAND, "logo.png"))[:, 256:].reshape(-1, 4)
    colour, _ = Counter(tuple(map(int, pixel)) for pixel in letters if pixel[3] == 255).most_common(1)[0]
    dark, light = sorted((luminance(colour[:3]), luminance(PAGES[page])))
    assert (light + 0.05) / (dark + 0.05) > 3


@pytest.mark.parametrize("name", sorted(ALLOWED_IMAGES))
async def test_home_assistant_serves_it(hass: HomeAssistant, hass_client: ClientSessionGenerator, name: str) -> None:
    assert await async_setup_component(hass, "brands", {})
    client = await hass_client()
    answer = await client.get(f"/api/brands/integration/batti/{name}")
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert await answer.read() == (BRAND / name.removeprefix("dark_")).read_bytes()
