# SPDX-License-Identifier: GPL-3.0-or-later
"""Strokes of two sides come to the same board, whatever is lost and said again; and nobody can fill it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.calls.board import MOST_IN_WORD, MOST_POINTS, MOST_STROKES, Board, pointed_at
from clinic.domain.strokes import EDGE, whole_place
from clinic.protocol.sharing import Inked, Pointed, Rubbed

CALL = "c1"


def both() -> tuple[Board, Board]:
    return Board(CALL, 1, sharer=True), Board(CALL, 1, sharer=False)


def tell(to: Board, words: object) -> None:
    for word in words:  # type: ignore[attr-defined]
        to.take(word)


def draw(board: Board, other: Board | None, page: int = 0, y: float = 0.5) -> None:
    board.begin(page, 0.1, y)
    for n in range(5):
        board.go(0.2 + n * 0.1, y)
        if other is not None and n == 2:
            tell(other, board.told())
    words = list(board.lift())
    if other is not None:
        tell(other, words)


def same(a: Board, b: Board) -> bool:
    return {n: bytes(line) for n, line in a.lines.items()} == {n: bytes(line) for n, line in b.lines.items()}


def test_both_see_what_each_draws_piece_by_piece() -> None:
    doctor, patient = both()
    draw(doctor, patient)
    draw(patient, doctor, y=0.7)
    assert same(doctor, patient)
    (_, line), (name, _) = doctor.on(0)
    assert line[0] == (pytest.approx(0.1, abs=1e-4), pytest.approx(0.5, abs=1e-4))
    assert not name.sharer
    assert doctor.on(1) == []


def test_undo_takes_back_ones_own_newest_and_the_eraser_what_it_touches() -> None:
    doctor, patient = both()
    draw(doctor, patient, y=0.2)
    draw(patient, doctor, y=0.4)
    draw(doctor, patient, y=0.6)
    tell(patient, doctor.undo(0))
    assert same(doctor, patient)
    assert [line[0][1] for _, line in doctor.on(0)] == pytest.approx([0.2, 0.4], abs=1e-3)
    assert list(patient.erase(0, 0.3, 0.2)) == [], "who watches leaves the other's strokes alone"
    assert list(doctor.erase(0, 0.3, 0.9)) == []
    tell(patient, doctor.erase(0, 0.35, 0.41))
    tell(patient, doctor.erase(0, 0.15, 0.2))
    assert doctor.lines == patient.lines == {}


def test_who_shares_clears_all_and_who_watches_her_own_of_that_page() -> None:
    doctor, patient = both()
    for page in (0, 1):
        draw(doctor, patient, page)
        draw(patient, doctor, page)
    tell(doctor, patient.clear(0))
    assert same(doctor, patient)
    assert [n.sharer for n, _ in doctor.on(0)] == [True]
    tell(patient, doctor.clear(1))
    assert same(doctor, patient)
    assert doctor.on(1) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "undo", "rub", "clear", "lost", "found"]), max_size=25))
def test_after_a_cut_both_come_to_the_same(steps: list[str]) -> None:
    """Words of the time without a link are lost; then each says its strokes anew, and what was rubbed out stays so."""
    doctor, patient = both()
    up = True

    def resync() -> None:
        tell(patient, list(doctor.anew(0)))
        tell(doctor, list(patient.anew(0)))
        tell(patient, list(doctor.answers()))

    for number, step in enumerate(steps):
        y = 0.03 + number * 0.035
        if step in "ab":
            who, other = (doctor, patient) if step == "a" else (patient, doctor)
            draw(who, other if up else None, y=y)
        elif step in ("lost", "found"):
            up = step == "found"
            if up:
                resync()
        else:
            words = {
                "undo": doctor.undo(0),
                "rub": doctor.erase(0, 0.3, y - 0.035),
                "clear": doctor.clear(0),
            }[step]
            said = list(words)
            tell(patient, said if up else [])
    resync()
    assert same(doctor, patient)


def inked(**values: object) -> Inked:
    return Inked(
        **{"call_id": CALL, "share": 1, "page": 0, "stroke": 1, "first": 0, "points": bytes(8), **values}
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "word",
    [
        inked(points=b""), inked(points=bytes(7)), inked(points=bytes(4 * MOST_IN_WORD + 4)), inked(stroke=0),
        inked(stroke=2**40), inked(first=1), inked(first=-2), inked(page=-1), inked(page=10**6), inked(share=2),
    ],
)  # fmt: skip
def test_what_cannot_be_a_stroke_is_not_drawn(word: Inked) -> None:
    board, _ = both()
    assert not board.take(word)
    assert board.lines == {}


def test_a_flood_of_strokes_fills_nothing_and_takes_nobodys_pen() -> None:
    doctor, _ = both()
    for stroke in range(1, 3 * MOST_STROKES):
        doctor.take(inked(stroke=stroke, points=bytes(4)))
    assert len(doctor.lines) == MOST_STROKES
    doctor, _ = both()
    for first in range(0, 2 * MOST_POINTS, MOST_IN_WORD):
        doctor.take(inked(first=first, points=bytes(4 * MOST_IN_WORD)))
    assert sum(map(len, doctor.lines.values())) <= 4 * MOST_POINTS
    draw(doctor, None)
    assert len(doctor.lines) == 2


def test_a_watcher_cannot_rub_out_what_she_was_shown() -> None:
    doctor, _ = both()
    draw(doctor, None)
    assert not doctor.take(Rubbed(call_id=CALL, share=1, page=0, stroke=1, others=True))
    assert not doctor.take(Rubbed(call_id=CALL, share=1, page=0, others=True))
    assert len(doctor.lines) == 1


def test_a_pointer_is_on_the_page_or_nowhere() -> None:
    word = Pointed(call_id=CALL, share=1, page=0, x=EDGE, y=0)
    assert pointed_at(word) == (1.0, 0.0)
    assert pointed_at(Pointed(call_id=CALL, share=1, page=0, x=EDGE + 1)) is None
    assert pointed_at(Pointed(call_id=CALL, share=1, page=0, y=-1)) is None
    assert pointed_at(Pointed(call_id=CALL, share=1, page=0, on=False)) is None
    assert (whole_place(-3), whole_place(0.5), whole_place(9)) == (0, 32768, EDGE)
