"""Read sentences, print YAML: Batti's interpreter without Home Assistant.

python -m custom_components.batti.interpreter --home my_home.yaml "bhansa ko batti bala"
python -m custom_components.batti.interpreter --home my_home.yaml < sentences.txt
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import Turn, interpret
from .engine.interface import Binding, Engine
from .engine.local import LocalEngine
from .errors import BattiError
from .home import Home, load_home

BUNDLED = Path(__file__).parents[1] / "models" / "batti-nano.gguf"
READY = Path(__file__).parents[3] / ".cache" / "engine" / "packages"  # as scripts/setup prepares it in a checkout


async def _say(engine: Engine, home: Home, text: str, area_id: str | None, as_json: bool) -> None:
    found = await interpret(text, home, engine, Turn(area_id))
    plan = found.plan
    if as_json:
        line: dict[str, Any] = {"text": text, "yaml": found.yaml, "plan": plan.to_list(), "written": found.written}
        line |= {"refusal": plan.refusal, "unknown": plan.unknown}
        line |= {"question": plan.question.asking if plan.question else None}
        print(json.dumps(line | {"confidence": found.confidence, "timings_ms": found.timings_ms}, ensure_ascii=False))
        return
    print(f"# {text}")
    for heading, value in (("unknown", plan.unknown), ("question", plan.question), ("refused", plan.refusal)):
        if value:
            print(f"# {heading}: {value}")
    print(f"# confidence {found.confidence:.2f}, {found.timings_ms['total']:.1f} ms\n{found.yaml}")


def engine_of(model: Path, ready: Path | None) -> LocalEngine:
    """llama-cpp-python; or the ready engine, if it is asked for or the only one here."""
    if ready is None and find_spec("llama_cpp") is None and READY.exists():
        ready = READY
    return LocalEngine(model, binding=Binding.XLLAMACPP if ready else Binding.LLAMA_CPP_PYTHON, packages=ready)


async def _run(options: argparse.Namespace) -> None:
    engine = engine_of(options.model, options.ready)
    sentences: Iterable[str] = options.sentence or (line.strip() for line in sys.stdin)
    home = load_home(options.home)
    await engine.start()
    try:
        for text in sentences:
            if text:
                await _say(engine, home, text, options.area, options.json)
    finally:
        await engine.stop()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "sentence", nargs="*", help="sentences; without any, they are read from standard input, one a line"
    )
    parser.add_argument("--home", type=Path, required=True, help="a YAML file with floors, areas and lights")
    parser.add_argument("--model", type=Path, default=BUNDLED, help="a GGUF file; the bundled model by default")
    parser.add_argument("--ready", type=Path, help="a folder with the ready engine, in place of llama-cpp-python")
    parser.add_argument("--area", help="the area_id that the speaker is in")
    parser.add_argument("--json", action="store_true", help="one JSON object a sentence")
    options = parser.parse_args()
    try:
        asyncio.run(_run(options))
    except BattiError as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
