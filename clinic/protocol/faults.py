# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre may say when it says no: numbers. The sentences are ours, in the reader's language; text that a server wrote
reaches no screen, for whoever runs it could write anything ("call this number, your password is needed").
"""

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.protocol.sync import Fault, FaultNumber
from clinic.protocol.sync import Refused as Why

TRY_AGAIN = frozenset({FaultNumber.FULL, FaultNumber.BUG, FaultNumber.TOO_MANY, FaultNumber.STOPPING})
"""Faults that pass by themselves."""
CODES = {
    1: "This session is over. Connect again.",
    2: "This took too long. Connect again.",
    3: "The server does not know this device. Enrol it with an invitation.",
    4: "This device could not prove who it is.",
    5: "This device was revoked. Ask an administrator.",
    6: "Only a computer of the staff may do this.",
    7: "This session is another device's. Connect again.",
    8: "This invitation has been used. Ask for a new one.",
    9: "This invitation is another device's.",
    10: "This invitation is over, or was never made. Ask for a new one.",
    11: "This invitation is over. Ask for a new one.",
    12: "Only a custodian of the team may do this.",
    13: "This attachment has not arrived yet.",
    14: "This device may not read attachments.",
    15: "Another piece is wanted first.",
    16: "This attachment is longer than it said. Send it again.",
    17: "This attachment was damaged on its way. Send it again.",
    18: "This card was withdrawn.",
    19: "There is nothing for this card yet.",
    20: "Only kiosks and computers of the staff may do this.",
    21: "These are not the present recovery sheets of this organisation.",
    22: "Nobody ordered this, or the computer it names did not sign it.",
    23: "Only a kiosk takes a code.",
    24: "Too many codes were tried here. Wait a minute.",
    25: "There is no such code.",
    26: "Too many requests at once. Wait a moment.",
    27: "This device and the server speak different versions of Posta. Update the older one.",
    28: "The server made a mistake. It is in its log; try again later.",
    29: "The server cannot store anything now. What you have stays with you; try again later.",
    30: "This is no patient's scope.",
    31: "This letter is empty.",
    32: "This capsule is empty.",
    33: "This speaks of another card.",
    34: "This code brings nothing.",
    35: "This is no attachment's id.",
    36: "This name cannot be.",
    37: "This number cannot be.",
    38: "This cannot be done here.",
    39: "There is nothing here.",
    40: "This centre asks for the founding code that 'posta server init' printed.",
    41: "This is not the founding code of this centre. Compare it sign by sign.",
    42: "Only an administrator, or who works on that computer, may end its session.",
    43: "Between this computer and the centre stands something with another certificate. Tell whoever runs the server.",
    44: "The centre holds nothing of this patient. Look the person up once more.",
    45: "The server is being stopped. What you have stays with you; try again in a moment.",
    46: "This is not the key of these counts.",
    75: "This program is too old for old records that the centre keeps in short form. Update it; what it sent has arrived.",
    60: "The centre did not let this computer in: it is not admitted there, or could not prove who it is. "
    "Enrol it with an invitation, or ask an administrator.",
    61: "Only the computer that serves this network may do this.",
    62: "This is more than is taken at once.",
    80: "This centre has no relay for calls.",
    70: "Another request brings the same just now. Try again in a moment.",
}
"""A fault's code, for ever, and what it means. A server names one where it can; the number alone says less."""
NUMBERS = {
    FaultNumber.MALFORMED: "The centre could not read what was sent. Update this program, or call whoever keeps the server.",
    FaultNumber.NOT_LOGGED_IN: "The centre wants this computer to connect again. It does so by itself; try again in a moment.",
    FaultNumber.NOT_ALLOWED: "The centre does not allow this to this computer. Ask an administrator.",
    FaultNumber.NOT_FOUND: "The centre does not have this.",
    FaultNumber.TOO_LARGE: "This is more than the centre takes at once. Send less.",
    FaultNumber.TOO_MANY: "Too many requests at once. Wait a moment.",
    FaultNumber.VERSION: "This device and the server speak different versions of Posta. Update the older one.",
    FaultNumber.FULL: "The server cannot store anything now. What you have stays with you; try again later.",
    FaultNumber.CONFLICT: "The centre has something else in this place already. Try again.",
    FaultNumber.GONE: "This was withdrawn for ever.",
    FaultNumber.STOPPING: "The server is being stopped. What you have stays with you; try again in a moment.",
    FaultNumber.BUG: "The server made a mistake. It is in its log; try again later.",
}
"""What a number means where the code says nothing that is known here."""
RECORDS = {
    Why.MALFORMED: "The centre could not read this record.",
    Why.TOO_LARGE: "This record is larger than the centre takes.",
    Why.WRONG_SENDER: "The centre says that another computer sent this record.",
    Why.BAD_SIGNATURE: "The centre says that this record's signature does not hold.",
    Why.UNKNOWN_DEVICE: "The centre does not know this computer.",
    Why.REVOKED: "The centre says that this computer was revoked.",
    Why.NOT_ALLOWED: "The centre does not let this computer write there.",
    Why.CONFLICTING_NUMBER: "The centre has another record under this number.",
    Why.GAP: "The centre wants an earlier record first.",
}
"""Why a centre did not take a record."""
_CODE_OF = {sentence: code for code, sentence in CODES.items()}


def code_of(sentence: str) -> int:
    """What a server sends with one of these sentences; 0 for any other."""
    return _CODE_OF.get(sentence, 0)


def error_of(fault: Fault) -> PostaError:
    """What a person is told: our own sentence of the code, or of the number; for numbers that are not known, the number.

    Unavailable for what passes by itself, Refusal for the rest. The fault's own text is never used.
    """
    passes = fault.number in TRY_AGAIN
    if fault.code in CODES:
        return Unavailable(CODES[fault.code]) if passes else Refusal(CODES[fault.code])
    if fault.number in list(FaultNumber):
        number = FaultNumber(fault.number)
        return Unavailable(NUMBERS[number]) if passes else Refusal(NUMBERS[number])
    return Refusal(
        "The centre said no for a reason that this program does not know (number {number}). Update it, or call whoever keeps "
        "the server.",
        number=fault.number,
    )


def why_not_taken(why: int) -> str:
    """Our own sentence for a record that a centre did not take, to be kept beside it."""
    if why in list(Why):
        return Refusal(RECORDS[Why(why)]).sentence
    return Refusal("The centre did not take this record, for a reason this program does not know.").sentence
