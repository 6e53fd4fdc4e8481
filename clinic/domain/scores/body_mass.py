# SPDX-License-Identifier: GPL-3.0-or-later
"""BMI of adults. Source: WHO Technical Report Series 894 (2000), table 2.1; children have BMI for age (growth)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from clinic.domain.scores.growth import bmi
from clinic.domain.scores.kinds import Band, Input, NotFor, ScoreKind, Taken, Who, Worked, band_of

_BANDS = (
    Band("severely-thin", None, "danger"), Band("thin-ii", Decimal(16), "warn"), Band("thin-i", Decimal(17), "warn"),
    Band("normal", Decimal("18.5"), "ok"), Band("pre-obese", Decimal(25), "warn"), Band("obese-i", Decimal(30), "warn"),
    Band("obese-ii", Decimal(35), "danger"), Band("obese-iii", Decimal(40), "danger"),
)  # fmt: skip


def _work(found: Mapping[str, Taken], who: Who, at: datetime) -> Worked:
    missing = tuple(key for key in ("weight", "height") if key not in found or (found[key].value or 0) <= 0)
    if who.age(at) is None:
        missing = (*missing, "birth_date")
    if missing:
        return Worked(missing=missing)
    if who.oedema:
        return Worked(not_for=NotFor.OEDEMA)
    exact = bmi(found["weight"].value or Decimal(0), found["height"].value or Decimal(1))
    value = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Worked(value=value, band=band_of(_BANDS, value))


BMI = ScoreKind(
    id="bmi", version="2000", title="BMI", code="39156-5", unit="kg/m2", from_years=19, in_pregnancy=False, work=_work,
    inputs=(
        Input(key="weight", codes=("29463-7", "3141-9"), unit="kg", fresh=timedelta(days=90)),
        Input(key="height", codes=("8302-2", "8308-9", "8306-3"), unit="cm", fresh=timedelta(days=3650)),
    ),
    bands=_BANDS, source="WHO Technical Report Series 894, Geneva 2000, table 2.1",
)  # fmt: skip
