# SPDX-License-Identifier: GPL-3.0-or-later
"""The questionnaires of an organisation: its administrator brings in a version, retires one and puts it back; kiosks are told.

A kiosk reads no record of a team (decision 56). It is told by letter, by any desk that holds a newer word than it does, and
believes nothing but the administrator's own signature.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from clinic.domain.errors import Refusal
from clinic.domain.facts import Questionnaire
from clinic.domain.forms import check_asked
from clinic.domain.ids import PatientId
from clinic.domain.questionnaires import CLINICIAN, GENERAL, in_use, latest_word, strange
from clinic.exchange.fhir.questionnaires import read_questionnaire, write_questionnaire
from clinic.exchange.shipped_questionnaires import shipped
from clinic.keys.consents import sign_fact, verify_fact
from clinic.keys.refusals import Unreadable
from clinic.keys.rights import Action
from clinic.protocol.codec import decode, encode
from clinic.protocol.letters import HeldVersion
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.rows import Changes

MOST_LETTER = 40 * 1024
"""Bytes of one questionnaire: it goes to a kiosk in one letter."""
_NEXT = timedelta(milliseconds=1)
_HELD = "questionnaire "
"""Meta of a kiosk: the latest word on each version."""
_GONE = "This version is not here any more. Choose another one."


@needs(Action.LOOK_UP)
def known(desk: Desk) -> tuple[Questionnaire, ...]:
    """Every version, those that come with the program and those of the organisation: by url, the newest first."""
    return latest_word((*shipped(), *held(desk)))


@needs(Action.RUN)
def held(desk: Desk) -> tuple[Questionnaire, ...]:
    """What the organisation put out or retired, as far as this computer heard, and believes it."""
    if desk.kind == DeviceKind.KIOSK:
        found = desk.book.read(lambda page: page.metas(_HELD))
        return tuple(
            form for form in (decode(data, Questionnaire) for data in found.values()) if _believed(desk, form)
        )
    facts = desk.book.read(lambda page: page.all_facts(Questionnaire))
    return tuple(form for form in facts if form.url and _believed(desk, form))


@needs(Action.ADMIT)
def bring_in(desk: Desk, data: bytes) -> Questionnaire:
    """A newer version from a FHIR Questionnaire file. Refused with what to put right in it."""
    form = read_questionnaire(data)
    latest = max((one.version for one in known(desk) if one.url == form.url), default=0)
    if form.version <= latest:
        raise Refusal(
            "{name} has version {version} already. Give the new one a higher number.", name=form.name, version=latest
        )  # fmt: skip
    if form.status != "active":
        raise Refusal(
            "This questionnaire is {status}. Make it active in the file to bring it in.", status=form.status
        )
    if form.purpose != CLINICIAN and len(encode(form)) > MOST_LETTER:
        raise Refusal("This questionnaire is too long for a kiosk. Make two of it.")
    return _say(desk, form, "brought in")


@needs(Action.ADMIT)
def retire(desk: Desk, url: str, version: int) -> Questionnaire:
    """It is asked no more: the newest version that is left is, or none. Refused for the last general one."""
    form = _version(desk, url, version)
    if form.status == "retired":
        raise Refusal("This version is retired already.")
    left = [one for one in known(desk) if one.url == GENERAL and one.version != version]
    if url == GENERAL and GENERAL not in in_use(left)[0]:
        raise Refusal(
            "Every intake begins with the general questionnaire. Bring in a newer one before you retire this."
        )
    return _say(desk, replace(form, status="retired"), "retired")


@needs(Action.ADMIT)
def put_back(desk: Desk, url: str, version: int) -> Questionnaire:
    """Undo a retirement."""
    form = _version(desk, url, version)
    if form.status == "active":
        raise Refusal("This version is in use already.")
    return _say(desk, replace(form, status="active"), "put back")


@needs(Action.LOOK_UP)
def as_file(desk: Desk, url: str, version: int) -> bytes:
    """A version as a FHIR file, to be read elsewhere or changed and brought in again."""
    return write_questionnaire(_version(desk, url, version))


# kiosks


@needs(Action.RUN)
def versions_here(desk: Desk) -> tuple[HeldVersion, ...]:
    """What this computer heard of: what a kiosk says, so that a desk can tell it what it lacks."""
    return tuple(
        HeldVersion(url=form.url, version=form.version, published_at=form.published_at)
        for form in held(desk)
        if form.published_at is not None
    )


@needs(Action.RUN)
def newer_than(desk: Desk, there: Iterable[HeldVersion]) -> tuple[Questionnaire, ...]:
    """The words of this computer on what kiosks ask that whoever holds `there` has not heard."""
    heard = {(one.url, one.version): one.published_at for one in there}
    return tuple(
        form
        for form in latest_word(held(desk))
        if form.published_at is not None
        and form.purpose != CLINICIAN
        and ((before := heard.get((form.url, form.version))) is None or before < form.published_at)
    )


@needs(Action.RUN)
def hear(desk: Desk, form: Questionnaire) -> bool:
    """At a kiosk: keep the word of an administrator. True if it is news; Unreadable for anybody else's; Refused for one that
    nobody could be asked by."""
    if not _believed(desk, form):
        raise Unreadable("A questionnaire was not signed by an administrator of this organisation.")
    if not strange(form):  # what a newer program means is kept, and asked once this one is newer too
        check_asked(form)
    before = next((one for one in held(desk) if (one.url, one.version) == (form.url, form.version)), None)
    if before is not None and _at(before) >= _at(form):
        return False
    key = f"{_HELD}{form.url}|{form.version}"
    desk.book.keep(lambda page: page.put_meta(key, encode(form)), Changes(frozenset({"Questionnaire"})))
    return True


def _say(desk: Desk, form: Questionnaire, what: str) -> Questionnaire:
    """Said later than what it follows, whatever the clocks of its administrators showed: kiosks take the latest word."""
    now = desk.clock.now()
    at = max(now, form.published_at + _NEXT) if form.published_at else now
    said = replace(
        form,
        patient=PatientId(""),
        author=desk.someone.user,
        published_at=at,
        user_signature=b"",
    )
    signed = sign_fact(said, desk.user_keys)
    desk.write(signed)
    audit(desk, "questionnaire", PatientId(""), entity=f"{what}: {form.url}|{form.version}")
    return signed


def _version(desk: Desk, url: str, version: int) -> Questionnaire:
    found = next((one for one in known(desk) if (one.url, one.version) == (url, version)), None)
    if found is None:
        raise Refusal(_GONE)
    return found


def _believed(desk: Desk, form: Questionnaire) -> bool:
    if Role.ADMINISTRATOR not in desk.trust.roles_of(form.author):
        return False
    keys = (one.signing_key for one in desk.trust.users() if one.user == form.author)
    return any(verify_fact(form, key) for key in keys)


def _at(form: Questionnaire) -> float:
    return form.published_at.timestamp() if form.published_at else 0.0
