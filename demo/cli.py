"""The command line: `scripts/demo --help`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from pathlib import Path

from homeassistant import runner
from rich.console import Console

from custom_components.batti.interpreter.errors import HomeError
from custom_components.batti.interpreter.home import load_home

from . import STARTED, core, sentences, show

# These warnings do not help a person who tries Batti: the loader warns about every custom integration, such as this one;
# the others miss programs for sound and pictures, which the demo does not need.
QUIET = ("homeassistant.loader", "aiohttp_fast_zlib", "haffmpeg", "homeassistant.components.camera.img_util")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Say sentences to Batti in a demo home; without a sentence, open the home in the browser.",
    )
    parser.add_argument("sentence", nargs="*", help="what to say; several run in one home, in order")
    parser.add_argument("--json", action="store_true", help="one JSON object a sentence on stdout, nothing else there")
    parser.add_argument("--home", type=Path, default=core.HOUSE, metavar="FILE", help="another home (YAML)")
    parser.add_argument("--area", metavar="AREA_ID", help="where the speaker is, for sentences like 'yaha batti bala'")
    parser.add_argument("--port", type=int, default=8123, help="of the web interface (default 8123)")
    args = parser.parse_intermixed_args()
    if args.json and not args.sentence:
        parser.error("--json needs a sentence")
    return args


async def _say(args: argparse.Namespace) -> int:
    console = Console()
    async with sentences.home_with_batti(args.home) as hass:
        _note(f"Home Assistant and Batti ready after {time.monotonic() - STARTED:.1f} s; {core.engine(hass)} answers")
        async for said in sentences.say_all(hass, args.sentence, args.area):
            if args.json:
                print(json.dumps(said.as_dict(), ensure_ascii=False), flush=True)
            else:
                show.show(said, console)
    return 0


async def _serve(args: argparse.Namespace) -> int:
    from . import web  # imports Home Assistant's voice pipeline, parts of which need a compiler

    return await web.serve(args.home, args.port)


def _note(text: str) -> None:
    """Print to stderr for the person at the terminal; stdout is for the answers."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run the demo; the exit status is 0, or 1 if it failed."""
    args = _arguments()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        load_home(args.home)  # before anything is started: the file may be wrong
        demo = _say(args) if args.sentence else _serve(args)
        return asyncio.run(demo, loop_factory=runner.create_event_loop)
    except (core.DemoError, HomeError) as error:
        _note(str(error))
        return 1
