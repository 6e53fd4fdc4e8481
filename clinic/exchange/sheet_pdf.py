# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery sheet as a PDF: whose it is, what two of them can do, where to keep it, its words and its QR code."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clinic.exchange.paper import INK, LEFT, LINE, MUTED, PRIMARY, RIGHT, TOP, draw_qr, fonts, wrapped

_COLUMNS = 3
_QR_SIDE = 62 * mm


class SheetUse(StrEnum):
    """What two sheets of a set give back; the word in the names of their files."""

    PERSON = "person"
    """a person's way into her computer"""
    ROOT = "root"
    """the organisation's own: they name a new administrator"""
    BACKUP = "backup"
    """the key that backups are sealed to"""
    ESCROW = "escrow"
    """the key of a custodian's station"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`number` of `of`; `made_at` in UTC."""

    organization: str
    person: str
    device: str
    made_at: datetime
    mark: str
    number: int
    of: int
    words: tuple[str, ...] = field(repr=False)
    use: SheetUse = field(default=SheetUse.PERSON, kw_only=True)
    qr_text: str = field(repr=False)


_WORDS = {
    "es": {
        "title": "Hoja de recuperación {number} de {of}",
        "set": "Juego {mark} · hecho el {day}",
        "whose": "De {person}, en la computadora «{device}»",
        "can": "Dos de estas tres hojas juntas abren los registros de esa computadora y le ponen una clave nueva a {person}. "
        "Una sola no dice nada.",
        "keep": "Guardá las tres en tres lugares distintos, con tres personas distintas: una caja fuerte, un sobre cerrado en la "
        "dirección, otra sede. Nunca junto a la computadora, nunca en una foto.",
        "use": "Para usarlas: posta station recover. Se leen los códigos QR o se escriben las palabras en orden.",
        "old": "Cuando se hace un juego nuevo, éste ya no abre nada: destruilo.",
        "words": "Las palabras",
    },
    "en": {
        "title": "Recovery sheet {number} of {of}",
        "set": "Set {mark} · made on {day}",
        "whose": "Of {person}, on the computer “{device}”",
        "can": "Any two of these three sheets open the records of that computer and set a new password for {person}. One alone "
        "tells nothing.",
        "keep": "Keep the three in three places, with three people: a safe, a sealed envelope at the director's, another site. "
        "Never beside the computer, never in a photo.",
        "use": "To use them: posta station recover. Read the QR codes, or type the words in their order.",
        "old": "Once a new set is made, this one opens nothing any more: destroy it.",
        "words": "The words",
    },
    "pt": {
        "title": "Folha de recuperação {number} de {of}",
        "set": "Jogo {mark} · feito em {day}",
        "whose": "De {person}, no computador “{device}”",
        "can": "Duas quaisquer destas três folhas abrem os registros desse computador e definem uma nova senha para {person}. "
        "Uma só não diz nada.",
        "keep": "Guarde as três em três lugares, com três pessoas: um cofre, um envelope fechado com a direção, outra unidade. "
        "Nunca junto do computador, nunca numa foto.",
        "use": "Para usá-las: posta station recover. Leia os códigos QR ou digite as palavras em ordem.",
        "old": "Quando se faz um jogo novo, este não abre mais nada: destrua-o.",
        "words": "As palavras",
    },
}  # fmt: skip


_OF_THE_ROOT = {
    "es": {
        "whose": "De {organization}: para cuando no queda nadie que la administre",
        "can": "Dos de estas tres hojas juntas nombran a una nueva persona administradora. No abren ningún registro. Una sola no "
        "dice nada.",
        "use": "Para usarlas: posta station take-over, en una computadora nueva. Se leen los códigos o se escriben las palabras.",
        "old": "Cuando se usan, se hace un juego nuevo y éste ya no vale: destruilo.",
    },
    "en": {
        "whose": "Of {organization}: for when nobody is left who administers it",
        "can": "Any two of these three sheets name a new administrator. They open no records. One alone tells nothing.",
        "use": "To use them: posta station take-over, on a new computer. Read the QR codes, or type the words in their order.",
        "old": "When they are used, a new set is made and this one counts no more: destroy it.",
    },
    "pt": {
        "whose": "De {organization}: para quando não resta ninguém que a administre",
        "can": "Duas quaisquer destas três folhas nomeiam uma nova pessoa administradora. Não abrem nenhum registro. Uma só "
        "não diz nada.",
        "use": "Para usá-las: posta station take-over, num computador novo. Leia os códigos QR ou digite as palavras em ordem.",
        "old": "Quando são usadas, faz-se um jogo novo e este não vale mais: destrua-o.",
    },
}


