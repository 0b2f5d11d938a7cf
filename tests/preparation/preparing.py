"""One call of `prepare` after another, in one folder, on one imagined computer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from custom_components.batti.interpreter.errors import EngineMissing
from custom_components.batti.preparation import Computer, Origin, Prepared, Stage, prepare
from custom_components.batti.preparation.table import Table

ROOT = Path(__file__).parents[2]


@dataclass
class Preparing:
    """The arguments of `prepare`, and what it told.

    `on_stage` may do something in the midst of it.
    """

    folder: Path
    model: Path
    session: aiohttp.ClientSession
    table: Table
    python: str | None
    computer: Computer | None = None
    ways: Collection[Origin] = tuple(Origin)
    told: list[tuple[Stage, float | None]] = field(default_factory=list)
    on_stage: Callable[[Stage, float | None], None] = lambda stage, share: None

    async def __call__(self, *, again: bool = False) -> Prepared:
        self.told.clear()
        return await prepare(
            self.folder,
            self.model,
            self.session,
            on_progress=self._tell,
            again=again,
            python=self.python,
            computer=self.computer,
            ways=self.ways,
            table=self.table,
        )

    async def reasons(self) -> str:
        """What it says when nothing works."""
        with pytest.raises(EngineMissing) as caught:
            await self()
        return str(caught.value)

    @property
    def stages(self) -> set[Stage]:
        return {stage for stage, _ in self.told}

    @property
    def wheels(self) -> Path:
        """Where the user puts wheels."""
        wheels = self.folder / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        return wheels

    def _tell(self, stage: Stage, share: float | None) -> None:
        self.told.append((stage, share))
        self.on_stage(stage, share)
