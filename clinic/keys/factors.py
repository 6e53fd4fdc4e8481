# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked beside a password: a security key's secret (C), or a code of six digits from a phone (L).

The secret of a security key (FIDO2, hmac-secret) is mixed into the slot's key: without the key the slot does not open. A
code (TOTP, RFC 6238) is compared after the password has opened the slot: it stops who watched the typing, not who
has the disk and the password.
"""

from base64 import b32encode
from typing import TYPE_CHECKING, Protocol

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.keys.hashing import same, tag

if TYPE_CHECKING:
    import pyotp

SECRET_BYTES = 20
STEP_S, DIGITS, AROUND = 30, 6, 1
"""Seconds a code lives, its digits, and how many codes before and after are taken for clocks that differ."""
FACTOR_BYTES = 32


class SecondFactor(Protocol):
    """A security key that somebody touches."""

    def secret(self, credential: bytes, salt: bytes) -> bytes:
        """32 bytes, the same each time for that credential and salt. Raises Refusal, Unavailable."""
        ...


class CodeWrong(Refusal):
    """The six digits were not right, or were used before."""


class CodeMissing(CodeWrong):
    """The six digits have to be typed too."""


class FactorMissing(Refusal):
    """A security key has to be touched too."""


def mixed(stretched: bytes, secret: bytes) -> bytes:
    """The slot's key of password and security key; neither tells it alone."""
    if len(secret) != FACTOR_BYTES:
        raise Refusal("That security key gave something unexpected. Use the one this way in was made with.")
    return tag(stretched, secret, b"posta slot fido2")


def new_totp(random: Random) -> bytes:
    """20 random bytes, as RFC 4226 recommends."""
    return random(SECRET_BYTES)


def totp_uri(secret: bytes, name: str, issuer: str) -> str:
    """The text of the QR code that authenticator programs scan."""
    return _totp(secret).provisioning_uri(name=name, issuer_name=issuer)


def totp_typed(secret: bytes) -> str:
    """The same for typing: base32 in groups of four."""
    text = _base32(secret)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def check_code(secret: bytes, code: str, now_s: float, last_step: int) -> int:
    """The step a code belongs to, to be kept: it and those before count no more. Raises CodeMissing, CodeWrong."""
    typed = "".join(code.split())
    if not typed:
        raise CodeMissing("Type the six digits that your phone shows now.")
    if not (typed.isascii() and typed.isdigit()):
        raise CodeWrong("Those six digits are not right. Type what your phone shows now; check both clocks.")
    totp, today = _totp(secret), int(now_s) // STEP_S
    for step in range(today - AROUND, today + AROUND + 1):
        if same(typed.encode(), totp.generate_otp(step).encode()):
            if step <= last_step:
                raise CodeWrong("That code has been used. Wait for the next one on your phone.")
            return step
    raise CodeWrong("Those six digits are not right. Type what your phone shows now; check both clocks.")


def _totp(secret: bytes) -> "pyotp.TOTP":
    import pyotp  # most people are asked no code

    return pyotp.TOTP(_base32(secret), digits=DIGITS, interval=STEP_S)


def _base32(secret: bytes) -> str:
    return b32encode(secret).decode().rstrip("=")
