# SPDX-License-Identifier: GPL-3.0-or-later
"""The writer of the interactions list: spelling, levels, kinds of harm, and no other wheel than the one named."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "interactions_writer", ROOT / "packaging" / "interactions.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entry(first: str, second: str, level: str, harm: str, description: str) -> dict[str, object]:
    levels = [{"level": one, "info": ""} for one in level.split("|")]
    return {
        "main_drug": first, "plus_drug": second, "severity_levels": levels, "interaction_mechanism": harm,
        "description": description,
    }  # fmt: skip


def test_both_directions_are_one_pair_whatever_the_spelling(writer: ModuleType) -> None:
    said = "Majoration du risque hémorragique."
    text = f"Association DECONSEILLEE{said}"
    rows = writer.pairs(
        [
            entry("BÊTA- BLOQUANTS", "Œstrogènes", "Association DECONSEILLEE", said, text),
            entry("OESTROGENES", "bêta-bloquants", "Association DECONSEILLEE", said, text),
        ]
    )
    assert rows == [
        ("beta-bloquants", "oestrogenes", "major", "bleeding", f"Association déconseillée. {said}")
    ]


def test_several_levels_stay_the_gravest_first(writer: ModuleType) -> None:
    said = "CI - APEC\nContre-indication avec :\n- des doses fortes\n\nHyperkaliémie."
    (row,) = writer.pairs([entry("A", "B", "CONTRE-INDICATION|A prendre en compte", "Hyperkaliémie.", said)])
    assert row[2:4] == ("contraindicated+minor", "high-potassium")
    assert row[4] == "Contre-indication avec : - des doses fortes Hyperkaliémie."


@pytest.mark.parametrize(
    ("sentence", "harm"),
    [
        ("Augmentation de la lithémie.", "higher-level"),
        ("Troubles de la conduction auriculo-ventriculaire.", "slow-heart"),
        ("Risque majoré de torsades de pointes.", "heart-rhythm"),
        ("Diminution de l'absorption digestive des cyclines.", "absorption"),
        ("Augmentation des concentrations par majoration de son absorption.", "higher-level"),
        ("Risque de diminution de l’efficacité du contraceptif.", "contraception"),
        ("Diminution des concentrations plasmatiques.", "lower-effect"),
        ("Rien de tel.", ""),
    ],
)
def test_kinds_of_harm(writer: ModuleType, sentence: str, harm: str) -> None:
    assert writer.mechanism(sentence) == harm


def test_another_wheel_is_refused(
    writer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(b"not it")
    monkeypatch.setattr(sys, "argv", ["interactions.py", str(other)])
    with pytest.raises(SystemExit, match="not the wheel"):
        writer.main()
