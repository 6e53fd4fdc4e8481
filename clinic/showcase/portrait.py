# SPDX-License-Identifier: GPL-3.0-or-later
"""A small drawn face for a person who does not exist."""

import io
from random import Random

from PIL import Image, ImageDraw

from clinic.domain.facts import Gender

LARGEST = 6 * 1024
_SIZE, _FINE = 96, 3
_SKINS = ("#f0cda9", "#e3b68c", "#cf9a6c", "#b67f54", "#99663f", "#7c5033")
_HAIRS = ("#1d1713", "#2b1f17", "#3d2a1c", "#57402b")
_GREYS = ("#8d8a86", "#b4b1ac", "#d4d1cc")
_SHIRTS = ("#2f6f8f", "#8a4b5f", "#4d7a4a", "#9a6b2f", "#5b5f97", "#8f3f3a", "#38727a", "#6e6a63")
_WALLS = ("#e6edf0", "#efe9e0", "#e4ece4", "#ece6ee", "#e9ece2")


def portrait(random: Random, gender: Gender, age: int) -> bytes:
    """A JPEG of 96 x 96, at most 6 kB."""
    skin, shirt, wall = random.choice(_SKINS), random.choice(_SHIRTS), random.choice(_WALLS)
    hair = random.choice(_GREYS if random.uniform(45, 75) < age else _HAIRS)
    width, tall = random.uniform(19, 23), random.uniform(25, 29)
    face = _Face(wall)
    if gender is Gender.FEMALE and random.random() < 0.75:
        face.oval(48, 50, width + 8, tall + random.uniform(6, 15), hair)
    face.oval(48, 102, 36, 30, shirt)
    face.box(41, 62, 55, 78, _darker(skin, 0.9))
    face.oval(48, 46, width + 2, tall, hair)
    face.oval(48, 49, width, tall - 2, skin)
    _hair_line(face, random, hair, width, gender, age)
    _features(face, random, skin, hair, gender, age)
    return face.jpeg()


class _Face:
    """Paper of 96 x 96 units, drawn three times finer."""

    def __init__(self, wall: str) -> None:
        self.image = Image.new("RGB", (_SIZE * _FINE, _SIZE * _FINE), wall)
        self.pen = ImageDraw.Draw(self.image)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: str) -> None:
        self.pen.ellipse(
            [(x - rx) * _FINE, (y - ry) * _FINE, (x + rx) * _FINE, (y + ry) * _FINE], fill=colour
        )

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        self.pen.rounded_rectangle(
            [x0 * _FINE, y0 * _FINE, x1 * _FINE, y1 * _FINE], radius=4 * _FINE, fill=colour
        )

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: int, end: int, colour: str, thick: float
    ) -> None:
        edges = [(x - rx) * _FINE, (y - ry) * _FINE, (x + rx) * _FINE, (y + ry) * _FINE]
        self.pen.arc(edges, start, end, fill=colour, width=max(1, int(thick * _FINE)))

    def cap(self, x: float, y: float, rx: float, ry: float, colour: str) -> None:
        edges = [(x - rx) * _FINE, (y - ry) * _FINE, (x + rx) * _FINE, (y + ry) * _FINE]
        self.pen.chord(edges, 180, 360, fill=colour)

    def jpeg(self) -> bytes:
        small = self.image.resize((_SIZE, _SIZE), Image.Resampling.BOX)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=78, optimize=True)
        return out.getvalue()


def _hair_line(face: _Face, random: Random, hair: str, width: float, gender: Gender, age: int) -> None:
    if gender is Gender.MALE and age > 40 and random.random() < 0.35:
        return
    face.cap(48 + random.uniform(-3, 3), 36, width + 1, random.uniform(11, 17), hair)


def _features(face: _Face, random: Random, skin: str, hair: str, gender: Gender, age: int) -> None:
    apart, level = random.uniform(8, 10), random.uniform(47, 50)
    shade = _darker(skin, 0.72)
    for side in (-1, 1):
        face.oval(48 + side * apart, level, 3.2, 2.2, "#fdfbf8")
        face.oval(48 + side * apart, level, 1.7, 2.0, "#2a1c14")
        face.arc(48 + side * apart, level - 2, 4.5, 4.0, 205, 335, hair, 1.2)
        if age > 60:
            face.arc(48 + side * apart, level + 2.5, 4, 2.6, 25, 155, shade, 0.6)
    face.arc(48, level + 6, 2.6, 4, 20, 150, shade, 1.0)
    face.arc(48, level + 11, random.uniform(5, 8), random.uniform(3, 5), 20, 160, "#9c4a43", 1.5)
    if gender is Gender.MALE and age > 25 and random.random() < 0.3:
        face.arc(48, level + 10, 6.5, 3.2, 195, 345, hair, 1.9)
    if random.random() < min(0.5, age / 130):
        for side in (-1, 1):
            face.arc(48 + side * apart, level, 6.2, 5.2, 0, 360, "#4a4a4a", 0.9)
        face.arc(48, level, 3, 2, 200, 340, "#4a4a4a", 0.9)


def _darker(colour: str, factor: float) -> str:
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * factor):02x}" for i in (1, 3, 5))
