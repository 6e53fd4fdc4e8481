# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client of a sync server. Network faults become Unavailable, Faults become a Refusal or
Unavailable.

Environment proxies are never used: a clinic's traffic goes where the clinic said.
"""

import asyncio
import hashlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import anyio
import httpx

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.domain.record import Record
from clinic.keys.sessions import (
    BOUND,
    ROOT_BOUND,
    certificate_mark,
    old_proof,
    old_root_proof,
    root_proof,
    session_proof,
)
from clinic.protocol.blocks import SEQUENCE, block
from clinic.protocol.capsule import Withdrawal, Withdrawals
from clinic.protocol.carried import CarriedIn, CarriedTaken
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.faults import TRY_AGAIN, error_of
from clinic.protocol.glass import ScopePart, ScopePull
from clinic.protocol.island import Laid, LaidPull
from clinic.protocol.organisation import ComputerSeen, ComputersSeen, WipeReceipt
from clinic.protocol.recent import RecentPart, RecentPull
from clinic.protocol.relay import RelayPass
from clinic.protocol.squeezed import ENCODING, squeezed, unsqueezed
from clinic.protocol.sync import (
    CONTENT_TYPE,
    FOUNDING,
    Challenge,
    Fault,
    FaultNumber,
    JoinAnswer,
    JoinRequest,
    MoreEnvelopes,
    Session,
    SessionRequest,
    SyncRequest,
    SyncResponse,
    TrustPart,
)
from clinic.sync.window import Window

logging.getLogger("httpx").setLevel(
    logging.WARNING
)  # it would log every address, and with them whose card was shown
T = TypeVar("T", bound=Record)
Sign = Callable[[bytes], bytes]
Following = Callable[[], AsyncIterator[tuple[bytes, ...]]]
Body = bytes | AsyncIterator[bytes]
NOBODY = DeviceId("")
CONNECT_S, IDLE_S = 2.0, 10.0
ALLOWED_S, SLOWEST = 60.0, 256.0
"""A request and its answer get so many seconds, and one more for each 256 bytes that travel: what trickles is cut off."""
WRITTEN_AT_ONCE = 8 * 1024
"""Bytes of a body that are handed to the socket together: each gets IDLE_S, so a thin link is not a dead one."""
IN_THE_SOCKET = 32 * 1024
"""Bytes asked of the system to hold unsent: letters do not queue behind a large body, and a piece that is taken says
that one before it has arrived."""
MOMENTS_S = (0.5, 1.0, 2.0)
"""Waited, one after the other, while a centre says that too much is asked of it at once without a session: behind one
address stands a whole clinic, and after a power cut all of it knocks together."""
TRIED = 12_000
"""Bytes: less than ten packets, which a connection sends without waiting (RFC 6928)."""
_FILLING = "".join(hashlib.blake2b(bytes([n]), digest_size=50).hexdigest() for n in range(60))
"""6000 letters that no line on the way packs much smaller."""
MAX_ANSWER = 48 * 1024 * 1024
"""Bytes of one answer that are taken: more than any attachment, less than would fill the memory."""
MAX_STATEMENTS = 100_000
_PLAIN = {"content-type": CONTENT_TYPE, "accept-encoding": "identity"}
"""What every request says but an exchange, which says only what somebody reads."""
_SILENT = "The server at {url} cannot be reached. Work goes on here; it is sent when the connection is back."
_UNBELIEVED = (
    "The server at {url} cannot be reached safely: this computer does not believe its certificate. Tell whoever keeps "
    "your server."
)
_STRANGE = "What answers at {url} is not a Posta server. Check the address."
_BROKEN = (
    httpx.TransportError,
    httpx.StreamError,
    anyio.ClosedResourceError,
    anyio.BrokenResourceError,
    OSError,
)


class NotReached(Unavailable):
    """No connection was made: nothing of the request can have arrived."""


def _shown(response: httpx.Response) -> bytes:
    """`certificate_mark` of the other side's certificate; b'' without TLS."""
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    return certificate_mark(der) if der else b""


