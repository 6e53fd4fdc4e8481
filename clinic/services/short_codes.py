# SPDX-License-Identifier: GPL-3.0-or-later
"""An invitation under a short code: laid at the centre by an administrator, read there by the newcomer."""

from clinic.domain.clock import Clock
from clinic.domain.errors import Refusal
from clinic.keys.invites import read_invitation
from clinic.keys.refusals import Unreadable
from clinic.keys.rights import Action
from clinic.keys.short_codes import (
    open_invitation,
    read_short_code,
    seal_invitation,
)
from clinic.keys.typed_codes import is_short, new_short_code
from clinic.protocol.custody import Invitation
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.link import remote_of, with_remote
from clinic.services.pinning import lying
from clinic.transport.http import Remote
from clinic.transport.tls import believing, believing_nobody


@needs(Action.ADMIT)
def shorten(desk: Desk, text: str) -> str:
    """A code of 16 symbols that does what the text of this invitation does, and as long. Raises Refusal, Unavailable."""
    now = desk.clock.now()
    invitation, short = read_invitation(text, now), new_short_code(desk.random)
    code = read_short_code(short)
    sealed = seal_invitation(invitation, code, desk.random)
    seconds = max(1, int((invitation.expires_at - now).total_seconds()))

    async def lay(remote: Remote) -> None:
        await remote.open_mailbox(code.box, seconds)
        await remote.lay_invitation(code.box, sealed)

    with_remote(remote_of(desk), lay)
    return short


def invitation_of(code: str, server: str, clock: Clock, authority: bytes = b"") -> Invitation:
    """What a scanned text or a typed short code invites to. A short code needs the address of the centre it lies at.

    Raises WrongCode, Refusal (expired, nothing lies there, not genuine), Unavailable."""
    if not is_short(code):
        return read_invitation(code, clock.now())
    if not server.strip():
        raise Refusal("A short code needs the address of the centre. Type it too, or scan the long code.")
    short = read_short_code(code)
    tls = believing(authority) or believing_nobody()  # it is sealed, and its name opens nothing else
    sealed = with_remote(Remote(server.strip(), tls=tls), lambda remote: lying(remote, short.box))
    if sealed is None:
        raise Refusal(
            "Nothing lies under this code at that centre. Compare code and address, or ask for a new one."
        )
    try:
        return open_invitation(sealed, short, clock.now())
    except Unreadable as error:
        raise Refusal(
            "What lies under this code is not from your administrator. Ask for a new code."
        ) from error
