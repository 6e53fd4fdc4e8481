# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder of a call in words and signs: for staff, for a patient, and for what stands in a chart afterwards.

Each rung has a word, an icon and a tone: none of the three is needed to read the other two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clinic.calls.blackbox import Found
from clinic.calls.quality import Ladder, Rung, Why
from desktop.kit.words import N_, _, fmt_number, plural


@dataclass(frozen=True, slots=True)
class Sign:
    """How a rung looks: a word, an icon, a tone of the theme's."""

    word: str
    icon: str
    tone: str

    @property
    def text(self) -> str:
        return _(self.word)


SIGNS = {
    Rung.VIDEO: Sign(N_("Picture and voice"), "video", "ok"),
    Rung.AUDIO: Sign(N_("Voice only"), "phone", "info"),
    Rung.STILLS: Sign(N_("Voice, and pictures one by one"), "camera", "warn"),
    Rung.NOTES: Sign(N_("Voice notes"), "mic", "warn"),
    Rung.TEXT: Sign(N_("Written messages"), "message", "danger"),
}
WHYS = {
    Why.BANDWIDTH: N_("the link is too narrow for more"),
    Why.LOSS: N_("too much is lost on the way"),
    Why.DELAY: N_("answers take too long"),
    Why.FROZEN: N_("the picture stood still"),
    Why.SILENCE: N_("nothing gets through"),
    Why.BETTER: N_("the link is better"),
    Why.BY_HAND: N_("chosen by hand"),
    Why.OTHER_SIDE: N_("the other side carries no more"),
}
PATIENT = {
    Rung.AUDIO: N_("%(name)s hears you. The picture comes back when the line is better."),
    Rung.STILLS: N_("%(name)s hears you. The line is thin: pictures come one by one."),
    Rung.NOTES: N_("The line does not carry a talk. Say it to %(name)s in a voice note."),
    Rung.TEXT: N_("The line carries nothing now. Say it in a voice note: it waits here and goes by itself."),
}
"""What a patient reads and hears; with a picture there is nothing to say."""
TROUBLES = {
    "no camera": N_("The other camera is off or not there."),
    "too slow": N_("The line was too slow for the picture. Ask again."),
    "damaged": N_("The picture came damaged. Ask again."),
    "by message": N_("The picture comes as a message, if the patient has agreed to a recording."),
    "no microphone": N_("No microphone was found. Plug one in, or write instead."),
    "no loudspeaker": N_("No loudspeaker was found. Plug one in, or use headphones."),
    "loudspeaker in use": N_("Another program uses the loudspeaker. Close it, then try again."),
    "empty": N_("Nothing was said. Touch the button, speak, and touch it again."),
    "lost": N_("The sound was lost. Say it again."),
}


def why_words(why: str) -> str:
    """The reason of a step; a reason of a newer program as it came."""
    known = next((one for one in Why if one == why), None)
    return _(WHYS[known]) if known is not None else why


def trouble_words(trouble: str) -> str:
    return _(TROUBLES[trouble]) if trouble in TROUBLES else _("This did not work. Try again.")


def now_words(ladder: Ladder) -> str:
    """What staff reads: the rung, why it is not more, what is tried."""
    sign = SIGNS[ladder.rung]
    if ladder.rung is Rung.VIDEO:
        return sign.text
    parts = [sign.text, why_words(ladder.limit)]
    if (tried := ladder.tries) is not None:
        parts.append(_("trying: %(rung)s") % {"rung": SIGNS[tried].text.lower()})
    return " · ".join(parts)


def step_words(before: str, after: str, why: str, who: str) -> str:
    """A step of the ladder as it stands in the record."""
    words = {"from": _rung(before), "to": _rung(after), "why": why_words(why)}
    if who:
        return _("%(from)s → %(to)s: chosen by %(who)s") % {**words, "who": who}
    return _("%(from)s → %(to)s: %(why)s") % words


def _rung(word: str) -> str:
    known = next((rung for rung in Rung if rung.word == word), None)
    return SIGNS[known].text if known is not None else word


def explained_words(found: Sequence[Found]) -> tuple[str, ...]:
    """The black box in plain words, one sentence for each thing that was found."""
    return tuple(sentence for one in found if (sentence := _found(one)))


def _found(found: Found) -> str:
    value = found.values
    match found.what:
        case "nothing":
            return _("No sound and no picture ever came through.")
        case "silent":
            return _("Nothing came through in %(time)s.") % {"time": span(value["seconds"])}
        case "all video":
            return _("Picture and voice all the time, %(time)s.") % {"time": span(value["seconds"])}
        case "mixed":
            return _("Of %(time)s, %(video)s with a picture, %(voice)s with voice alone, %(rest)s with neither.") % {
                "time": span(value["seconds"]), "video": span(value["video"]), "voice": span(value["voice"]),
                "rest": span(value["rest"]),
            }  # fmt: skip
        case "upload clinic":
            return _("The clinic's upload was the limit: %(kbps)s kbit/s, %(loss)s %% lost.") % _rate(found)
        case "upload patient":
            return _("The patient's upload was the limit: %(kbps)s kbit/s, %(loss)s %% lost.") % _rate(found)
        case "delay":
            return _("An answer took %(ms)s ms to come back.") % {"ms": fmt_number(value["ms"])}
        case "cuts":
            return _cuts(found)
        case "frozen":
            return _("The picture stood still for %(time)s.") % {"time": span(value["seconds"])}
    return ""


def relay_words(said: str) -> str:
    """What the black box says of the relay, in plain words; '' for nothing."""
    if said.startswith("relayed "):
        return _("Sound and picture went through the clinic's relay.")
    match said:
        case "refused":
            return _(
                "The clinic's relay refused this computer; without it only a direct way was left. Tell whoever keeps the server."
            )
        case "full":
            return _("The clinic's relay had no room; without it only a direct way was left.")
        case "unreachable":
            return _("The clinic's relay could not be reached; without it only a direct way was left.")
    return ""


def _rate(found: Found) -> dict[str, str]:
    return {"kbps": fmt_number(found.values["kbps"]), "loss": fmt_number(found.values["loss"])}


def _cuts(found: Found) -> str:
    n = int(found.values["n"])
    said = plural("The link was cut %(n)d time", "The link was cut %(n)d times", n)
    longest = _("the longest for %(time)s") % {"time": span(found.values["longest"])}
    return f"{said}, {longest}."


def span(seconds: float) -> str:
    """A length of time in minutes and seconds."""
    whole = round(seconds)
    if whole < 60:
        return _("%(s)d s") % {"s": whole}
    return _("%(m)d min %(s)d s") % {"m": whole // 60, "s": whole % 60}