def _is_unbelieved(error: BaseException | None) -> bool:
    """True if a certificate was shown and not believed, however deep the libraries have wrapped that."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _longer(under_way: asyncio.Timeout, seconds: float) -> None:
    """More came, so more time; not for what is being dropped."""
    ends = under_way.when()
    if ends is not None and ends > asyncio.get_running_loop().time():
        under_way.reschedule(ends + seconds)


class RefusedByServer(Refusal):
    """The server said no; `number` says which no, the sentence is ours."""

    def __init__(self, fault: Fault, headers: httpx.Headers) -> None:
        said = error_of(fault)
        super().__init__(said.sentence, **said.values)
        self.number = fault.number
        self.headers = headers


class Remote:
    """One sync server as one device sees it. All coroutines run on the net loop."""

    def __init__(
        self,
        url: str,
        device: DeviceId = NOBODY,
        sign: Sign | None = None,
        tls: ssl.SSLContext | None = None,
        heard: Callable[[], None] = lambda: None,
        fingerprint: bytes = b"",
    ) -> None:
        """`sign` signs with the device key; without it only enrolment works. `heard` is called whenever
        bytes arrive. `fingerprint`: of the organisation whose centre this must be, as pinned when the device joined."""
        self.url = url.rstrip("/")
        self._device, self._sign, self._tls, self._heard = device, sign, tls, heard
        self._fingerprint, self._certificate = fingerprint, b""
        self._token, self._squeezes, self.streams, self.sums = "", False, False, False
        self._client: httpx.AsyncClient | None = None
        self._window = Window()
        self._under_way: set[asyncio.Timeout] = set()

    # the connection

    def on_heard(self, heard: Callable[[], None]) -> None:
        """Calls `heard` whenever bytes arrive from now on (`Doorbell.heard`: a busy link is a live link)."""
        self._heard = heard

    async def renew(self) -> None:
        """Drops every connection, so that the next request does not wait for a dead one; what is under way
        fails."""
        client, self._client = self._client, None
        for request in self._under_way:
            if not request.expired():
                request.reschedule(0.0)
        if client is not None:
            with suppress(*_BROKEN):
                await client.aclose()

    async def close(self) -> None:
        """The same, for good."""
        await self.renew()

    def _open_client(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self.url,
                trust_env=False,
                transport=httpx.AsyncHTTPTransport(
                    verify=self._tls if self._tls is not None else True,
                    trust_env=False,
                    socket_options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_THE_SOCKET)],
                ),
                timeout=httpx.Timeout(IDLE_S, connect=CONNECT_S),
            )
            self._client.headers.clear()  # nobody reads what httpx says of itself, and each exchange would carry it
        return self._client

    async def tried(self) -> tuple[float, float]:
        """(seconds of a round trip, kbit/s of the way up), from five small requests, two of them with TRIED bytes in their
        heads: what fits what a connection sends at once. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        filled = {f"x-posta-fill-{n}": _FILLING for n in range(TRIED // len(_FILLING))}
        took: dict[bool, float] = {}
        for full in (False, False, False, True, True):
            began = loop.time()
            await self._bare("GET", "/healthz", headers=filled if full else {})
            seconds = loop.time() - began
            took[full] = min(took.get(full, seconds), seconds)
        return took[False], TRIED * 8 / 1000 / max(0.001, took[True] - took[False])

    # sessions

    async def challenge(self, code: str = "") -> Challenge:
        """A nonce to sign, and whose server it is: `organization` '' means nobody's yet. A founding `code` is compared;
        RefusedByServer for a wrong one."""
        headers = {FOUNDING: code} if code else {}
        return self._as(Challenge, await self._bare("GET", "/v1/challenge", headers=headers))

    async def token(self, fresh: bool = False) -> str:
        """A session's token, a new one if asked. Raises Unavailable, or RefusedByServer for a device it does
        not know."""
        if fresh or not self._token:
            session = await self._session()
            self._token, self._squeezes = session.token, session.squeezes
            self.streams, self.sums = session.streams and session.squeezes, session.sums
        return self._token

    async def _session(self) -> Session:
        if self._sign is None:
            raise Refusal("This computer is not enrolled yet. Enrol it with an invitation.")
        told = await self.challenge()
        if told.proofs < BOUND:
            proof = old_proof(told.nonce)
        else:
            proof = session_proof(self._fingerprint, told.server, self._certificate, told.nonce)
        asked = SessionRequest(
            device=self._device, nonce=told.nonce, signature=self._sign(proof), certificate=self._certificate
        )
        return self._as(Session, await self._bare("POST", "/v1/session", encode(asked)))

    # the exchange and the trust log

    async def sync(self, request: SyncRequest, following: Following | None = None) -> SyncResponse:
        """One exchange; both bodies squeezed where the server knows how. `following` gives the next envelopes while the link
        takes them, for a server that `streams`; what it gave counts as sent whatever comes of it."""
        await self.token()
        body = squeezed(encode(replace(request, squeezes=True))) if self._squeezes else encode(request)
        if following is not None and self.streams:
            answer = await self._streamed_out(body, following)
        else:
            answer = await self._with_session("POST", "/v1/sync", body, {})
        try:
            response = self._as(SyncResponse, unsqueezed(answer.content, MAX_ANSWER))
        except Malformed as error:
            raise Unavailable(_STRANGE, url=self.url) from error
        if not request.protocol_min <= response.protocol <= request.protocol_max:
            raise RefusedByServer(Fault(number=FaultNumber.VERSION, sentence=""), httpx.Headers())
        return response

    async def _streamed_out(self, first: bytes, following: Following) -> httpx.Response:
        """In blocks. If the server has forgotten the session, the first block alone is said again."""

        async def blocks() -> AsyncIterator[bytes]:
            yield block(first)
            async for envelopes in following():
                yield block(squeezed(encode(MoreEnvelopes(envelopes=envelopes))))

        said = {"content-type": SEQUENCE, "authorization": f"Bearer {self._token}"}
        response = await self._send("POST", "/v1/sync", blocks(), said)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = await self._signed_in("POST", "/v1/sync", first, {}, fresh=True)
        return self._checked(response)

    async def recent(self, pull: RecentPull) -> RecentPart:
        """What a new computer needs first. RefusedByServer (NOT_FOUND) by a server that does not know how."""
        await self.token()
        headers = {"accept-encoding": ENCODING} if self._squeezes else {}
        answer = await self._known("POST", "/v1/recent", encode(pull), headers)
        try:
            return self._as(RecentPart, unsqueezed(answer, MAX_ANSWER))
        except Malformed as error:
            raise Unavailable(_STRANGE, url=self.url) from error

    async def found(self, statements: tuple[bytes, ...], code: str = "") -> None:
        """Founds the organisation on a server that has none, by handing in the first statements. `code`: what the server
        asks of whoever founds, if it asks."""
        headers = {FOUNDING: code} if code else {}
        body = encode(TrustPart(first=0, statements=statements))
        try:
            await self._bare("POST", "/v1/trust", body, headers)
        except RefusedByServer as refused:
            if refused.number == FaultNumber.NOT_LOGGED_IN:
                raise Refusal(
                    "This server serves an organisation already. Join it with an invitation code."
                ) from refused
            raise

    async def trust_from(self, first: int, mailbox: str = "") -> tuple[bytes, ...]:
        """All statements from position `first` on; a newcomer names the mailbox of its invitation."""
        found: list[bytes] = []
        while True:
            path = f"/v1/trust?from={first + len(found)}"
            if mailbox:
                body = await self._bare("GET", path, headers={"posta-mailbox": mailbox})
            else:
                body = await self._known("GET", path)
            part = self._as(TrustPart, body).statements
            found += part
            if not part:
                return tuple(found)
            if len(found) > MAX_STATEMENTS:
                raise Unavailable(_STRANGE, url=self.url)

    # the mailbox of enrolment

    async def open_mailbox(self, box: str, seconds: int = 24 * 3600) -> None:
        """Staff: an invitation is out; at most 24 hours."""
        await self._known("PUT", f"/v1/mailbox/{box}?seconds={seconds}")

    async def ask_to_join(self, box: str, request: JoinRequest) -> None:
        """Newcomer: lays in the request. Saying the same again is fine."""
        await self._bare("POST", f"/v1/mailbox/{box}", encode(request))

    async def join_request(self, box: str) -> JoinRequest | None:
        """Staff: what the newcomer laid in, None while there is nothing."""
        body = await self._known("GET", f"/v1/mailbox/{box}")
        return self._as(JoinRequest, body) if body else None

    async def answer_join(self, box: str, answer: JoinAnswer) -> None:
        """Staff: yes or no."""
        await self._known("POST", f"/v1/mailbox/{box}", encode(answer))

    async def join_answer(self, box: str) -> JoinAnswer | None:
        """Newcomer: the answer, None while there is none."""
        body = await self._bare("GET", f"/v1/mailbox/{box}")
        return self._as(JoinAnswer, body) if body else None

    async def lay_invitation(self, box: str, sealed: bytes) -> None:
        """Staff: an invitation under a short code, for whoever knows it."""
        await self._known("POST", f"/v1/mailbox/{box}", sealed)

    async def lying_invitation(self, box: str) -> bytes | None:
        """Newcomer: what lies under a short code, sealed."""
        return await self._bare("GET", f"/v1/mailbox/{box}") or None

    async def carry(self, envelopes: tuple[bytes, ...]) -> CarriedTaken:
        """Staff: brings what others signed, as it stands. What is not taken waits for its author."""
        body = encode(CarriedIn(envelopes=envelopes))
        return self._as(CarriedTaken, await self._known("POST", "/v1/carried", body))

    async def laid(self, pull: LaidPull) -> tuple[bytes, ...]:
        """What others laid down on the island of this computer and the centre may lack."""
        return self._as(Laid, await self._known("POST", "/v1/laid", encode(pull))).envelopes

    # one patient's scope

    async def scope_part(self, pull: ScopePull) -> ScopePart:
        """Sealed records of one scope, by a custodian's permit; for a custodian, the grants of its keys."""
        return self._as(ScopePart, await self._known("POST", "/v1/scope", encode(pull)))

    # computers

    async def computers(self) -> tuple[ComputerSeen, ...]:
        """Staff: what the centre knows of every computer."""
        return self._as(ComputersSeen, await self._known("GET", "/v1/computers")).computers

    async def end_session(self, device: DeviceId) -> None:
        """Staff: that computer hangs up and must prove its key anew."""
        await self._known("DELETE", f"/v1/sessions/{device}")

    async def bring_receipt(self, receipt: WipeReceipt) -> None:
        """The last word of a computer that was wiped."""
        await self._bare("POST", "/v1/receipts", encode(receipt))

    # the root, from recovery sheets

    async def trust_by_root(self, sign: Sign) -> tuple[bytes, ...]:
        """The whole log, for whoever holds the root key."""
        found: list[bytes] = []
        while len(found) <= MAX_STATEMENTS:
            path, headers = f"/v1/trust?from={len(found)}", await self._root_header(sign)
            part = self._as(TrustPart, await self._bare("GET", path, headers=headers)).statements
            found += part
            if not part:
                return tuple(found)
        raise Unavailable(_STRANGE, url=self.url)

    async def add_by_root(self, sign: Sign, first: int, statements: tuple[bytes, ...]) -> None:
        """Statements of a recovery; `sign` is still the old root's."""
        body = encode(TrustPart(first=first, statements=statements))
        await self._bare("POST", "/v1/trust", body, await self._root_header(sign))

    async def _root_header(self, sign: Sign) -> dict[str, str]:
        told = await self.challenge()
        if told.proofs < ROOT_BOUND:
            return {"posta-root": f"{told.nonce.hex()}.{sign(old_root_proof(told.nonce)).hex()}"}
        proof = root_proof(told.organization, told.server, self._certificate, told.nonce)
        return {"posta-root": f"{told.nonce.hex()}.{sign(proof).hex()}.{self._certificate.hex()}"}

    # capsules and attachments

    async def put_capsule(self, lookup: str, sealed: bytes) -> None:
        """Staff: what a patient's card may open."""
        await self._known("PUT", f"/v1/capsules/{lookup}", sealed)

    async def capsule(self, lookup: str) -> bytes | None:
        """The sealed capsule, None if there is none."""
        return await self._if_there(f"/v1/capsules/{lookup}")

    async def withdraw_card(self, said: Withdrawal) -> None:
        """Staff: a card opens nothing any more."""
        await self._known("PUT", f"/v1/capsules/{said.lookup}/withdrawal", encode(said))

    async def withdrawals(self, after: int) -> Withdrawals:
        """The cards that were withdrawn since number `after`."""
        return self._as(Withdrawals, await self._known("GET", f"/v1/withdrawals?after={after}"))

    async def put_code(self, lookup: str, parcel: bytes, seconds: int) -> None:
        """Staff: a one-time code is out, for that long."""
        await self._known("PUT", f"/v1/codes/{lookup}?seconds={seconds}", parcel)

    async def take_code(self, lookup: str) -> bytes | None:
        """A kiosk: what the code brings, and nobody after it; None for a wrong one."""
        try:
            return await self._known("POST", f"/v1/codes/{lookup}")
        except RefusedByServer as no:
            if no.number == FaultNumber.NOT_FOUND:
                return None
            raise

    async def relay_pass(self) -> RelayPass | None:
        """Leave to open the clinic's relay of calls; None from a centre that has none, or is too old to know of any."""
        try:
            return self._as(RelayPass, await self._known("POST", "/v1/relay"))
        except RefusedByServer as no:
            if no.number == FaultNumber.NOT_FOUND:
                return None
            raise

    async def put_attachment(
        self, attachment: str, sealed: bytes, told: Callable[[int], None] = lambda have: None
    ) -> None:
        """Sends what the server lacks, piece by piece, each as large as the link carries in a second or two; after a cut call it
        again. `told` hears how many bytes are there."""
        have, clock = await self._have(attachment), asyncio.get_running_loop().time
        while have < len(sealed):
            piece, began = sealed[have : have + self._window.size], clock()
            path = f"/v1/attachments/{attachment}?offset={have}&total={len(sealed)}"
            await self._known("PUT", path, piece)
            now = clock()
            self._window = self._window.had(now - began, len(piece), now)
            have += len(piece)
            told(have)

    async def _have(self, attachment: str) -> int:
        response = await self._with_session("HEAD", f"/v1/attachments/{attachment}", b"", _PLAIN)
        have = response.headers.get("posta-have", "0")
        if not (have.isascii() and have.isdigit() and len(have) < 16):
            raise Unavailable(_STRANGE, url=self.url)
        return int(have)

    async def attachment(self, attachment: str, have: bytes = b"") -> bytes | None:
        """The whole sealed bytes, None if they have not arrived; `have` is what an earlier try brought."""
        headers = {"range": f"bytes={len(have)}-"} if have else {}
        rest = await self._if_there(f"/v1/attachments/{attachment}", headers)
        return None if rest is None else have + rest

    # under all of them

    async def _if_there(self, path: str, headers: dict[str, str] | None = None) -> bytes | None:
        try:
            return await self._known("GET", path, headers=headers)
        except RefusedByServer as no:
            if no.number == FaultNumber.NOT_FOUND:
                return None
            raise

    async def _bare(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """A request without a session; where too many knock at once, a few moments later again."""
        headers = {**_PLAIN, **(headers or {})}
        response = await self._send(method, path, body, headers)
        for moment in MOMENTS_S:
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(moment)
            response = await self._send(method, path, body, headers)
        return self._checked(response).content

    async def _known(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """A request with the session's token; a new session once, if the server has forgotten it."""
        return (await self._with_session(method, path, body, {**_PLAIN, **(headers or {})})).content

    async def _with_session(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> httpx.Response:
        response = await self._signed_in(method, path, body, headers, fresh=False)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = await self._signed_in(method, path, body, headers, fresh=True)
        return self._checked(response)

    async def _signed_in(
        self, method: str, path: str, body: bytes, headers: dict[str, str], fresh: bool
    ) -> httpx.Response:
        token = await self.token(fresh)
        return await self._send(method, path, body, {**headers, "authorization": f"Bearer {token}"})

    async def _send(self, method: str, path: str, body: Body, headers: dict[str, str]) -> httpx.Response:
        try:
            client = self._open_client()
        except httpx.InvalidURL as error:
            raise Unavailable(_STRANGE, url=self.url) from error
        under_way = asyncio.timeout(ALLOWED_S + (len(body) / SLOWEST if isinstance(body, bytes) else 0.0))
        try:
            async with under_way:
                self._under_way.add(under_way)
                return await self._streamed(client, method, path, body, headers, under_way)
        except _BROKEN as error:
            self._under_way.discard(under_way)
            await self._forget(client)
            if _is_unbelieved(error):
                raise NotReached(_UNBELIEVED, url=self.url) from error
            unmet = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
            raise (NotReached if unmet else Unavailable)(_SILENT, url=self.url) from error
        finally:
            self._under_way.discard(under_way)

    async def _streamed(
        self, client: httpx.AsyncClient, method: str, path: str, body: Body, headers: dict[str, str],
        under_way: asyncio.Timeout,
    ) -> httpx.Response:  # fmt: skip
        data = bytearray()
        if isinstance(body, bytes):
            content, headers = self._pieces(body), {**headers, "content-length": str(len(body))}
        else:
            content = self._flowing(body, under_way)
        async with client.stream(method, path, content=content, headers=headers) as response:
            self._certificate = _shown(response)
            async for piece in response.aiter_raw():
                self._heard()
                data += piece
                _longer(under_way, len(piece) / SLOWEST)
                if len(data) > MAX_ANSWER:
                    raise Unavailable(_STRANGE, url=self.url)
        headers = {name: value for name, value in response.headers.items() if name.startswith("posta-")}
        return httpx.Response(response.status_code, headers=headers, content=bytes(data))

    async def _pieces(self, body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), WRITTEN_AT_ONCE):
            if at > 2 * IN_THE_SOCKET:  # what was written before has left the socket: somebody takes it
                self._heard()
            yield body[at : at + WRITTEN_AT_ONCE]

    async def _flowing(
        self, blocks: AsyncIterator[bytes], under_way: asyncio.Timeout
    ) -> AsyncIterator[bytes]:
        async for one in blocks:
            _longer(under_way, len(one) / SLOWEST)
            async for piece in self._pieces(one):
                yield piece

    async def _forget(self, client: httpx.AsyncClient) -> None:
        """After a fault no connection of the pool is trusted."""
        if client is self._client:
            await self.renew()

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        try:
            fault = decode(response.content, Fault)
        except Malformed as error:
            raise Unavailable(_STRANGE, url=self.url) from error
        if fault.number in TRY_AGAIN:
            raise error_of(fault)
        raise RefusedByServer(fault, response.headers)

    def _as(self, expect: type[T], body: bytes) -> T:
        try:
            return decode(body, expect)
        except Malformed as error:
            raise Unavailable(_STRANGE, url=self.url) from error
