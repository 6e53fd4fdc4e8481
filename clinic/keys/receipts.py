# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipt of a wipe: signed by the computer that was wiped, checked by the centre and by administrators."""

from dataclasses import replace

from clinic.keys.identity import DeviceKeys, verify
from clinic.keys.roster import TrustLog
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.organisation import RECEIPT_CONTEXT, WipeReceipt


def sign_receipt(receipt: WipeReceipt, keys: DeviceKeys) -> WipeReceipt:
    """The receipt with the computer's signature."""
    return replace(receipt, signature=keys.sign(_signed(receipt)))


def is_good(receipt: WipeReceipt, log: TrustLog) -> bool:
    """True if the computer it names signed it, and an administrator had ordered that."""
    device = log.device(receipt.device)
    ordered = log.is_wiped(receipt.device) and receipt.position <= log.position
    return ordered and device is not None and verify(device.signing_key, _signed(receipt), receipt.signature)


def read_receipt(data: bytes, log: TrustLog) -> WipeReceipt | None:
    """A receipt that holds; None for anything else, the centre may hand out what it likes."""
    try:
        receipt = decode(data, WipeReceipt)
    except Malformed:
        return None
    return receipt if is_good(receipt, log) else None


def _signed(receipt: WipeReceipt) -> bytes:
    return RECEIPT_CONTEXT + encode(replace(receipt, signature=b""))
