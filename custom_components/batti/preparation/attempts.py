"""The ways to an engine on this computer, one after the other; whichever fails leaves a reason."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import aiohttp

from ..download import download
from ..interpreter.errors import BattiError, ModelMissing, ModelRefused
from . import build, source
from .base import DeadEnd, Origin, Progress, Stage
from .computer import Computer
from .install import put_in_place, remove, unpack
from .record import PACKAGES, Record
from .table import Row, Table
from .trial import find_installed, try_engine, version_in
from .wheel import Damaged, Wheel

_LOGGER = logging.getLogger(__name__)
WHEELS = "wheels"
_DOWNLOADED = "downloaded"
_BUILT = "built"
_SOURCE = "source"
_BUILD = "build"


@dataclass
class Attempts:
    """All that the ways have in common.

    Attributes:
        folder: where everything is kept.
        model: what engines are tried with.
        session: for downloads.
        computer: the one that the engine is for.
        table: what is wanted.
        before: what was prepared earlier, or None.
        python: see `LocalEngine`.
        tell: told of every stage.
        reasons: why each way failed so far.
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

    async def first(self, *, again: bool) -> Record | None:
        """The first engine that works, kept for the next time; None where none does."""
        ways: list[Callable[[], Awaitable[Record | None]]] = [
            self._installed,
            self._wheels,
            self._downloaded,
            self._built,
        ]
        # What worked before most likely does so now that another version of the C library is beside it. An older
        # version, or one that crashed, is still better than none.
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
        with self._noting(f"what was prepared before (llama-cpp-python {self.before.version})"):
            await self._try(self.folder / PACKAGES, self.before.version)
            return await self._keep(self.before.origin, self.before.version, any_python=not self.before.python)
        return None

    async def _installed(self) -> Record | None:
        with self._noting("beside Home Assistant"):
            module = await find_installed(self.python)
            version = await asyncio.to_thread(version_in, module.parents[1])
            await self._try(None, version)
            return await self._keep(Origin.INSTALLED, version, any_python=False, beside=module)
        return None

    async def _wheels(self) -> Record | None:
        """The user's own."""
        return await self._any_of(self.folder / WHEELS, "*.whl", Origin.WHEEL)

    async def _downloaded(self) -> Record | None:
        rows = self.table.rows_for(self.computer)
        if not rows:
            self.reasons.append(f"to download: no wheel is published for {self.computer}")
        for row in rows:
            with self._noting(f"to download {row.file}"):
                return await self._install(await self._download(row), Origin.DOWNLOADED)
        return None

    async def _built(self) -> Record | None:
        """Built here now, or earlier."""
        folder = self.folder / _BUILT
        if record := await self._any_of(folder, f"*/*-{self.table.version}-*.whl", Origin.BUILT):
            return record
        name = await asyncio.to_thread(build.build_name, self.table, self.computer)
        place = folder / f"{self.computer.libc}{self.computer.libc_version}-{name}"
        if await asyncio.to_thread(lambda: any(place.glob("*.whl"))):  # it does not work: another build will not either
            return None
        with self._noting("to build it here"):
            return await self._install(await self._build(place), Origin.BUILT)
        return None

    async def _any_of(self, folder: Path, pattern: str, origin: Origin) -> Record | None:
        """The best of the wheels in a folder that works."""
        fitting = []
        for path in await asyncio.to_thread(lambda: sorted(folder.glob(pattern))):
            with self._noting(f"the wheel {path.name}"):
                fitting.append(await asyncio.to_thread(Wheel.named, path))
        fitting.sort(key=lambda wheel: (str(wheel.version) == self.table.version, wheel.version, -wheel.rank))
        for wheel in reversed(fitting):
            with self._noting(f"the wheel {wheel.path.name}"):
                return await self._install(wheel, origin)
        return None

    async def _download(self, row: Row) -> Wheel:
        if lacking := sorted(row.features - self.computer.features):
            raise DeadEnd(f"it needs a processor with {', '.join(lacking)}, and this one is without")
        if row.sha256 is None:
            raise DeadEnd("its checksum is not filled in yet, and nothing is installed unchecked")
        target = self.folder / _DOWNLOADED / row.file
        self.tell(Stage.DOWNLOADING, None)
        # Nothing is asked of anybody where it is kept from an earlier time.
        await download(self.session, row.url, target, sha256=row.sha256, on_progress=self._bytes)
        return await asyncio.to_thread(Wheel.named, target)

    async def _build(self, place: Path) -> Wheel:
        await asyncio.to_thread(build.find_compiler)
        sources, work = self.folder / _SOURCE, self.folder / _BUILD / place.name
        self.tell(Stage.DOWNLOADING, None)
        archive = await source.fetch(self.session, self.table.source, self.table.source_sha256, sources, self._bytes)
        self.tell(Stage.BUILDING, None)
        try:
            wheel = await build.build(archive, work, self.computer, self.python, on_line=self._line)
        except DeadEnd:
            await asyncio.to_thread(remove, work)
            raise
        await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
        return await asyncio.to_thread(lambda: Wheel.named(wheel.rename(place / wheel.name)))

    async def _install(self, wheel: Wheel, origin: Origin) -> Record:
        """Unpack a wheel, try it, and only then put it where an earlier one may be."""
        self.tell(Stage.INSTALLING, None)
        try:
            await asyncio.to_thread(wheel.check)
        except Damaged:
            if origin is Origin.BUILT:
                await asyncio.to_thread(wheel.path.unlink)  # so that it is built again
            raise
        new = self.folder / f"{PACKAGES}.new"
        try:
            await unpack(wheel.path, new, self.python)
            await self._try(new, str(wheel.version))
        except BattiError:
            await asyncio.to_thread(remove, new)
            raise
        await asyncio.to_thread(put_in_place, new, self.folder / PACKAGES)
        return await self._keep(origin, str(wheel.version), any_python=wheel.any_python)

    async def _try(self, packages: Path | None, version: str) -> None:
        self.tell(Stage.TRYING, None)
        try:
            await try_engine(self.model, packages, self.python)
        except ModelRefused as error:
            if version == self.table.version:
                raise
            raise DeadEnd(str(error)) from error  # another version may take it

    async def _keep(self, origin: Origin, version: str, *, any_python: bool, beside: Path | None = None) -> Record:
        """Write down what works, and remove what only the way there needed."""
        record = Record.of(self.computer, self.table.version, origin, version, any_python=any_python, beside=beside)
        try:
            await asyncio.to_thread(record.write, self.folder)
        except OSError as error:
            _LOGGER.warning("What was prepared cannot be written down, so it is looked for at every start: %s", error)
        await asyncio.to_thread(self._tidy)
        return record

    def _tidy(self) -> None:
        for name in (_BUILD, _SOURCE, f"{PACKAGES}.new", f"{PACKAGES}.new.cache"):
            remove(self.folder / name)
        for path in self.folder.glob(f"{_DOWNLOADED}/*"):
            if not fnmatch(path.name, f"*-{self.table.version}-*.whl"):
                with suppress(OSError):
                    path.unlink()
        for path in self.folder.glob(f"{_BUILT}/*"):
            if not any(path.glob(f"*-{self.table.version}-*.whl")):
                remove(path)

    @contextmanager
    def _noting(self, way: str) -> Iterator[None]:
        """Keep the reason why a way fails; a model that is not there or no engine takes is another matter."""
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

    def _line(self, line: str) -> None:
        if (done := build.share(line)) is not None:
            self.tell(Stage.BUILDING, done)
