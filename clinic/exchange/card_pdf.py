# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's card as a PDF of a card's size: the QR code, initials instead of the name, and words for whoever holds it."""

import io
from dataclasses import dataclass, field

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from clinic.exchange.paper import INK, LINE, MUTED, PRIMARY, draw_qr, fonts, wrapped

SIZE = (85.6 * mm, 53.98 * mm)
"""ISO/IEC 7810 ID-1, the size of a bank card."""
_QR, _EDGE, _TOP = 36 * mm, 5 * mm, 6.5 * mm


@dataclass(frozen=True, slots=True)
class PaperCard:
    """`initials`: of the name, as 'M. E. Q.'; the card names nobody whom a stranger could look up."""

    organization: str
    initials: str
    asks_pin: bool
    qr_text: str = field(repr=False)


_WORDS = {
    "es": {
        "title": "Tarjeta de paciente",
        "use": "Mostrá el cuadrado en el puesto de atención.",
        "pin": "Pide tu PIN: no lo escribas acá.",
        "keep": "Cuidala como una llave. ¿La perdiste? Avisá: deja de abrir y te dan otra.",
        "found": "¿La encontraste? Dejala en cualquier centro de salud. No dice de quién es.",
    },
    "en": {
        "title": "Patient card",
        "use": "Show the square at the kiosk.",
        "pin": "It asks for your PIN: do not write it here.",
        "keep": "Keep it like a key. Lost it? Tell us: it ends, and you get another one.",
        "found": "Found it? Hand it in at any health post. It does not say whose it is.",
    },
    "pt": {
        "title": "Cartão de paciente",
        "use": "Mostre o quadrado no totem de atendimento.",
        "pin": "Ele pede a sua senha numérica: não a escreva aqui.",
        "keep": "Guarde-o como uma chave. Perdeu? Avise: ele deixa de abrir e você recebe outro.",
        "found": "Achou? Entregue em qualquer posto de saúde. Ele não diz de quem é.",
    },
}


def card_pdf(card: PaperCard, language: str) -> bytes:
    """One page of SIZE; Spanish where the language has no words of its own."""
    fonts()
    words = _WORDS.get(language, _WORDS["es"])
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=SIZE, pageCompression=1)
    canvas.setTitle(words["title"])
    _draw(canvas, card, words)
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, card: PaperCard, words: dict[str, str]) -> None:
    left = SIZE[0] - _QR - _EDGE
    draw_qr(canvas, card.qr_text, left, SIZE[1] - _EDGE - _QR, _QR)
    room, y = left - _EDGE - 4 * mm, SIZE[1] - _TOP
    y = _text(canvas, card.organization, "Inter-Semibold", 6.5, PRIMARY, room, y)
    y = _text(canvas, words["title"], "Inter", 6.5, MUTED, room, y - 1 * mm)
    y = _text(canvas, card.initials, "Inter-Semibold", 15, INK, room, y - 4.5 * mm)
    y = _text(canvas, words["use"], "Inter-Semibold", 7, INK, room, y - 1 * mm)
    if card.asks_pin:
        _text(canvas, words["pin"], "Inter", 7, INK, room, y - 0.5 * mm)
    canvas.setStrokeColor(LINE)
    canvas.line(_EDGE, 11.5 * mm, SIZE[0] - _EDGE, 11.5 * mm)
    foot = _text(canvas, words["keep"], "Inter", 5.6, INK, SIZE[0] - 2 * _EDGE, 8.6 * mm)
    _text(canvas, words["found"], "Inter", 5.6, MUTED, SIZE[0] - 2 * _EDGE, foot - 0.2 * mm)


def _text(canvas: Canvas, text: str, font: str, size: float, colour: str, width: float, y: float) -> float:
    canvas.setFont(font, size)
    canvas.setFillColor(colour)
    for line in wrapped(text, font, size, width):
        canvas.drawString(_EDGE, y, line)
        y -= size * 1.25
    return y
