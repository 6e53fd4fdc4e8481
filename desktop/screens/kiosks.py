# SPDX-License-Identifier: GPL-3.0-or-later
"""A band that says which kiosks need somebody, and what for; each kiosk takes it back itself when all is well again."""

from __future__ import annotations

from collections.abc import Iterable

from desktop.kit.surfaces import Notice
from desktop.kit.words import N_, _

TROUBLES = {
    "sync": N_("nothing reached the centre for hours"),
    "waiting": N_("the centre refused something"),
    "clock": N_("its clock is wrong"),
    "disk": N_("its disk is nearly full"),
    "battery": N_("its battery is nearly empty"),
    "camera": N_("its camera is gone"),
    "microphone": N_("its microphone is gone"),
    "speaker": N_("its loudspeaker is gone"),
    "printer": N_("its printer has no paper or does not answer"),
    "questions": N_(
        "it does not understand a newer questionnaire and asks the one before: update its program"
    ),
    "restarts": N_("its program crashed again and again"),
}


Bad = dict[str, tuple[str, tuple[str, ...]]]
"""Device -> the kiosk's name, what somebody has to see to."""


class KiosksBand(Notice):
    """Hidden while every kiosk that was heard is well."""

    def __init__(self, bad: Bad | None = None) -> None:
        super().__init__(name="today.kiosks")
        self.bad: Bad = dict(bad or {})
        self._tell()

    def hear(self, device: str, name: str, troubles: tuple[str, ...]) -> None:
        """How that kiosk stands now."""
        self.bad.pop(device, None)
        if troubles:
            self.bad[device] = name, troubles
        self._tell()

    def _tell(self) -> None:
        next_step = _("Somebody there opens the staff's page of the kiosk: it says what to do.")
        self.say("warn", told(self.bad.values()), next_step)


def told(kiosks: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """(name, troubles) as sentences; '' for none."""
    said = []
    for name, troubles in sorted(kiosks):
        words = [_(TROUBLES[one]) for one in troubles if one in TROUBLES]
        what = "; ".join(words) or _("something is wrong with it")
        said.append(_("%(kiosk)s needs somebody: %(what)s.") % {"kiosk": name, "what": what})
    return " ".join(said)
