"""Draws Batti's icon and logo: an oil lamp (दियो) with the glow of a light bulb as its flame.

    .venv/bin/python scripts/draw_brand.py [FOLDER]

Sizes and names are those of Home Assistant's brands: https://github.com/home-assistant/brands#image-specification
The colours keep their contrast on light and on dark pages, so there are no `dark_` variants.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

type Point = tuple[float, float]
type Shape = tuple[str, list[Point]]  # a colour and the outline that it fills

BRAND = Path(__file__).parents[1] / "custom_components" / "batti" / "brand"
SIDE = 256  # of the icon; the unit of every number below
SUPERSAMPLED = 8
MIDDLE = SIDE / 2

CLAY, RIM, OIL = "#bf5327", "#dc7440", "#6e2810"
FLAME, GLOW, CAP = "#f8960f", "#fff1bd", "#9a4a14"
# Where each pass of an interlaced PNG starts and how far it steps, right and down.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def arc(centre: Point, radii: Point, start: float, end: float) -> list[Point]:
    """Points on an ellipse, between two angles in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * step / 120) for step in range(121)]
    return [(centre[0] + radii[0] * math.cos(angle), centre[1] + radii[1] * math.sin(angle)) for angle in angles]


def curve(*controls: Point) -> list[Point]:
    """Points on the Bézier curve through the first and the last of its four control points."""
    points: list[Point] = []
    for step in range(61):
        t = step / 60
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        weighted = list(zip(weights, controls, strict=True))
        points.append((sum(w * x for w, (x, _) in weighted), sum(w * y for w, (_, y) in weighted)))
    return points


def mirrored(half: list[Point], middle: float = MIDDLE) -> list[Point]:
    """Close a right half with its mirror image on the left."""
    return [*half, *((2 * middle - x, y) for x, y in reversed(half))]


def stroke(start: Point, end: Point, width: float) -> list[Point]:
    """A straight line with round ends."""
    slope = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    radii = (width / 2, width / 2)
    return [*arc(end, radii, slope - 90, slope + 90), *arc(start, radii, slope + 90, slope + 270)]


def bent(centre: Point, radius: float, width: float, start: float, end: float) -> list[Point]:
    """A line along a circle; `radius` is that of the line's middle."""
    outer, inner = radius + width / 2, radius - width / 2
    return [*arc(centre, (outer, outer), start, end), *arc(centre, (inner, inner), end, start)]


def flame(tip: Point, size: float) -> list[Point]:
    """A drop, with its round end at the bottom; the size is its height."""
    right = [
        *curve((0, 0), (0.07, 0.2), (0.32, 0.36), (0.32, 0.66)),
        *curve((0.32, 0.66), (0.32, 0.86), (0.17, 1), (0, 1)),
    ]
    return mirrored([(tip[0] + x * size, tip[1] + y * size) for x, y in right], middle=tip[0])


def ray(angle: float) -> list[Point]:
    """A line that points away from the bulb."""
    right, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    start, end = ((MIDDLE + far * right, 106 + far * down) for far in (92, 118))
    return stroke(start, end, 14)


def icon() -> list[Shape]:
    """The lamp, from back to front."""
    bowl = [
        *curve((256, 170), (250, 214), (206, 240), (172, 244)),
        *curve((172, 244), (174, 250), (178, 256), (168, 256)),
    ]
    bulb = [
        *arc((MIDDLE, 100), (32, 32), -90, 35),
        *curve((MIDDLE + 26.2, 118.4), (MIDDLE + 18, 130), (MIDDLE + 15, 134), (MIDDLE + 15, 142)),
    ]
    return [
        *((FLAME, ray(angle)) for angle in (-157, -124, -56, -23)),
        (CLAY, mirrored(bowl)),
        (RIM, arc((MIDDLE, 170), (128, 25), 0, 360)),
        (OIL, arc((MIDDLE, 170), (112, 16), 0, 360)),
        (FLAME, flame((MIDDLE, 0), 178)),
        (GLOW, mirrored(bulb)),
        (CAP, stroke((MIDDLE - 10, 149), (MIDDLE + 10, 149), 11)),
        (CAP, stroke((MIDDLE - 7, 163), (MIDDLE + 7, 163), 11)),
    ]


def word(left: float) -> list[Shape]:
    """The word "batti": its two t's hang on one line, as Devanagari's letters do, and its i carries a flame."""
    base, top, line, radius, width = 214.0, 70.0, 114.0, 50.0, 27.0
    middle = base - radius
    b, a, t1, t2, i = (left + offset for offset in (13.5, 255, 327, 403, 487))
    shapes = [stroke((b, top), (b, base), width), bent((b + radius, middle), radius, width, 0, 360)]
    shapes += [stroke((a, middle - radius), (a, base), width), bent((a - radius, middle), radius, width, 0, 360)]
    for t in (t1, t2):
        foot = 24.0
        shapes += [
            stroke((t, 82), (t, base - foot), width),
            bent((t + foot, base - foot), foot, width, 90, 180),
            stroke((t + foot, base), (t + foot + 6, base), width),
        ]
    shapes += [stroke((t1 - 24, line), (t2 + 32, line), width), stroke((i, line), (i, base), width)]
    return [*((CLAY, shape) for shape in shapes), (FLAME, flame((i, 29), 62.5))]


def draw(shapes: list[Shape], scale: int) -> Image.Image:
    """Fill the shapes, one over the other, on a canvas of their size."""
    width = round(max(x for _, outline in shapes for x, _ in outline))
    fine = scale * SUPERSAMPLED
    image = Image.new("RGBA", (width * fine, SIDE * fine))
    pen = ImageDraw.Draw(image)
    for colour, outline in shapes:
        pen.polygon([(x * fine, y * fine) for x, y in outline], fill=colour)
    return image.reduce(SUPERSAMPLED)


def png(image: Image.Image) -> bytes:
    """An interlaced PNG file, which Pillow cannot write; for flat shapes, unfiltered rows give the smallest file."""
    pixels = np.asarray(image)
    passes = [pixels[y::down, x::right] for x, y, right, down in ADAM7]
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    header = struct.pack(">IIBBBBB", *image.size, 8, 6, 0, 0, 1)  # 8 bits, RGBA, interlaced
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def main(folder: Path) -> None:
    """Write every file, for normal and for high-resolution screens."""
    lamp = icon()
    for name, shapes in (("icon", lamp), ("logo", [*lamp, *word(left=SIDE + 40)])):
        for scale, suffix in ((1, ""), (2, "@2x")):
            (folder / f"{name}{suffix}.png").write_bytes(png(draw(shapes, scale)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else BRAND)
