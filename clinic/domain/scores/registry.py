# SPDX-License-Identifier: GPL-3.0-or-later
"""Every score that a clinic has, by id. Another one is one more entry: data and a pure function."""

from collections.abc import Iterable, Mapping

from clinic.domain.scores.body_mass import BMI
from clinic.domain.scores.growth import Tables, growth_scores
from clinic.domain.scores.kidney import EGFR, EGFR_CHILD
from clinic.domain.scores.kinds import ScoreKind
from clinic.domain.scores.news2 import NEWS2

Registry = Mapping[str, ScoreKind]


def registry(tables: Tables, charts: Iterable[ScoreKind] = ()) -> Registry:
    """Scores by id: the ones built in, growth over these tables, and the clinic's charts."""
    kinds = (NEWS2, BMI, EGFR, EGFR_CHILD, *growth_scores(tables), *charts)
    found = {kind.id: kind for kind in kinds}
    if len(found) != len(kinds):
        raise ValueError("two scores have the same id")
    return found
