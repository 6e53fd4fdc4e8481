# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours keep their promise of contrast in every look, at every scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.sheet import sheet
from desktop.kit.tokens import (
    DARK,
    DESKTOP,
    KIOSK,
    LIGHT,
    LOOKS,
    SCALES,
    TONES,
    contrast,
    for_reading,
    mixed,
    strengthened,
    zoomed,
)

COLOURS = st.from_regex(r"\A#[0-9A-F]{6}\Z")
EVERY = [(look, scale) for look in LOOKS.values() for scale in SCALES.values()]


@pytest.mark.parametrize(("look", "scale"), EVERY)
def test_texts_are_readable(look, scale):
    worn = for_reading(look, scale)
    for tone in ("text", *TONES):
        for ground in (worn.bg, worn.surface, worn.wash(tone)):
            assert contrast(worn.ink(tone), ground) >= scale.contrast, (tone, ground)
    assert contrast(worn.on_primary, worn.primary) >= scale.contrast
    assert contrast(worn.surface, worn.danger) >= scale.contrast
    assert contrast(worn.surface, worn.ok) >= scale.contrast
    assert contrast(worn.surface, worn.text) >= scale.contrast


@pytest.mark.parametrize(("look", "scale"), EVERY)
def test_outlines_and_focus_are_seen(look, scale):
    worn = for_reading(look, scale)
    for ground in (worn.bg, worn.surface):
        assert contrast(worn.edge, ground) >= 3
        assert contrast(worn.focus, ground) >= 3


def test_contrast_knows_black_and_white():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


@given(COLOURS, COLOURS)
def test_contrast_is_the_same_both_ways(one, other):
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.001


@given(COLOURS, COLOURS)
def test_mixing_ends_where_it_should(one, other):
    assert mixed(one, other, 0) == one
    assert mixed(one, other, 1) == other


@given(COLOURS)
def test_an_ink_can_always_be_made_readable_on_white(ink):
    assert contrast(strengthened(ink, ("#FFFFFF",), 7), "#FFFFFF") >= 7


def test_the_desktop_wears_the_tokens_as_they_are():
    assert for_reading(LIGHT, DESKTOP) is LIGHT


def test_bigger_letters_keep_the_targets():
    big = zoomed(KIOSK, 1.25)
    assert big.body > KIOSK.body
    assert big.target == KIOSK.target == 64


@pytest.mark.parametrize("scale", [DESKTOP, KIOSK])
def test_the_sheet_has_no_hole(scale):
    text = sheet(DARK, scale)
    assert "%(" not in text
    assert DARK.focus in text
