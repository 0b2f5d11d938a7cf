"""One call of `prepare` after another, in one folder, on one imagined computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from custom_components.batti.preparation import Prepared, Stage, prepare
from custom_components.batti.preparation.table import Table

from . import sources
from .index import Index

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
            table=self.table,
        )

    def offer(self, index: Index, archive: bytes) -> None:
        """Have a source archive in the index, and the table want it."""
        index.files[sources.NAME] = archive
        self.table = replace(self.table, source_sha256=sources.digest(archive))

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
