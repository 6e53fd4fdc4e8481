# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores, alerts and reasons for a likeness in the reader's words."""

from clinic.domain.likeness import Reason
from clinic.domain.scores.kinds import Note, NotFor
from desktop.kit.words import N_

REASONS = {
    Reason.SAME_DNI: N_("same DNI"),
    Reason.DNI_NEARLY: N_("DNI differs in one digit"),
    Reason.SAME_BIRTH: N_("same birth date"),
    Reason.BIRTH_SWAPPED: N_("day and month of birth swapped"),
    Reason.BIRTH_YEAR: N_("same birthday, another year"),
    Reason.BIRTH_NEARLY: N_("birth date differs in one digit"),
    Reason.SAME_SURNAME: N_("same surname"),
    Reason.SURNAME_SOUNDS: N_("surname sounds alike"),
    Reason.SURNAME_NEARLY: N_("surname nearly the same"),
    Reason.SURNAMES_SWAPPED: N_("surnames in another order"),
    Reason.SAME_GIVEN: N_("same first name"),
    Reason.GIVEN_SOUNDS: N_("first name sounds alike"),
    Reason.GIVEN_NICKNAME: N_("first name and its short form"),
    Reason.GIVEN_NEARLY: N_("first name nearly the same"),
    Reason.OTHER_DNI: N_("but another DNI"),
    Reason.OTHER_BIRTH: N_("but another birth date"),
    Reason.OTHER_SURNAME: N_("but another surname"),
    Reason.OTHER_GIVEN: N_("but another first name"),
    Reason.OTHER_GENDER: N_("but another gender"),
}
ALERTS = {
    # rule -> what the list of alerts calls it
    "news2-high": N_("NEWS2 7 or more: emergency response"),
    "news2-urgent": N_("NEWS2 5 or 6: urgent response"),
    "news2-single": N_("One vital sign scores 3: urgent review"),
    "news2-rise": N_("NEWS2 rose by 2 or more in a day"),
    "spo2-drop": N_("Oxygen fell by 4 points or more"),
    "systolic-trend": N_("Blood pressure changes from visit to visit"),
    "weight-gain": N_("2 kg or more in 3 days, with heart failure"),
    "growth-faltering": N_("Weight for age fell across two lines"),
    "result-out-of-range": N_("A result is outside of its range: somebody has to see it"),
}
NOT_FOR = {
    NotFor.TOO_YOUNG: N_("not for this age: too young"),
    NotFor.TOO_OLD: N_("not for this age: too old"),
    NotFor.PREGNANT: N_("not in pregnancy"),
    NotFor.OEDEMA: N_("not with oedema: weight says nothing"),
    NotFor.NOT_SIGNED_OFF: N_("not signed off by this clinic"),
}
NOTES = {
    Note.AGE_UNKNOWN: N_("age not known"),
    Note.LENGTH_TAKEN_LYING: N_("measured lying: 0.7 cm taken off"),
    Note.HEIGHT_TAKEN_STANDING: N_("measured standing: 0.7 cm added"),
    Note.IMPLAUSIBLE: N_("hardly possible: measure again"),
    Note.UNIT_REFUSED: N_("a value in a unit that cannot be read was left out"),
}
BANDS = {
    "low": N_("low"),
    "single": N_("one vital sign scores 3"),
    "medium": N_("medium"),
    "high": N_("high"),
    "expected": N_("as expected"),
    "severely-underweight": N_("severely underweight"),
    "underweight": N_("underweight"),
    "severely-stunted": N_("severely stunted"),
    "stunted": N_("stunted"),
    "severely-wasted": N_("severely wasted"),
    "wasted": N_("wasted"),
    "risk-of-overweight": N_("risk of overweight"),
    "overweight": N_("overweight"),
    "obese": N_("obese"),
    "severely-thin": N_("severely thin"),
    "thin": N_("thin"),
    "thin-i": N_("mildly thin"),
    "thin-ii": N_("moderately thin"),
    "normal": N_("normal weight"),
    "pre-obese": N_("pre-obese"),
    "obese-i": N_("obesity, class 1"),
    "obese-ii": N_("obesity, class 2"),
    "obese-iii": N_("obesity, class 3"),
    "small-head": N_("small head"),
    "large-head": N_("large head"),
    "g1": N_("stage G1"),
    "g2": N_("stage G2"),
    "g3a": N_("stage G3a"),
    "g3b": N_("stage G3b"),
    "g4": N_("stage G4"),
    "g5": N_("stage G5"),
}
SCORES = {
    "news2": N_("NEWS2"),
    "pews": N_("PEWS"),
    "bmi": N_("BMI"),
    "egfr": N_("Kidney function (eGFR)"),
    "egfr_child": N_("Kidney function of a child (eGFR)"),
    "weight_for_age": N_("Weight for age"),
    "height_for_age": N_("Length or height for age"),
    "bmi_for_age": N_("BMI for age"),
    "weight_for_height": N_("Weight for length or height"),
    "head_for_age": N_("Head circumference for age"),
}