_OF_BACKUPS = {
    "es": {
        "title": "Llave de los respaldos, hoja {number} de {of}",
        "whose": "De {organization}: la llave de sus copias de respaldo",
        "can": "Dos de estas tres hojas juntas abren las copias de respaldo, y con ellas todos los registros. Una sola no "
        "dice nada.",
        "use": "Para usarlas: posta station restore --sheet … --sheet …, o posta station backup-key para tener la llave "
        "en un archivo.",
        "old": "Mientras haya copias hechas con esta llave, estas hojas valen: no las destruyas antes que a las copias.",
    },
    "en": {
        "title": "Backup key, sheet {number} of {of}",
        "whose": "Of {organization}: the key of its backups",
        "can": "Any two of these three sheets open the backups, and with them every record. One alone tells nothing.",
        "use": "To use them: posta station restore --sheet … --sheet …, or posta station backup-key to have the key in a file.",
        "old": "As long as there are backups made with this key, these sheets count: do not destroy them before the backups.",
    },
    "pt": {
        "title": "Chave das cópias de segurança, folha {number} de {of}",
        "whose": "De {organization}: a chave das suas cópias de segurança",
        "can": "Duas quaisquer destas três folhas abrem as cópias de segurança, e com elas todos os registros. Uma só não "
        "diz nada.",
        "use": "Para usá-las: posta station restore --sheet … --sheet …, ou posta station backup-key para ter a chave num "
        "arquivo.",
        "old": "Enquanto houver cópias feitas com esta chave, estas folhas valem: não as destrua antes das cópias.",
    },
}  # fmt: skip
_OF_ESCROW = {
    "es": {
        "title": "Llave de custodia, hoja {number} de {of}",
        "whose": "De {organization}: de la estación de custodia «{device}»",
        "can": "Dos de estas tres hojas juntas le devuelven las llaves de los equipos a una estación de custodia nueva, y "
        "con ellas "
        "se leen todos los registros. Una sola no dice nada.",
        "use": "Para usarlas: posta station escrow-recover, en una estación de custodia nueva, antes de revocar la anterior.",
        "old": "Cuando la estación nueva tiene sus propias hojas y la anterior está revocada, destruí éstas.",
    },
    "en": {
        "title": "Custody key, sheet {number} of {of}",
        "whose": "Of {organization}: of the custodian's station “{device}”",
        "can": "Any two of these three sheets give the teams' keys back to a new custodian's station, and with them every record "
        "can be read. One alone tells nothing.",
        "use": "To use them: posta station escrow-recover, at a new custodian's station, before the old one is revoked.",
        "old": "Once the new station has sheets of its own and the old one is revoked, destroy these.",
    },
    "pt": {
        "title": "Chave de custódia, folha {number} de {of}",
        "whose": "De {organization}: da estação de custódia «{device}»",
        "can": "Duas quaisquer destas três folhas devolvem as chaves das equipes a uma nova estação de custódia, e com "
        "elas se leem "
        "todos os registros. Uma só não diz nada.",
        "use": "Para usá-las: posta station escrow-recover, numa nova estação de custódia, antes de revogar a anterior.",
        "old": "Quando a nova estação tiver as suas próprias folhas e a anterior estiver revogada, destrua estas.",
    },
}  # fmt: skip
_OF: dict[SheetUse, dict[str, dict[str, str]]] = {
    SheetUse.ROOT: _OF_THE_ROOT,
    SheetUse.BACKUP: _OF_BACKUPS,
    SheetUse.ESCROW: _OF_ESCROW,
}


def sheet_pdf(sheet: Sheet, language: str) -> bytes:
    """An A4 page; Spanish where the language has no words of its own."""
    fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    words = _WORDS.get(language, _WORDS["es"])
    own = _OF.get(sheet.use, {})
    said = _said(sheet, words | own.get(language, own.get("es", {})))
    canvas.setTitle(said["title"])
    _draw(canvas, sheet, said)
    canvas.save()
    return out.getvalue()


def _said(sheet: Sheet, words: dict[str, str]) -> dict[str, str]:
    values = {
        "number": sheet.number, "of": sheet.of, "mark": sheet.mark, "person": sheet.person, "organization": sheet.organization,
        "device": sheet.device,
        "day": sheet.made_at.strftime("%Y-%m-%d"),
    }  # fmt: skip
    return {key: text.format(**values) for key, text in words.items()}


def _draw(canvas: Canvas, sheet: Sheet, said: dict[str, str]) -> None:
    y = _text(canvas, sheet.organization, "Inter-Semibold", 10, PRIMARY, TOP, 22)
    y = _text(canvas, said["title"], "Inter-Semibold", 22, INK, y, 26)
    y = _text(canvas, said["whose"], "Inter-Semibold", 12, INK, y, 17)
    y = _text(canvas, said["set"], "Inter", 10, MUTED, y, 20)
    canvas.setStrokeColor(LINE)
    canvas.line(LEFT, y, RIGHT, y)
    y -= 22
    for key, font in (("can", "Inter-Semibold"), ("keep", "Inter"), ("use", "Inter"), ("old", "Inter")):
        y = _text(canvas, said[key], font, 10.5, INK, y, 15) - 6
    draw_qr(canvas, sheet.qr_text, LEFT, y - _QR_SIDE, _QR_SIDE)
    _list(canvas, sheet.words, said["words"], LEFT + _QR_SIDE + 12 * mm, y)


def _text(canvas: Canvas, text: str, font: str, size: float, colour: str, y: float, advance: float) -> float:
    canvas.setFont(font, size)
    canvas.setFillColor(colour)
    for line in wrapped(text, font, size, RIGHT - LEFT):
        canvas.drawString(LEFT, y, line)
        y -= advance
    return y


def _list(canvas: Canvas, words: tuple[str, ...], heading: str, x: float, y: float) -> None:
    """Numbered, down each column."""
    canvas.setFont("Inter-Semibold", 11)
    canvas.setFillColor(PRIMARY)
    canvas.drawString(x, y - 8, heading)
    rows, width = -(-len(words) // _COLUMNS), (RIGHT - x) / _COLUMNS
    for place, word in enumerate(words):
        column, row = divmod(place, rows)
        left, base = x + column * width, y - 28 - row * 15
        canvas.setFillColor(MUTED)
        canvas.setFont("Inter", 8)
        canvas.drawRightString(left + 12, base, str(place + 1))
        canvas.setFillColor(INK)
        canvas.setFont("Inter-Semibold", 10)
        canvas.drawString(left + 17, base, word)
