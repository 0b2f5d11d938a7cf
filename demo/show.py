"""Prints what a sentence did, for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from .sentences import Said


def show(said: Said, console: Console) -> None:
    """Print one sentence: YAML, lights before and after, answer, times."""
    console.print(Text.assemble(("❯ ", "dim"), (said.text, "bold")))
    console.print(Padding(Syntax(said.yaml.rstrip(), "yaml", background_color="default"), (1, 2)))
    if said.changed:
        console.print(Padding(_table(said.changed), (0, 2, 1, 2)))
    else:
        console.print("  No light changed.\n", style="dim")
    console.print(Text(f"  {said.reply}\n", style="bold yellow"))
    console.print(Text(f"  {_times(said.timings_ms)}\n", style="dim"))


def _times(timings_ms: dict[str, float]) -> str:
    """Write the steps in their order: `fold 0.2 · … · model 9.1 (prefill 3.2, decode 5.6) · … · answer after 12 ms`."""
    times = {step: f"{step} {ms:.1f}" for step, ms in timings_ms.items()}
    steps = [times[step] for step in ("fold", "labels", "model", "plan") if step in times]
    if "prefill" in times:
        steps[2] += f" ({times['prefill']}, {times['decode']})"
    return " · ".join([*steps, f"answer after {timings_ms['answer']:.1f} ms"])


def _table(changed: dict[str, dict[str, dict[str, Any]]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for entity_id, change in changed.items():
        table.add_row(entity_id, _look(change["before"]), "→", _look(change["after"]))
    return table


def _look(seen: dict[str, Any]) -> Text:
    """One light in a few words, with a dot in its colour: `● on 40% red`."""
    if seen["state"] != "on":
        return Text(f"○ {seen['state']}", style="dim")
    rgb = seen.get("rgb_color")
    color = seen.get("color_name") or (f"rgb({', '.join(map(str, rgb))})" if rgb else None)
    kelvin = seen.get("color_temp_kelvin")
    percent = seen.get("brightness_pct")
    words = ["on", f"{percent}%" if percent else None, color, f"{kelvin} K" if kelvin else None]
    spot = f"rgb({','.join(map(str, rgb))})" if rgb else "yellow"
    return Text.assemble(("● ", spot), " ".join(word for word in words if word))
