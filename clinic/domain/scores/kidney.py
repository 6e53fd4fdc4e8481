# SPDX-License-Identifier: GPL-3.0-or-later
"""eGFR from creatinine: CKD-EPI 2021 for adults, the bedside Schwartz equation for children of 1 to 17 years.

Sources: Inker et al., N Engl J Med 2021;385:1737-1749; Schwartz et al., J Am Soc Nephrol 2009;20:629-637; stages: KDIGO 2012.
Creatinine comes in mg/dL or umol/L, told apart by its unit alone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from clinic.domain.facts import Gender
from clinic.domain.scores.kinds import Band, Input, ScoreKind, Taken, Who, Worked, band_of

STAGES = (
    Band("g5", None, "danger"), Band("g4", Decimal(15), "danger"), Band("g3b", Decimal(30), "warn"),
    Band("g3a", Decimal(45), "warn"), Band("g2", Decimal(60), "ok"), Band("g1", Decimal(90), "ok"),
)  # fmt: skip
_CREATININE = Input(
    key="creatinine", codes=("2160-0", "14682-9", "38483-4"), unit="mg/dL", fresh=timedelta(days=90)
)
_HEIGHT = Input(key="height", codes=("8302-2", "8308-9", "8306-3"), unit="cm", fresh=timedelta(days=90))
_OF_SEX = {
    # kappa (mg/dL), alpha, factor
    Gender.FEMALE: (Decimal("0.7"), Decimal("-0.241"), Decimal("1.012")),
    Gender.MALE: (Decimal("0.9"), Decimal("-0.302"), Decimal(1)),
}


def ckd_epi_2021(creatinine: Decimal, years: int, gender: Gender) -> Decimal:
    """mL/min/1.73 m2, unrounded, from mg/dL and completed years (18 or more) of a woman or a man."""
    kappa, alpha, factor = _OF_SEX[gender]
    with localcontext() as context:
        context.prec = 20
        share = creatinine / kappa
        bent = min(share, Decimal(1)) ** alpha * max(share, Decimal(1)) ** Decimal("-1.2")
        return 142 * bent * Decimal("0.9938") ** years * factor


def bedside_schwartz(creatinine: Decimal, cm: Decimal) -> Decimal:
    """mL/min/1.73 m2, unrounded, from mg/dL and height."""
    return Decimal("0.413") * cm / creatinine


def _adult(found: Mapping[str, Taken], who: Who, at: datetime) -> Worked:
    missing = (*_lacking(found, who, "creatinine"), *(() if who.gender in _OF_SEX else ("gender",)))
    age = who.age(found["creatinine"].at) if "creatinine" in found else None
    if missing or age is None:
        return Worked(missing=missing or ("birth_date",))
    return _staged(ckd_epi_2021(found["creatinine"].value or Decimal(1), age.years, who.gender))


def _child(found: Mapping[str, Taken], who: Who, at: datetime) -> Worked:
    missing = _lacking(found, who, "creatinine", "height")
    if missing:
        return Worked(missing=missing)
    return _staged(
        bedside_schwartz(found["creatinine"].value or Decimal(1), found["height"].value or Decimal(0))
    )


def _lacking(found: Mapping[str, Taken], who: Who, *keys: str) -> tuple[str, ...]:
    lacking = tuple(key for key in keys if key not in found or (found[key].value or 0) <= 0)
    return (*lacking, *(("birth_date",) if who.birth_date is None else ()))


def _staged(exact: Decimal) -> Worked:
    """KDIGO: the whole number is reported, and the stage is read from it."""
    value = exact.quantize(Decimal(1), ROUND_HALF_UP)
    return Worked(value=value, band=band_of(STAGES, value))


EGFR = ScoreKind(
    id="egfr", version="ckd-epi-2021", title="eGFR", code="98979-8", unit="mL/min/{1.73_m2}", inputs=(_CREATININE,),
    from_years=18, in_pregnancy=False, bands=STAGES, work=_adult,
    source="Inker et al., N Engl J Med 2021;385:1737-1749 (CKD-EPI creatinine); stages: KDIGO 2012",
)  # fmt: skip
EGFR_CHILD = ScoreKind(
    id="egfr_child", version="schwartz-2009", title="eGFR of a child", unit="mL/min/{1.73_m2}",
    inputs=(_CREATININE, _HEIGHT), from_years=1, below_years=18, bands=STAGES, work=_child,
    source="Schwartz et al., J Am Soc Nephrol 2009;20:629-637 (bedside); stages: KDIGO 2012, from 2 years",
)  # fmt: skip
