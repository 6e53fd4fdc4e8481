# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's own certificate authority comes with an invitation: laid at the centre by whoever invites, fetched there by the
newcomer before it believes anybody, and kept if it fits the mark in the invitation."""

from clinic.domain.errors import Refusal
from clinic.keys.invites import authority_box, is_named
from clinic.protocol.custody import Invitation
from clinic.protocol.sync import FaultNumber
from clinic.services.link import with_remote
from clinic.transport.http import RefusedByServer, Remote
from clinic.transport.tls import believing_nobody


async def lay_authority(remote: Remote, invitation: Invitation, authority: bytes) -> None:
    """For an invitation that names it; it lies there as long as an invitation can."""
    if invitation.authority:
        box = authority_box(invitation.secret)
        await remote.open_mailbox(box)
        await remote.lay_invitation(box, authority)


def authority_for(invitation: Invitation) -> bytes:
    """PEM text of the authority that the invitation names, b'' if it names none. Refused: somebody else's lies there, or
    none. Raises Unavailable."""
    if not invitation.authority:
        return b""
    remote = Remote(invitation.server, tls=believing_nobody())
    authority = with_remote(remote, lambda remote: lying(remote, authority_box(invitation.secret)))
    if authority is None or not is_named(invitation, authority):
        raise Refusal(
            "What answers at {url} is not the centre of your invitation: its certificate authority is another. Do not go on; "
            "tell the administrator.",
            url=invitation.server,
        )
    return authority


async def lying(remote: Remote, box: str) -> bytes | None:
    """What a colleague laid there for newcomers; None if nothing lies there."""
    try:
        return await remote.lying_invitation(box)
    except RefusedByServer as no:
        if no.number == FaultNumber.NOT_FOUND:
            return None
        raise
