# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m clinic.showcase.verify`: checks every signature on a patient's chart with the keys this computer knows.

Prints one JSON line: of consents, notes and prescriptions how many carry a signature and how many hold.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.facts import Composition, Consent, MedicationRequest
from clinic.domain.ids import PatientId, UserId
from clinic.keys.consents import verify_fact
from clinic.keys.testimony import is_signed
from clinic.services.charts import chart
from clinic.services.consent_forms import form_of
from clinic.services.desks import Desk
from clinic.services.sitting import open_desk
from clinic.showcase.ending import told


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, 3 (refused) or 4 (unavailable) with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m clinic.showcase.verify", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--patient", required=True)
    chosen = parser.parse_args(arguments)

    def find() -> dict[str, dict[str, int]]:
        password = chosen.password_file.read_text(encoding="utf-8").strip()
        with closing(open_desk(chosen.home, password, SystemClock(), os.urandom)) as desk:
            return checked(desk, PatientId(chosen.patient))

    return told(find)


def checked(desk: Desk, patient: PatientId) -> dict[str, dict[str, int]]:
    """Kind -> how many are signed, and how many of these signatures hold."""
    seen = chart(desk, patient)
    notes = [_holds(desk, note, note.author) for note in seen.notes if note.user_signature]
    orders = [_holds(desk, order, order.requester) for order in seen.medication if order.user_signature]
    consents = [_consent_holds(desk, consent) for consent in seen.consents]
    found = {"consents": consents, "notes": notes, "prescriptions": orders}
    return {kind: {"signed": len(held), "valid": sum(held)} for kind, held in found.items()}


def _holds(desk: Desk, fact: Composition | MedicationRequest, author: UserId) -> bool:
    return any(verify_fact(fact, place.signing_key) for place in desk.trust.places_of(author))


def _consent_holds(desk: Desk, consent: Consent) -> bool:
    """Signed by the device and witness the trust log knows, over the hash of the text that lies in our files."""
    return is_signed(consent, desk.trust) and form_of(consent) is not None


if __name__ == "__main__":
    sys.exit(main())
