"""Tries the ways to get an engine on this computer, one after the other, and keeps the reason why each failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import aiohttp

from ..download import download
from ..download.partial_file import PartialFile
from ..interpreter.engine.interface import Binding
from ..interpreter.errors import BattiError, ModelMissing, ModelRefused
from .computer import Computer
from .index import find
from .install import put_in_place, remove, unpack
from .probe import find_installed, try_engine, version_in, version_of
from .record import PACKAGES, THIS_PYTHON, Record
from .result import DeadEnd, Origin, Prepared, Progress, Stage
from .table import Row, Table
from .wheel import Wheel

_LOGGER = logging.getLogger(__name__)
WHEELS = "wheels"
DOWNLOADED = "downloaded"


@dataclass
class Attempts:
    """What all ways share.

    Attributes:
        folder: where everything is kept.
        model: the model that engines are tried with.
        session: for downloads.
        computer: the computer that needs the engine.
        table: the wanted engine and its wheels.
        before: the engine that was prepared earlier, or None.
        python: see `LocalEngine`.
        tell: called at every stage.
        reasons: why each way failed so far.
        missing: the wheel that fits this computer, if it could not be downloaded.
    """

    folder: Path
    model: Path
    session: aiohttp.ClientSession
    computer: Computer
    table: Table
    before: Record | None
    python: str | None
    tell: Progress
    reasons: list[str] = field(default_factory=list)
    missing: Row | None = None

    async def first(self, allowed: Collection[Origin], *, again: bool) -> Record | None:
        """The first engine that works, recorded for the next start; None if none works."""
        by_origin: dict[Origin, Callable[[], Awaitable[Record | None]]] = {
            Origin.INSTALLED: self._installed,
            Origin.WHEEL: self._wheels,
            Origin.DOWNLOADED: self._downloaded,
        }
        ways = [way for origin, way in by_origin.items() if origin in allowed]
        # An engine that worked before most likely still works after an update of the C library, so it comes first. An
        # outdated engine, or one that crashed, comes last: it is better than none.
        if self.before is not None and await asyncio.to_thread(self.before.is_kept, self.folder):
            up_to_date = self.before.wanted == self.table.version
            ways.insert(0 if up_to_date and not again else len(ways), self._kept)
        for way in ways:
            self.tell(Stage.LOOKING, None)
            if record := await way():
                return record
        return None

    async def _kept(self) -> Record | None:
        assert self.before is not None
        engine = self.before.prepared(self.folder)
        with self._keep_reason(f"what was prepared before ({engine.binding} {engine.version})"):
            await self._try(engine)
            return await self._keep(engine, any_python=not self.before.python)
        return None

    async def _installed(self) -> Record | None:
        with self._keep_reason("beside Home Assistant"):
            module = await find_installed(self.python)
            version = await asyncio.to_thread(version_in, module.parents[1])
            engine = Prepared(Binding.LLAMA_CPP_PYTHON, None, version, Origin.INSTALLED)
            await self._try(engine)
            return await self._keep(engine, any_python=False, beside=module)
        return None

    async def _wheels(self) -> Record | None:
        """The best of the user's own wheels that works."""
        fitting = []
        for path in await asyncio.to_thread(lambda: sorted((self.folder / WHEELS).glob("*.whl"))):
            with self._keep_reason(f"the wheel {path.name}"):
                fitting.append(await self._named(path))
        fitting.sort(key=lambda wheel: (wheel.binding is Binding.LLAMA_CPP_PYTHON, wheel.version, -wheel.rank))
        for wheel in reversed(fitting):
            with self._keep_reason(f"the wheel {wheel.path.name}"):
                return await self._install(wheel, Origin.WHEEL)
        return None

    async def _downloaded(self) -> Record | None:
        row = self.table.row_for(self.computer)
        if row is None:
            self.reasons.append(f"to download: no engine is published for {self.computer}")
            return None
        with self._keep_reason(f"to download {row.file}"):
            return await self._install(await self._download(row), Origin.DOWNLOADED)
        return None

    async def _download(self, row: Row) -> Wheel:
        target = self.folder / DOWNLOADED / row.file
        wheel = await self._named(target)
        lacking = sorted(row.features - self.computer.features)
        if self.computer.features and lacking:  # if the processor is unknown, the trial decides
            raise DeadEnd(
                f"it needs a processor with {', '.join(lacking)}, and this one is without (in a virtual machine: give it the "
                "host's own type of processor)"
            )
        # A wheel from an earlier download needs no request.
        if not await asyncio.to_thread(PartialFile(target).is_done, row.sha256, row.size):
            self.tell(Stage.DOWNLOADING, None)
            self.missing = row
            url = row.url or (await find(self.session, Binding.XLLAMACPP, row.file)).url
            await download(self.session, url, target, sha256=row.sha256, size=row.size, on_progress=self._bytes)
            self.missing = None
        return wheel

    async def _named(self, path: Path) -> Wheel:
        """Read a wheel's name, for the Python that runs the engine."""
        return await asyncio.to_thread(Wheel.named, path, self.computer, await self._python_version())

    async def _python_version(self) -> str:
        return THIS_PYTHON if self.python is None else await version_of(self.python)

    async def _install(self, wheel: Wheel, origin: Origin) -> Record:
        """Unpack a wheel, try it, and only then replace an earlier engine with it."""
        self.tell(Stage.INSTALLING, None)
        await asyncio.to_thread(wheel.check)
        new = self.folder / f"{PACKAGES}.new"
        other = None if self.python is None else (self.computer, await self._python_version())
        engine = Prepared(wheel.binding, new, str(wheel.version), origin)
        try:
            await unpack(wheel.path, new, other)
            await self._try(engine)
        except BattiError:
            await asyncio.to_thread(remove, new)
            raise
        await asyncio.to_thread(put_in_place, new, self.folder / PACKAGES)
        return await self._keep(engine, any_python=wheel.any_python)

    async def _try(self, engine: Prepared) -> None:
        self.tell(Stage.TRYING, None)
        try:
            await try_engine(self.model, engine.binding, engine.packages, self.python)
        except ModelRefused as error:
            if (engine.binding, engine.version) == (Binding.XLLAMACPP, self.table.version):
                raise
            raise DeadEnd(str(error)) from error  # the wanted version may accept this model

    async def _keep(self, engine: Prepared, *, any_python: bool, beside: Path | None = None) -> Record:
        """Record the engine that works, and remove temporary files."""
        python = None if any_python else await self._python_version()
        record = Record.of(self.computer, self.table.version, engine, python=python, beside=beside)
        try:
            await asyncio.to_thread(record.write, self.folder)
        except OSError as error:
            _LOGGER.warning("What was prepared cannot be written down, so it is looked for at every start: %s", error)
        await asyncio.to_thread(self._tidy)
        return record

    def _tidy(self) -> None:
        for name in (f"{PACKAGES}.new", f"{PACKAGES}.new.cache"):
            remove(self.folder / name)
        for path in self.folder.glob(f"{DOWNLOADED}/*"):
            if not fnmatch(path.name, f"*-{self.table.version}-*.whl"):
                with suppress(OSError):
                    path.unlink()

    @contextmanager
    def _keep_reason(self, way: str) -> Iterator[None]:
        """Keep the reason why a way fails. A missing or refused model is raised instead: it would fail every way."""
        try:
            yield
        except ModelMissing, ModelRefused:
            raise
        except BattiError as error:
            self.reasons.append(f"{way}: {error}")
        except OSError as error:
            self.reasons.append(f"{way}: {error.strerror or error} ({error.filename})")

    def _bytes(self, done: int, total: int | None) -> None:
        self.tell(Stage.DOWNLOADING, done / total if total else None)
