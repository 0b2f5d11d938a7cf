"""The home is read when it has changed, not with the next command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from unittest.mock import Mock, patch

import pytest
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr

from custom_components.batti import home_watch
from custom_components.batti.exposed_lights import home_of
from custom_components.batti.home_watch import HomeWatch
from custom_components.batti.interpreter import index_of

from . import house

STRIP = "light.wled_3"


@pytest.fixture
def read() -> Iterator[Mock]:
    """Counts how often the home is read."""
    with patch.object(home_watch, "home_of", side_effect=home_of) as read:
        yield read


@pytest.fixture
async def watch(flat: HomeAssistant, read: Mock) -> AsyncIterator[HomeWatch]:
    """A watch that has read the home of the flat."""
    watch = HomeWatch(flat)
    stop = watch.start()
    await house.later(flat, home_watch.QUIET)
    await house.later(flat, home_watch.QUIET)  # the first reading decides what is exposed, which is a change
    assert read.called
    read.reset_mock()
    yield watch
    stop()


def change_area(hass: HomeAssistant) -> None:
    ar.async_get(hass).async_update("kitchen", aliases={"Chulo Chauko"})


def change_floor(hass: HomeAssistant) -> None:
    floors = fr.async_get(hass)
    floors.async_update(floors.async_create("Chhat").floor_id, name="Kausi")


def change_entity(hass: HomeAssistant) -> None:
    er.async_get(hass).async_update_entity(STRIP, aliases=["Indreni"])


def change_device(hass: HomeAssistant) -> None:
    dr.async_get(hass).async_update_device(house.speaker(hass, "balcony"), area_id="kitchen")


def change_exposure(hass: HomeAssistant) -> None:
    async_expose_entity(hass, "conversation", STRIP, False)


def add_light(hass: HomeAssistant) -> None:
    hass.states.async_set("light.ghost", "off", {"friendly_name": "Bhoot"})


def add_switch(hass: HomeAssistant) -> None:
    hass.states.async_set("switch.ghost", "off", {"friendly_name": "Bhoot Batti"})


def remove_light(hass: HomeAssistant) -> None:
    hass.states.async_remove(STRIP)


@pytest.mark.parametrize("name", ["friendly_name", "supported_color_modes", "max_color_temp_kelvin", "entity_id"])
async def test_a_light_that_changes_what_it_is(flat: HomeAssistant, watch: HomeWatch, read: Mock, name: str) -> None:
    state = flat.states.get(STRIP)
    assert state
    flat.states.async_set(STRIP, state.state, dict(state.attributes) | {name: {"entity_id": []}.get(name, "new")})
    await house.later(flat, home_watch.QUIET)
    assert read.call_count == 1


@pytest.mark.parametrize(
    "change",
    [
        change_area,
        change_floor,
        change_entity,
        change_device,
        change_exposure,
        add_light,
        add_switch,
        remove_light,
    ],
)
async def test_a_change_is_read_before_the_next_command(
    flat: HomeAssistant, watch: HomeWatch, read: Mock, change: Callable[[HomeAssistant], None]
) -> None:
    change(flat)
    await flat.async_block_till_done()
    assert not read.called, "not before it has been quiet for a moment"
    await house.later(flat, home_watch.QUIET)
    assert read.called
    expected = home_of(flat)
    read.reset_mock()
    hits = index_of.cache_info().hits
    assert await watch.home() == expected
    assert not read.called
    index_of(expected)
    assert index_of.cache_info().hits > hits, "the names are indexed already"


async def test_a_command_that_comes_at_once_has_the_change(flat: HomeAssistant, watch: HomeWatch, read: Mock) -> None:
    change_exposure(flat)
    assert STRIP not in {light.entity_id for light in (await watch.home()).lights}
    assert read.call_count == 1


async def test_what_lights_do_is_not_a_change(flat: HomeAssistant, watch: HomeWatch, read: Mock) -> None:
    await house.switch(flat, "turn_on", STRIP, brightness_pct=40, color_name="red")
    flat.states.async_set("sensor.outside", "12", {"friendly_name": "Bahira"})
    dr.async_get(flat).async_update_device(house.speaker(flat, "balcony"), sw_version="2")
    await house.later(flat, home_watch.QUIET)
    await watch.home()
    assert not read.called


async def test_a_home_that_could_not_be_read_is_read_again(flat: HomeAssistant, watch: HomeWatch, read: Mock) -> None:
    change_entity(flat)
    read.side_effect = [RuntimeError, home_of(flat)]
    with pytest.raises(RuntimeError):
        await watch.home()
    assert any("Indreni" in light.aliases for light in (await watch.home()).lights)


async def test_nothing_is_watched_after_the_end(flat: HomeAssistant, read: Mock) -> None:
    HomeWatch(flat).start()()
    change_entity(flat)
    await house.later(flat, home_watch.QUIET)
    assert not read.called


async def test_a_loaded_entry_has_read_the_home(flat: HomeAssistant, read: Mock) -> None:
    entry = await house.add_batti(flat)
    await house.later(flat, home_watch.QUIET)
    assert read.called
    await house.later(flat, home_watch.QUIET)
    read.reset_mock()
    assert await entry.runtime_data.home() == home_of(flat)
    assert not read.called
    assert await flat.config_entries.async_unload(entry.entry_id)
    change_entity(flat)
    await house.later(flat, home_watch.QUIET)
    assert not read.called
