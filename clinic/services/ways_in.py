# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into this computer's store: seen, changed, taken away, made stronger. Whoever changes one types her own
password again. Every change is durable in both copies of the slot file and stands in the audit."""

from dataclasses import dataclass, replace

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.keys.factors import CodeWrong, SecondFactor, check_code, new_totp, totp_typed, totp_uri
from clinic.keys.passwords import PasswordTooShort, check_password
from clinic.keys.rights import Action
from clinic.keys.slots import Opened, Slots, WayIn
from clinic.protocol.custody import SlotKind
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.door import change_slots, read_slots, unlock
from clinic.services.gate import needs
from clinic.services.knocking import tell_knocks
from clinic.transport.security_key import Enrolling

ACTION = "way in"
"""The action of audit entries here."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """What a phone needs to make codes; nothing is asked until `confirm_code`."""

    secret: bytes
    uri: str
    """The text of the QR code."""
    typed: str
    """The same for typing."""


def ways(desk: Desk) -> tuple[WayIn, ...]:
    """Every way into this computer's store."""
    return read_slots(desk.home).ways


def own(desk: Desk, password: str, factor: SecondFactor | None = None) -> Opened:
    """What the password of the person here opens. Raises WrongPassword (it counts as a try at the door),
    FactorMissing, TooSoon, Refusal for another person's password."""
    opened = unlock(desk.home, password, desk.clock, desk.random, desk.label, factor)
    if opened.user_id != desk.someone.user:
        raise Refusal("That is another person's password. Type your own.")
    tell_knocks(desk, opened.label)
    return opened


@needs(Action.SELF)
def change_password(desk: Desk, old: str, new: str, factor: SecondFactor | None = None) -> None:
    """A new password for the person here; second factors stay. Raises as `own`, PasswordTooShort."""
    opened = own(desk, old, factor)
    beside = bool(opened.totp or opened.credential)
    check_password(new, beside_factor=beside, names=names_around(desk))
    _seal(desk, opened, new, factor, "password changed")


@needs(Action.SELF)
def remove_way_in(
    desk: Desk, label: str, password: str, kind: SlotKind = SlotKind.PASSWORD,
    factor: SecondFactor | None = None,
) -> None:  # fmt: skip
    """Take a way in away, with a password also the sheets that would set a new one: nobody opens this store by it any
    more, unless somebody puts an old copy of the folder back (then: rekey). Raises as `own`; Refusal for the last one."""
    own(desk, password, factor)

    def fewer(slots: Slots) -> Slots:
        left = slots.without(label, desk.store_key, kind)
        sheets = any((way.kind, way.label) == (SlotKind.RECOVERY, label) for way in left.ways)
        return left.without(label, desk.store_key, SlotKind.RECOVERY) if sheets else left

    change_slots(desk.home, fewer)
    audit(desk, ACTION, PatientId(""), entity=f"removed: {label}")


@needs(Action.SELF)
def new_code(desk: Desk) -> NewCode:
    """A secret for the phone of the person here."""
    secret = new_totp(desk.random)
    uri = totp_uri(secret, desk.someone.name, f"Posta {desk.trust.organization().name}")
    return NewCode(secret, uri, totp_typed(secret))


@needs(Action.SELF)
def confirm_code(
    desk: Desk, password: str, code: NewCode, digits: str, factor: SecondFactor | None = None
) -> None:
    """From now on the six digits are asked too (L), once the phone has shown that it makes them. Raises CodeWrong."""
    check_code(code.secret, digits, desk.clock.now().timestamp(), 0)
    opened = replace(own(desk, password, factor), totp=code.secret)
    _seal(desk, opened, password, factor, "code added")


@needs(Action.SELF)
def remove_code(desk: Desk, password: str, factor: SecondFactor | None = None) -> None:
    """No digits any more. Raises PasswordTooShort where the password is too short alone."""
    opened = own(desk, password, factor)
    if not opened.totp:
        raise Refusal("No six digits are asked here.")
    _check_alone(desk, password, beside_factor=bool(opened.credential))
    _seal(desk, replace(opened, totp=b""), password, factor, "code removed")


@needs(Action.SELF)
def add_security_key(desk: Desk, password: str, key: Enrolling) -> None:
    """Mix a security key into the way in of the person here (C): without that key nothing opens it but the sheets.
    It is touched twice. Raises Refusal, Unavailable."""
    opened = own(desk, password, key)
    credential = key.enrol(desk.someone.name)
    _seal(desk, replace(opened, credential=credential), password, key, "security key added")


@needs(Action.SELF)
def remove_security_key(desk: Desk, password: str, key: SecondFactor) -> None:
    """The password alone again. Raises PasswordTooShort where it is too short alone."""
    opened = own(desk, password, key)
    if not opened.credential:
        raise Refusal("No security key is asked here.")
    _check_alone(desk, password, beside_factor=bool(opened.totp))
    _seal(desk, replace(opened, credential=b""), password, None, "security key removed")


def _check_alone(desk: Desk, password: str, *, beside_factor: bool) -> None:
    try:
        check_password(password, beside_factor=beside_factor, names=names_around(desk))
    except PasswordTooShort as weak:
        raise PasswordTooShort(
            "Your password is too short without it. Choose a longer password first, then take this away."
        ) from weak


def names_around(desk: Desk) -> tuple[str, ...]:
    """Names that no password is made of."""
    return desk.someone.name, desk.label, desk.trust.organization().name


def _seal(desk: Desk, opened: Opened, password: str, factor: SecondFactor | None, what: str) -> None:
    whole = replace(opened, worn=False)

    def sealed(slots: Slots) -> Slots:
        return slots.renewed(opened.label, password, whole, desk.random, factor)

    change_slots(desk.home, sealed)
    audit(desk, ACTION, PatientId(""), entity=f"{what}: {opened.label}")


__all__ = ["CodeWrong", "NewCode", "SlotKind", "WayIn"]
