"""Measures how long it takes to find names: to index those of a large home, and to link a sentence to them. No model.

    python -m training.speed.linking [--lights 500] [--names 6] [--sentences 1000]

The home is random, with a room for every ten lights and names in all scripts. Indexed "first" includes reading the lexicon,
as after a start; "again" is what a changed home takes. A sentence is folded and its names are marked; each is another one,
so nothing is remembered from before but the words of others. It is processor time of the one thread that does all this, so
that it does not matter what runs beside it.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Sequence
from time import process_time
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from custom_components.batti.interpreter.home import Area, Home, Light
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.words.fold import fold

from ..data.homes import area_name, light_name
from ..data.naming import invented
from ..evaluate.judging import machine
from .figures import ninety_fifth

_SCRIPTS = "erd"
_LIGHTS_PER_ROOM = 10
_AGAIN = 5  # times that the home is indexed after the first


class Said(NamedTuple):
    """A sentence, and what kind of names it has."""

    kind: str
    text: str


class Figures(NamedTuple):
    """Seconds to index a home, first and again; milliseconds to link each sentence, by kind."""

    first_s: float
    again_s: float
    link_ms: dict[str, list[float]]


def home_of(rng: random.Random, lights: int, names: int) -> Home:
    """A random home with so many lights, and so many names for each of its rooms and lights."""

    def several(name: Callable[[str], str]) -> list[str]:
        return [name(rng.choice(_SCRIPTS)) for _ in range(names)]

    areas = []
    for number in range(max(1, lights // _LIGHTS_PER_ROOM)):
        first, *others = several(lambda script: area_name(rng, script, "train"))
        areas.append(Area(f"a{number}", first, tuple(others)))
    made = []
    for number in range(lights):
        area = rng.choice(areas)
        first, *others = several(lambda script, area=area: light_name(rng, script, "train", area))  # type: ignore[misc]
        made.append(Light(f"light.l{number}", first, tuple(others), area.area_id))
    return Home((), tuple(areas), tuple(made))


def sentences(rng: random.Random, home: Home, count: int) -> list[Said]:
    """So many sentences, of four kinds in turn."""

    def light() -> str:
        return rng.choice(rng.choice(home.lights).names)

    def room() -> str:
        area = rng.choice(home.areas)
        return rng.choice((area.name, *area.aliases))

    kinds: list[Callable[[], Said]] = [
        lambda: Said("one name", f"{light()} bala"),
        lambda: Said("a letter left out", f"{_with_a_slip(rng, light())} lai {rng.randint(1, 100)}% ma"),
        lambda: Said("four names", f"{room()} ko {light()} bala, {light()} ra {room()} ko batti nibhau"),
        lambda: Said("a name it has not", f"{invented(rng)} ko {invented(rng)} batti bala"),
    ]
    return [kinds[number % len(kinds)]() for number in range(count)]


def _with_a_slip(rng: random.Random, name: str) -> str:
    at = rng.randrange(len(name))
    return name[:at] + name[at + 1 :] or name


def measure(home: Home, said: Sequence[Said]) -> Figures:
    """Index the home some times, then link each sentence once."""
    times = []
    for _ in range(1 + _AGAIN):
        begin = process_time()
        index = NameIndex(home)
        times.append(process_time() - begin)
    link: dict[str, list[float]] = {}
    for one in said:
        begin = process_time()
        index.mark(fold(one.text))
        link.setdefault(one.kind, []).append(1000 * (process_time() - begin))
    first, *again = times
    return Figures(first, statistics.median(again), link)


def show(home: Home, figures: Figures, console: Console) -> None:
    """Print what it ran on, and the figures."""
    names = sum(len(light.names) for light in home.lights)
    console.print(
        f"{machine()}: {len(home.lights)} lights with {names} names, {len(home.areas)} rooms", highlight=False
    )
    console.print(
        f"indexed: first {figures.first_s:.2f} s, again {figures.again_s:.2f} s (processor time, as below)",
        highlight=False,
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading in ("sentences with", "sentences", "median ms", "95% ms", "longest ms"):
        table.add_column(heading, justify="left" if heading == "sentences with" else "right")
    every = [one for times in figures.link_ms.values() for one in times]
    for kind, times in (*figures.link_ms.items(), ("all", every)):
        shown = (statistics.median(times), ninety_fifth(times), max(times))
        table.add_row(kind, str(len(times)), *(f"{value:.2f}" for value in shown))
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lights", type=int, default=500)
    parser.add_argument("--names", type=int, default=6, help="of each light and each room")
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    home = home_of(rng, options.lights, options.names)
    show(home, measure(home, sentences(rng, home, options.sentences)), Console())


if __name__ == "__main__":
    main()
