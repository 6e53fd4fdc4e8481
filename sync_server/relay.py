# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's relay of calls (coturn): which one it is, the secret shared with it, and what opens it for ten minutes.

The name in a credential says which device it is for, under the secret: coturn counts allocations by it, and its log names no
device. It is the same in every call, so that asking for more credentials does not get a device more allocations.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b, sha1
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.protocol.relay import RelayPass

LIFE = timedelta(minutes=10)
SHORTEST_SECRET = 32
SECRET = "POSTA_RELAY_SECRET"  # the name of a variable of the environment
_URL = re.compile(
    r"(stun|turns?):(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?(\?transport=(udp|tcp))?"
)


@dataclass(frozen=True, slots=True)
class Relay:
    """`urls`: as they are handed out; `secret`: what coturn has as `static-auth-secret`."""

    urls: tuple[str, ...]
    secret: str = field(repr=False)

    def pass_for(self, device: DeviceId, now: datetime) -> RelayPass:
        """Good for LIFE by the clock of this machine, which coturn's must agree with."""
        username = f"{int((now + LIFE).timestamp())}:{self._name(device)}"
        return RelayPass(
            urls=self.urls,
            username=username,
            credential=credential(self.secret, username),
            seconds=int(LIFE.total_seconds()),
        )

    def _name(self, device: DeviceId) -> str:
        key = blake2b(self.secret.encode(), digest_size=32).digest()
        return blake2b(device.encode(), digest_size=10, key=key, person=b"posta relay").hexdigest()


def credential(secret: str, username: str) -> str:
    """base64(HMAC-SHA1(secret, username)), as coturn reckons it with `use-auth-secret`."""
    return b64encode(hmac.new(secret.encode(), username.encode(), sha1).digest()).decode()


def relay_at(urls: str, secret: str) -> Relay | None:
    """From URLs with spaces between them; None for ''. Raises Refusal."""
    found = tuple(urls.split())
    if not found:
        return None
    for url in found:
        if not _URL.fullmatch(url) or (url.startswith("turns:") and url.endswith("=udp")):
            raise Refusal(
                "{url} is no address of a relay. It looks like turn:relay.example:3478, or turns:relay.example:5349.",
                url=url,
            )
    if not any(url.startswith("turn") for url in found):
        raise Refusal("Of a relay's addresses one at least begins with turn: or turns:.")
    if len(secret) < SHORTEST_SECRET:
        raise Refusal(
            "The secret of the relay is missing or too short: {least} characters at least. 'posta server turn-config' makes one.",
            least=SHORTEST_SECRET,
        )
    return Relay(found, secret)


def read_secret(file: Path | None, environ: Mapping[str, str]) -> str:
    """What the environment says, or else the file; '' for neither. Raises Unavailable."""
    if environ.get(SECRET):
        return environ[SECRET].strip()
    if file is None:
        return ""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            "The relay's secret in {file} cannot be read. Check the path.", file=file
        ) from error
