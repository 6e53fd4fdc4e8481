# SPDX-License-Identifier: GPL-3.0-or-later
"""Clinical values in the reader's words. No Qt: logic and views both use it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from clinic.domain.scores.news2 import Risk, Score
from clinic.domain.values import Coding
from clinic.domain.vitals import VITALS
from desktop.kit.words import N_, _, fmt_age, fmt_ago, fmt_date, fmt_number, fmt_time, fmt_value, plural

if TYPE_CHECKING:
    from clinic.domain.facts import Encounter
    from clinic.services.people import PersonLine
    from clinic.sync.status import SyncStatus


class Said(NamedTuple):
    """A sentence with its tone: neutral primary info ok warn danger."""

    tone: str
    text: str


class Flag(NamedTuple):
    """A short mark on a row or a banner: text, tone, icon name."""

    text: str
    tone: str = "neutral"
    icon: str = ""


SEXES = {"female": N_("female"), "male": N_("male"), "other": N_("other")}
VITAL_NAMES = {
    "blood_pressure": N_("Blood pressure"),
    "systolic": N_("Systolic pressure"),
    "diastolic": N_("Diastolic pressure"),
    "heart_rate": N_("Heart rate"),
    "respiratory_rate": N_("Breathing rate"),
    "temperature": N_("Temperature"),
    "spo2": N_("Oxygen saturation"),
    "weight": N_("Weight"),
    "height": N_("Height"),
    "glucose": N_("Glucose"),
    "on_oxygen": N_("Oxygen given"),
    "alert": N_("Alertness"),
}
SHORT_NAMES = {
    "blood_pressure": N_("Pressure"),
    "heart_rate": N_("Pulse"),
    "respiratory_rate": N_("Breaths"),
    "temperature": N_("Temp."),
    "spo2": "SpO₂",
    "weight": N_("Weight"),
    "glucose": N_("Glucose"),
}
UNITS = {"/min": "/min", "Cel": "°C", "mm[Hg]": "mmHg", "%": "%", "kg": "kg", "cm": "cm", "mg/dL": "mg/dL"}
ROUTES = {
    "oral": N_("by mouth"),
    "inhaled": N_("inhaled"),
    "topical": N_("on the skin"),
    "intramuscular": N_("into a muscle"),
    "intravenous": N_("into a vein"),
    "subcutaneous": N_("under the skin"),
    "sublingual": N_("under the tongue"),
    "ophthalmic": N_("in the eye"),
    "rectal": N_("rectal"),
}
LANGUAGES = {
    "es": N_("Spanish"),
    "en": N_("English"),
    "pt": N_("Portuguese"),
    "gn": N_("Guaraní"),
    "qu": N_("Quechua"),
}
SECTIONS = {
    "subjective": N_("Subjective"),
    "objective": N_("Objective"),
    "assessment": N_("Assessment"),
    "plan": N_("Plan"),
}
SCOPES = {
    "treatment": N_("Treatment"),
    "teleconsultation": N_("Video visit"),
    "recording": N_("Recording the call"),
    "sharing": N_("Sharing with other clinics"),
    "analytics": N_("Anonymous statistics"),
}
METHODS = {"manual": N_("by hand"), "device": N_("device"), "kiosk": N_("kiosk")}
SEVERITIES = {
    "contraindicated": N_("Do not combine"),
    "major": N_("Serious"),
    "moderate": N_("Caution"),
    "minor": N_("Minor"),
    "duplicate": N_("Already taken"),
    "allergy": N_("Allergy"),
    "cross-allergy": N_("Possible cross-allergy"),
}
HARMS = {
    "bleeding": N_("More bleeding"),
    "heart-rhythm": N_("Dangerous heart rhythm"),
    "slow-heart": N_("The heart may become too slow"),
    "high-potassium": N_("Potassium may rise too high"),
    "low-potassium": N_("Potassium may fall too low"),
    "low-sodium": N_("Sodium may fall too low"),
    "serotonin": N_("Too much serotonin: agitation, tremor, fever"),
    "high-pressure": N_("Blood pressure may rise dangerously"),
    "vessels": N_("Blood vessels may narrow"),
    "muscle": N_("Damage to muscles"),
    "angioedema": N_("Swelling of face and throat"),
    "blood-cells": N_("Damage to blood cells"),
    "kidney": N_("Damage to the kidneys"),
    "liver": N_("Damage to the liver"),
    "hearing": N_("Damage to hearing"),
    "seizures": N_("Seizures"),
    "breathing": N_("Breathing may become too weak"),
    "sedation": N_("More drowsiness"),
    "low-glucose": N_("Blood sugar may fall too low"),
    "high-glucose": N_("Blood sugar may rise"),
    "contraception": N_("Contraception may fail"),
    "infection": N_("Less defence against infection"),
    "low-pressure": N_("Blood pressure may change too much"),
    "anticholinergic": N_("Dry mouth, constipation, confusion"),
    "absorption": N_("Less is absorbed: keep the doses apart"),
    "stomach": N_("Damage to stomach or gut"),
    "lower-effect": N_("One of them may work less"),
    "higher-level": N_("One of them may become too strong"),
    "other": N_("See what the list says"),
}
CROSS_RISKS = {
    "likely": N_("likely"),
    "possible": N_("possible"),
    "rare": N_("rare"),
}
CROSS_REASONS = {
    "side-chain": N_("the same side chain"),
    "beta-lactam": N_("both are beta-lactams"),
    "cyclo-oxygenase": N_("both act on cyclo-oxygenase"),
    "aromatic-ring": N_("the same kind of ring"),
    "sulfonamide": N_("both are sulfonamides"),
    "angioedema": N_("both can cause angioedema"),
}
SOURCES = {
    "this chart": N_("this chart"),
    "list of cross-reactions": N_("list of cross-reactions"),
}
RED_FLAGS = {
    "chest_pain": N_("chest pain"),
    "breathless": N_("trouble breathing"),
    "one_sided": N_("one side weak"),
    "pregnant_bleeding": N_("bleeding in pregnancy"),
    "bleeding": N_("bleeding"),
    "fainted": N_("fainted"),
    "infant_fever": N_("baby with fever"),
    "coughs_blood": N_("coughs up blood"),
    "stiff_neck": N_("fever and stiff neck"),
    "confused": N_("confused"),
    "sudden_pain": N_("very strong sudden pain"),
    "baby_still": N_("the baby moves less"),
    "preeclampsia": N_("pregnant with blurred sight"),
    "waters": N_("losing water in pregnancy"),
    "child_not_drinking": N_("child cannot drink"),
    "child_vomits_all": N_("child vomits everything"),
    "child_convulsion": N_("convulsions"),
    "child_sleepy": N_("child hard to wake"),
    "venom": N_("venomous bite"),
}
_RISKS = {
    Risk.HIGH: (N_("emergency"), "danger"),
    Risk.MEDIUM: (N_("urgent"), "warn"),
    Risk.SINGLE: (N_("urgent review"), "warn"),
    Risk.LOW: (N_("stable"), "ok"),
    Risk.UNKNOWN: (N_("not scored"), "neutral"),
}


def named(table: dict[str, str], key: str) -> str:
    """The translated word of a key; the key itself where the table has none."""
    return _(table.get(str(key), str(key)))


def coded(coding: Coding | None) -> str:
    """What a code means, in words."""
    return "" if coding is None else _(coding.display) or coding.code


def sentence_case(text: str) -> str:
    """The text with its first letter big."""
    return text[:1].upper() + text[1:]


def urgency(score: Score) -> Flag:
    """NEWS2 as a word with a tone and a shape: never colour alone."""
    word, tone = _RISKS[score.risk]
    icon = {"danger": "alert-triangle", "warn": "alert-triangle", "ok": "check"}.get(tone, "clock")
    return Flag(_(word), tone, icon)


def red_flags(visit: Encounter, *, short: bool = False) -> str:
    """What she told that must not wait, in words, or the first of it and how many more; '' when there is nothing."""
    told = [_(RED_FLAGS[flag.code]) if flag.code in RED_FLAGS else flag.display for flag in visit.red_flags]
    said = f"{told[0]} +{len(told) - 1}" if short and len(told) > 1 else ", ".join(told)
    return _("Red flag: %(what)s") % {"what": said} if told else ""


def points(score: Score) -> str:
    """The total, or a dash when an input is missing."""
    return "–" if score.total is None else str(score.total)


def missing_inputs(score: Score) -> str:
    """Which inputs the score waits for, as a sentence; '' when it is whole."""
    if not score.missing:
        return ""
    return _("No NEWS2 total: %(what)s missing") % {
        "what": ", ".join(named(VITAL_NAMES, m).lower() for m in score.missing)
    }


def dotted(dni: str) -> str:
    """A DNI as it is printed: 12.345.678."""
    return (
        fmt_number(int(dni)).replace(",", ".").replace("\xa0", ".")
        if dni.isascii() and dni.isdigit()
        else dni
    )


def number_text(dni: str) -> str:
    """DNI with its name, or '' without one."""
    return f"DNI {dotted(dni)}" if dni else ""


def age_text(birth: date | None, today: date) -> str:
    return fmt_age(birth, today) if birth else ""


def born_text(birth: date | None) -> str:
    return _("born %(date)s") % {"date": fmt_date(birth)} if birth else _("birth date unknown")


def person_detail(person: PersonLine, today: date) -> str:
    """Age, birth date and DNI in one line."""
    parts = (age_text(person.birth_date, today), born_text(person.birth_date), number_text(person.dni))
    return " · ".join(part for part in parts if part)


def vital_text(key: str, value: Decimal) -> str:
    """A reading without its unit."""
    vital = VITALS.get(key)
    return fmt_value(value, digits=vital.decimals if vital else None)


def unit_text(key: str) -> str:
    vital = VITALS.get(key)
    return UNITS.get(vital.unit, vital.unit) if vital else ""


def band(key: str) -> tuple[float, float] | None:
    """The adult reference band of a vital."""
    vital = VITALS.get(key)
    return (float(vital.band[0]), float(vital.band[1])) if vital and vital.band else None


def flag_of(key: str, value: Decimal) -> Flag | None:
    """High or low against the adult reference band, with a shape."""
    edges = band(key)
    if edges is None or edges[0] <= value <= edges[1]:
        return None
    return Flag(_("High"), "warn", "arrow-up") if value > edges[1] else Flag(_("Low"), "warn", "arrow-down")


def measured(readings: Mapping[str, Decimal]) -> tuple[Flag, ...]:
    """What was measured, short, out of band first marked by arrow and tone; a blood pressure is one value."""
    flags = []
    high, low = readings.get("systolic"), readings.get("diastolic")
    if high is not None and low is not None:
        flag = flag_of("systolic", high) or flag_of("diastolic", low)
        flags.append(
            _measure("blood_pressure", f"\u2066{round(high)}/{round(low)}\u2069", unit_text("systolic"), flag)
        )
    paired = ("systolic", "diastolic") if flags else ()
    for key, value in readings.items():
        if key not in paired:
            flags.append(_measure(key, vital_text(key, value), unit_text(key), flag_of(key, value)))
    return tuple(flags)


def _measure(key: str, text: str, unit: str, flag: Flag | None) -> Flag:
    name = named(SHORT_NAMES, key) if key in SHORT_NAMES else named(VITAL_NAMES, key)
    return Flag(f"{name} {text} {unit}", flag.tone if flag else "neutral", flag.icon if flag else "")


def waited(since: datetime, now: datetime) -> str:
    """Minutes in the waiting room."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return plural("%(n)d min", "%(n)d min", minutes)
    return _("%(h)d h %(m)02d min") % {"h": minutes // 60, "m": minutes % 60}


def sync_words(status: SyncStatus | None, now: datetime) -> Said:
    """How this computer stands with the centre: numbers, never adjectives."""
    if status is None:
        return Said("neutral", _("Not connected to a centre yet"))
    if status.refused or status.quarantined or status.withheld or status.clock_wrong or status.copied:
        return Said("danger", _needs_a_look(status))
    if status.catching_up:
        still = _("Older records are still arriving: charts may not be whole yet")
        return Said("warn", f"{still} · {_exchanged(status, now)}")
    if status.waiting:
        waits = plural(
            "%(n)d change waits to leave this computer",
            "%(n)d changes wait to leave this computer",
            status.waiting,
        )
        return Said("warn", " · ".join((waits, *_meanwhile(status), _exchanged(status, now))))
    if status.mending or status.mended:
        return Said("warn", f"{_mended(status)} · {_exchanged(status, now)}")
    if not status.acknowledged and status.online:
        return Said("ok", f"{_('Nothing written here waits')} · {_exchanged(status, now)}")
    if not status.online:
        gone = _("The centre cannot be reached")
        return Said("warn", " · ".join((gone, *_meanwhile(status), _exchanged(status, now))))
    at = fmt_time(status.last_exchange_at) if status.last_exchange_at else ""
    counted = plural(
        "All %(n)d change acknowledged by the centre",
        "All %(n)d changes acknowledged by the centre",
        status.acknowledged,
    )
    return Said("ok", f"{counted} · {at}" if at else counted)


def _meanwhile(status: SyncStatus) -> tuple[str, ...]:
    """By which way work goes on without the centre."""
    if status.online:
        return ()
    through = _("on this network through “%(name)s”") % {"name": status.through} if status.through else ""
    serving = others_here(status.beside) if status.beside is not None else ""
    return tuple(filter(None, (through, serving)))


def others_here(count: int) -> str:
    """How many use this computer's island."""
    return plural("%(n)d other computer on this network", "%(n)d other computers on this network", count)


def _exchanged(status: SyncStatus, now: datetime) -> str:
    if status.last_exchange_at is None:
        return _("no exchange yet")
    return _("last exchange %(ago)s") % {"ago": fmt_ago(status.last_exchange_at, now)}


def _mended(status: SyncStatus) -> str:
    if status.mending:
        return _("A colleague holds a chart otherwise: it is being fetched once more")
    return plural(
        "%(n)d record was damaged or missing on this computer and was fetched again: have its disk checked",
        "%(n)d records were damaged or missing on this computer and were fetched again: have its disk checked",
        status.mended,
    )


def _needs_a_look(status: SyncStatus) -> str:
    parts = []
    if status.copied:
        parts.append(
            _("A copy of this computer is in use. Tell your administrator: one of the two must be revoked")
        )
    if status.refused:
        parts.append(
            plural(
                "%(n)d change was refused by the centre",
                "%(n)d changes were refused by the centre",
                status.refused,
            )
        )
    if status.quarantined:
        parts.append(plural("%(n)d arrival is set aside", "%(n)d arrivals are set aside", status.quarantined))
    if status.withheld:
        parts.append(
            plural("%(n)d earlier arrival is missing", "%(n)d earlier arrivals are missing", status.withheld)
        )
    if status.clock_wrong:
        slow = _("This computer's clock is %(n)d min behind the centre's: check both")
        fast = _("This computer's clock is %(n)d min ahead of the centre's: check both")
        parts.append((slow if status.ahead_s > 0 else fast) % {"n": abs(status.ahead_s) // 60})
    return " · ".join(parts)


_ENDINGS = {
    "hung up": N_("The call has ended"),
    "declined": N_("The kiosk did not want to answer. You can ring again"),
    "busy": N_("The kiosk is in another call. Try again in a moment"),
    "no answer": N_("Nobody answered. You can ring again"),
    "cancelled": N_("You stopped ringing"),
    "lost": N_("The call could not come back. You can ring again"),
    "no media": N_("Picture and sound did not get through. You can ring again"),
}


def hold_words(ours: bool) -> Said:
    """A call that is on hold, by us or by the other side."""
    if ours:
        return Said("warn", _("On hold: nobody hears or sees the other. The other side is told"))
    return Said("warn", _("The other side has put the call on hold"))


def call_words(phase: str, reason: str, letters: bool, reachable: bool) -> Said:
    """The state of the call as a sentence. `letters`: messages to the kiosk travel; `reachable`: the kiosk is
    online.
    """
    match phase:
        case "calling":
            ring = (
                _("Ringing at the kiosk …")
                if letters
                else _("No network: it will ring as soon as the link is back")
            )
            return Said("info" if letters else "warn", ring)
        case "connecting":
            return Said("info", _("Answered. Connecting picture and sound …"))
        case "talking":
            return Said("ok", _("In call"))
        case "reconnecting":
            cut = _("The link is cut: the note goes on, the call comes back by itself")
            return Said("warn", _("Reconnecting picture and sound: the note goes on") if letters else cut)
        case "ended":
            return Said("neutral", _(_ENDINGS.get(reason, "The call has ended")))
    if not reachable:
        return Said("warn", _("The kiosk is not connected now. It will ring when it is back"))
    return Said("neutral", _("The kiosk is connected: one click rings"))
