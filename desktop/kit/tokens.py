# SPDX-License-Identifier: GPL-3.0-or-later
"""The design language as values: colours by meaning, sizes by reading distance, and the contrast rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One look: every colour a screen may use, named by what it means (#RRGGBB)."""

    bg: str
    surface: str
    line: str
    text: str
    muted: str
    primary: str
    tint: str
    on_primary: str
    danger: str
    danger_bg: str
    warn: str
    warn_bg: str
    ok: str
    ok_bg: str
    info: str
    info_bg: str
    focus: str
    edge: str  # outline of an input: 3:1 against the surface

    def ink(self, tone: str) -> str:
        """Colour of text and lines in a tone: neutral primary info ok warn danger, or a token's own name."""
        return str(getattr(self, {"neutral": "muted", "": "text"}.get(tone, tone)))

    def wash(self, tone: str) -> str:
        """Background that belongs to a tone."""
        return str(getattr(self, _WASHES.get(tone, "bg")))


_WASHES = {"primary": "tint", "danger": "danger_bg", "warn": "warn_bg", "ok": "ok_bg", "info": "info_bg"}
TONES = ("neutral", "primary", "info", "ok", "warn", "danger")

LIGHT = Tokens(
    bg="#F4F7F8", surface="#FFFFFF", line="#DFE6EA", text="#14232B", muted="#566872", primary="#0B6B64",
    tint="#E2F1EF", on_primary="#FFFFFF", danger="#B42318", danger_bg="#FDECEA", warn="#9A4A06", warn_bg="#FEF3E2",
    ok="#0A6B45", ok_bg="#E5F6EE", info="#1657B8", info_bg="#E8F0FD", focus="#1B8A81", edge="#788992",
)  # fmt: skip
DARK = Tokens(
    bg="#0E1518", surface="#151E22", line="#2A383F", text="#E8EEF0", muted="#A3B3BA", primary="#3DB5A9",
    tint="#16332F", on_primary="#06201D", danger="#FF8A7D", danger_bg="#3A1A18", warn="#F4B267", warn_bg="#38270F",
    ok="#6AD7A3", ok_bg="#12301F", info="#8DB8FF", info_bg="#16294A", focus="#3DB5A9", edge="#64757D",
)  # fmt: skip
CONTRAST = Tokens(
    bg="#FFFFFF", surface="#FFFFFF", line="#000000", text="#000000", muted="#1F2A30", primary="#00413B",
    tint="#D5F0EC", on_primary="#FFFFFF", danger="#8C0F05", danger_bg="#FFE9E6", warn="#6B3000", warn_bg="#FFF0D6",
    ok="#004D2E", ok_bg="#DDF7E9", info="#003A8C", info_bg="#E1ECFF", focus="#B00060", edge="#000000",
)  # fmt: skip
LOOKS = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST}


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes in logical pixels for one reading distance."""

    name: str
    caption: int
    body: int
    heading: int
    title: int
    display: int
    value: int
    control: int  # height of a button or an input
    pad: int  # inner side padding of a control
    icon: int
    radius: int  # controls
    card: int  # radius of cards
    gap: int  # between things that belong together
    target: int  # smallest side of anything that is touched
    focus: int  # width of the focus ring
    contrast: float  # smallest text contrast


DESKTOP = Scale("desktop", 12, 13, 14, 20, 24, 24, 34, 14, 18, 8, 12, 8, 24, 2, 4.5)
KIOSK = Scale("kiosk", 18, 22, 28, 34, 44, 44, 76, 26, 34, 20, 24, 16, 64, 4, 7.0)
SCALES = {"desktop": DESKTOP, "kiosk": KIOSK}


def zoomed(scale: Scale, factor: float) -> Scale:
    """The same scale with bigger letters (the A+ button); targets keep their size."""
    grow = {
        part: round(getattr(scale, part) * factor)
        for part in ("caption", "body", "heading", "title", "display")
    }
    return replace(scale, **grow)


def _channel(byte: int) -> float:
    part = byte / 255
    return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance 0..1 of #RRGGBB (WCAG 2.2)."""
    red, green, blue = (_channel(byte) for byte in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two #RRGGBB colours (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """`one` with `share` (0..1) of `other` in it."""
    parts = (round(a + (b - a) * share) for a, b in zip(_rgb(one), _rgb(other), strict=True))
    return "#" + "".join(f"{part:02X}" for part in parts)


def strengthened(ink: str, grounds: tuple[str, ...], ratio: float) -> str:
    """The ink moved towards black or white, only as far as it needs to reach `ratio` on every ground."""
    towards = "#000000" if luminance(grounds[0]) > 0.18 else "#FFFFFF"
    for step in range(0, 101, 2):
        candidate = mixed(ink, towards, step / 100)
        if all(contrast(candidate, ground) >= ratio for ground in grounds):
            return candidate
    return towards


def for_reading(look: Tokens, scale: Scale) -> Tokens:
    """The look as this scale needs it: the kiosk asks for 7:1, so its inks are stronger."""
    if scale.contrast <= 4.5:
        return look
    plain = (look.bg, look.surface)
    inks = {tone: strengthened(look.ink(tone), (*plain, look.wash(tone)), scale.contrast) for tone in _WASHES}
    muted = strengthened(look.muted, (*plain, look.tint), scale.contrast)
    stronger = replace(look, muted=muted, edge=strengthened(look.edge, plain, 3.0), **inks)
    return replace(stronger, on_primary=strengthened(look.on_primary, (stronger.primary,), scale.contrast))
