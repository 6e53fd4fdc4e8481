# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawing on which one shows where it hurts: which places it has and where they lie. Their names are in the questionnaires.

The codes are our own (urn:posta:body-site), named as anatomy names the regions; left and right are the person's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

BODY_SITE = "urn:posta:body-site"
WIDTH, HEIGHT = 260, 390
"""Of one figure, in units of the drawing: each place is at least 64 of them wide and high."""
Shape = Literal["head", "trunk", "limb", "end"]


@dataclass(frozen=True, slots=True)
class Region:
    """`view`: front or back; a box in units of the drawing from the upper left corner of its figure."""

    view: str
    shape: Shape
    x: int
    y: int
    wide: int
    high: int


_ROW, _SIDE, _TRUNK, _LEG = 65, 64, 132, 66
REGIONS: Mapping[str, Region] = {
    "head": Region("front", "head", 97, 0, 66, _ROW),
    "chest": Region("front", "trunk", 64, 65, _TRUNK, _ROW),
    "belly": Region("front", "trunk", 64, 130, _TRUNK, _ROW),
    "pelvis": Region("front", "trunk", 64, 195, _TRUNK, _ROW),
    "right_arm": Region("front", "limb", 0, 65, _SIDE, 130),
    "left_arm": Region("front", "limb", 196, 65, _SIDE, 130),
    "right_hand": Region("front", "end", 0, 195, _SIDE, _ROW),
    "left_hand": Region("front", "end", 196, 195, _SIDE, _ROW),
    "right_leg": Region("front", "limb", 64, 260, _LEG, _ROW),
    "left_leg": Region("front", "limb", 130, 260, _LEG, _ROW),
    "right_foot": Region("front", "end", 64, 325, _LEG, _ROW),
    "left_foot": Region("front", "end", 130, 325, _LEG, _ROW),
    "nape": Region("back", "head", 97, 0, 66, _ROW),
    "upper_back": Region("back", "trunk", 64, 65, _TRUNK, _ROW),
    "lower_back": Region("back", "trunk", 64, 130, _TRUNK, _ROW),
    "buttocks": Region("back", "trunk", 64, 195, _TRUNK, _ROW),
    "left_leg_back": Region("back", "limb", 64, 260, _LEG, 130),
    "right_leg_back": Region("back", "limb", 130, 260, _LEG, 130),
}
"""By code, in the order in which a switch goes through them."""
