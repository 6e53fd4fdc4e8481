# SPDX-License-Identifier: GPL-3.0-or-later
"""A station that exchanges with the centre obeys a wipe that an administrator ordered for its computer."""

import json

from clinic.domain.errors import Refusal
from clinic.protocol.organisation import WipeReceipt
from clinic.services.desks import Desk
from clinic.services.wiping import is_ordered, wipe


def obey(desk: Desk) -> None:
    """Nothing, unless a wipe is ordered: then the receipt is printed, and the verb ends with a Refusal. No exchange of
    another thread may go on meanwhile. Raises Unavailable for the disk."""
    if is_ordered(desk):
        print_receipt(wipe(desk))
        raise Refusal("An administrator ordered this computer to be wiped: it holds nothing any more.")


def print_receipt(receipt: WipeReceipt) -> None:
    """As a line of JSON: the computer, and how many envelopes could not be handed in."""
    print(json.dumps({"wiped": receipt.device, "lost": receipt.waiting}), flush=True)
