# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a rule or a score can say has words."""

from clinic.domain.alerts.rules import BY_ID
from clinic.domain.likeness import Reason
from clinic.domain.scores.charts import chart_score
from clinic.domain.scores.kinds import Note, NotFor
from clinic.domain.scores.news2 import SINGLE
from clinic.domain.scores.registry import registry
from clinic.exchange.growth_tables import chart_text, growth_tables
from desktop.screens import findings


def test_reasons_rules_and_scores_have_words() -> None:
    kinds = registry(growth_tables(), [chart_score(chart_text("pews"), signed_off=True)])
    bands = {band.key for kind in kinds.values() for band in kind.bands} | {SINGLE.key, "thin"}
    assert set(findings.REASONS) == set(Reason)
    assert set(findings.ALERTS) == set(BY_ID)
    assert set(findings.NOT_FOR) == set(NotFor)
    assert set(findings.NOTES) == set(Note)
    assert set(findings.SCORES) == set(kinds)
    assert bands <= set(findings.BANDS)
