# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's cards: giving one, which she has and when she last used it, ending one that was lost."""

from dataclasses import dataclass, replace
from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import Patient, PatientCard, VerificationResult
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import DNI
from clinic.keys.cards import card_text, check_new_pin, new_card, read_card
from clinic.keys.rights import Action
from clinic.keys.withdrawals import withdraw
from clinic.services.audits import audit
from clinic.services.capsules import send_capsule
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.withdrawing import lay_out
from clinic.store.page import Page
from clinic.store.writing import WritePage

WHYS = ("lost", "stolen", "damaged", "replaced", "other")
"""Reasons for ending a card, as they are kept."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """One card as a line of a list. Names are '' where nobody is named; `used_at`: the last visit it opened."""

    card: FactId
    issued_at: datetime
    issued_by: str
    asks_pin: bool
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    revoked_why: str
    works: bool


@needs(Action.REGISTER)
def cards_of(desk: Desk, patient: PatientId) -> tuple[CardLine, ...]:
    """Every card of a chart, those that work first, the newest first."""

    def look(page: Page) -> tuple[CardLine, ...]:
        who = page.linked_to(patient) or patient
        used = {one.card: one.at for one in page.facts(VerificationResult, who) if one.card}  # oldest first
        lines = [_line(desk, card, used.get(card.lookup)) for card in page.facts(PatientCard, who)]
        return tuple(sorted(lines, key=lambda line: (not line.works, -line.issued_at.timestamp())))

    return desk.book.read(look)


@needs(Action.REGISTER)
def issue(desk: Desk, patient: PatientId, pin: str = "") -> str:
    """The text of a new card's QR, which is kept nowhere; the capsule goes out sealed to it.

    Raises Refusal for a PIN somebody would try first."""
    if pin:
        check_new_pin(pin, desk.book.read(lambda page: _digits_of(page, patient)))
    card = new_card(desk.random, pin)
    issued = PatientCard(
        id=FactId(desk.new_id()), patient=patient, lookup=card.lookup, public_key=card.public_key,
        issued_at=desk.clock.now(), asks_pin=card.asks_pin, issued_by=desk.someone.user,
    )  # fmt: skip
    audit(desk, "card", patient, entity="issued")
    desk.write(issued, window=patient)
    send_capsule(desk, patient)
    return card_text(card.secret, card.asks_pin)


@needs(Action.REGISTER)
def revoke(desk: Desk, card: FactId, why: str, window: PatientId) -> Written:
    """End a card: it opens nothing at any kiosk that has heard of it, and gets nothing any more from here. It is not
    undone: give a new card. Refused for one that is ended already."""
    if why not in WHYS:
        raise Refusal("Say why this card ends: lost, stolen, damaged, replaced or other.")

    desk.book.read(lambda page: _working(page, card))

    def end(page: WritePage) -> tuple[PatientCard]:
        found, now = _working(page, card), desk.clock.now()
        lay_out(page, withdraw(found.lookup, desk.device, desk.device_keys, now))
        return (replace(found, revoked=True, revoked_at=now, revoked_by=desk.someone.user, revoked_why=why),)

    audit(desk, "card", window, entity=f"ended: {why}")
    return desk.write_within(end, window)


@needs(Action.REGISTER)
def paper(desk: Desk, patient: PatientId, text: str, language: str) -> bytes:
    """A card just made as a PDF of a card's size. It names nobody: initials only."""
    from clinic.exchange.card_pdf import PaperCard, card_pdf

    fact = desk.book.read(lambda page: page.fact(Patient, page.linked_to(patient) or patient))
    words = (*fact.name.given, *fact.name.family.split()) if fact else ()
    initials = " ".join(f"{word[0].upper()}." for word in words if word)
    audit(desk, "print", patient, entity="card")
    card = PaperCard(desk.trust.organization().name, initials, read_card(text).asks_pin, text)
    return card_pdf(card, language)


def _working(page: Page, card: FactId) -> PatientCard:
    found = page.fact(PatientCard, card)
    if found is None:
        raise Refusal("This card is not on this computer. Wait for the next exchange.")
    if found.revoked:
        raise Refusal("This card has been ended already.")
    return found


def _line(desk: Desk, card: PatientCard, used_at: datetime | None) -> CardLine:
    name = desk.trust.name_of
    return CardLine(
        FactId(card.id), card.issued_at, name(card.issued_by) if card.issued_by else "", card.asks_pin, used_at,
        card.revoked_at, name(card.revoked_by) if card.revoked_by else "", card.revoked_why, not card.revoked,
    )  # fmt: skip


def _digits_of(page: Page, patient: PatientId) -> tuple[str, ...]:
    """What others know of her and would try first: the id number, the birth date in its usual orders."""
    fact = page.fact(Patient, page.linked_to(patient) or patient)
    if fact is None:
        return ()
    numbers = tuple(one.value for one in fact.identifiers if one.system == DNI)
    born = fact.birth_date
    return (*numbers, f"{born:%d%m%Y}", f"{born:%d%m%y}", f"{born:%Y%m%d}") if born else numbers
