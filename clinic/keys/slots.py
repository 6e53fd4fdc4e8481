# SPDX-License-Identifier: GPL-3.0-or-later
"""Slots: each holds the store's key (and a user's private keys) under one secret; any of them opens the
store.

A password slot is sealed by XChaCha20-Poly1305 under Argon2id, with the slot's own parameters as additional
data: nobody can lower them, or take a second factor off. A device-key slot is sealed under a key file: it starts
a kiosk with nobody there, and keeps out only those who cannot read that file (L, not C). A new store key is
passed on to slots whose password nobody here knows through a public key of each slot. Pure over bytes: writing
the two copies is the store's work. Taking an old copy of the file back brings old passwords back; nothing here
can tell.
"""

import unicodedata
from dataclasses import dataclass, field, replace

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import UserId
from clinic.keys.boxes import NONCE_BYTES, lock, open_sealed, public_box_key, seal_to, unlock
from clinic.keys.factors import FactorMissing, SecondFactor, mixed
from clinic.keys.hashing import KEY_BYTES, SALT_BYTES, derive, digest, same, tag
from clinic.keys.identity import UserKeys
from clinic.keys.passwords import PasswordTooShort as PasswordTooShort
from clinic.keys.passwords import check_password as check_password
from clinic.keys.refusals import Unreadable
from clinic.keys.stretch import Cost, stretch
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.custody import Slot, SlotContent, SlotFile, SlotKind

_SUM_BYTES, _FACTOR_SALT_BYTES = 8, 32
NOBODY = UserId("")
_PASSWORD, _KEY_FILE, _MAC = b"posta slot pass", b"posta slot file", b"posta slots mac"
_BOX, _NEXT = b"posta slot box", b"posta slot next"
_FREE = Cost(0, 0, 0)
"""A strong secret needs no stretching."""


class WrongPassword(Refusal):
    """No slot opens with that secret."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opened slot gives: the store's raw key, and who opened it (NOBODY for a device).

    `totp`: the secret of the codes to ask for after the password (L); `credential`: of the security key that is
    mixed in (C). `worn`: the slot still holds an older store key, and should be written anew with its password.
    """

    label: str
    store_key: bytes = field(repr=False)
    user_id: UserId = NOBODY
    user_keys: UserKeys | None = field(default=None, repr=False)
    totp: bytes = field(default=b"", repr=False)
    credential: bytes = field(default=b"", repr=False)
    worn: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class WayIn:
    """A slot as anybody may see it."""

    label: str
    kind: SlotKind
    asks_code: bool = False
    asks_key: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Slots:
    """A slot file in memory; every change gives a new one. `weak_for_tests` lets tests spend less than 64
    MiB on a password."""

    file: SlotFile
    weak_for_tests: bool = False

    @classmethod
    def none(cls, *, weak_for_tests: bool = False) -> "Slots":
        """No slots yet; add one before writing the file."""
        return cls(SlotFile(slots=()), weak_for_tests)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the slots a password opens, as the log-in screen lists them."""
        return tuple(slot.label for slot in self.file.slots if slot.kind == SlotKind.PASSWORD)

    @property
    def ways(self) -> tuple[WayIn, ...]:
        """Every way in, in the order they were made."""
        return tuple(
            WayIn(slot.label, slot.kind, slot.asks_code, bool(slot.credential), slot.mark)
            for slot in self.file.slots
        )

    def encode(self) -> bytes:
        """The file's bytes: 8 of checksum (a damaged copy is told from a wrong password), then the record."""
        body = encode(self.file)
        return _checksum(body) + body

    @classmethod
    def read(cls, data: bytes, *, weak_for_tests: bool = False) -> "Slots":
        """The slots in a file's bytes. Raises Malformed (then try the other copy)."""
        if not same(data[:_SUM_BYTES], _checksum(data[_SUM_BYTES:])):
            raise Malformed("This slot file is damaged.")
        file = decode(data[_SUM_BYTES:], SlotFile)
        if not file.slots:
            raise Malformed("This slot file is empty.")
        return cls(file, weak_for_tests)

    def with_password(
        self,
        label: str,
        password: str,
        content: Opened,
        random: Random,
        cost: Cost | None = None,
        factor: SecondFactor | None = None,
    ) -> "Slots":
        """One slot more (or the same label anew, when a password changes), with the second factors that `content`
        names. Raises PasswordTooShort; FactorMissing where the security key is not here."""
        check_password(password, beside_factor=bool(content.totp or content.credential))
        return self.renewed(label, password, content, random, factor, cost)

    def renewed(
        self,
        label: str,
        password: str,
        content: Opened,
        random: Random,
        factor: SecondFactor | None = None,
        cost: Cost | None = None,
    ) -> "Slots":
        """The slot sealed anew under a password that has opened it: rules of new passwords are not for it."""
        bare = self._bare(label, SlotKind.PASSWORD, content, random, cost or Cost())
        return self._with(bare, _normal(password), content, random, factor)

    def with_recovery(
        self, label: str, secret: bytes, content: Opened, random: Random, mark: str = ""
    ) -> "Slots":
        """A slot for 32 random bytes that rest on paper; `mark` names the set of sheets."""
        bare = replace(self._bare(label, SlotKind.RECOVERY, None, random), mark=mark)
        return self._with(bare, _strong(secret), content, random)

    def with_key_file(self, label: str, secret: bytes, content: Opened, random: Random) -> "Slots":
        """A slot for 32 random bytes in a file: a kiosk's, enforced by the file's permissions only (L)."""
        bare = self._bare(label, SlotKind.DEVICE_KEY, None, random)
        return self._with(bare, _strong(secret), content, random)

    def without(self, label: str, store_key: bytes, kind: SlotKind = SlotKind.PASSWORD) -> "Slots":
        """One slot less. Raises Refusal for the last that opens without paper, or for one that is not there."""
        left = tuple(slot for slot in self.file.slots if (slot.kind, slot.label) != (kind, label))
        if len(left) == len(self.file.slots):
            raise Refusal("There is no way in of that name on this computer.")
        if all(slot.kind == SlotKind.RECOVERY for slot in left):
            raise Refusal("This is the last way into this computer's store. Add another one first.")
        self._check_mac(store_key)
        return self._sealed(left, store_key)

    def passed_on(self, store_key: bytes, fresh_key: bytes) -> tuple["Slots", tuple[WayIn, ...]]:
        """The same ways in for a new store key, nobody's secret asked; and those that cannot follow, because an
        older Posta made them: they open with their password only once it has been given."""
        self._check_mac(store_key)
        follow = tuple(_following(slot, store_key, fresh_key) for slot in self.file.slots if slot.box_key)
        bare = Slots(SlotFile(slots=(), unknown=self.file.unknown), self.weak_for_tests)
        lost = tuple(way for way, slot in zip(self.ways, self.file.slots, strict=True) if not slot.box_key)
        return bare._sealed(follow, fresh_key), lost

    def open(self, password: str, label: str | None = None, factor: SecondFactor | None = None) -> Opened:
        """Open with a password; without a label all password slots are tried. Raises WrongPassword,
        FactorMissing, Unreadable."""
        return self._open(SlotKind.PASSWORD, _normal(password), label, factor)

    def open_recovery(self, secret: bytes, label: str | None = None) -> Opened:
        """Open with the secret of the recovery sheets. Raises WrongPassword, Unreadable."""
        return self._open(SlotKind.RECOVERY, secret, label)

    def open_with_key(self, secret: bytes, label: str | None = None) -> Opened:
        """Open with the content of the key file. Raises WrongPassword, Unreadable."""
        return self._open(SlotKind.DEVICE_KEY, secret, label)

    def _open(
        self, kind: SlotKind, secret: bytes, label: str | None, factor: SecondFactor | None = None
    ) -> Opened:
        asked = [slot for slot in self.file.slots if slot.kind == kind and label in (None, slot.label)]
        for slot in asked:
            if slot.credential and factor is None:
                continue
            opened = self._try(slot, secret, factor)
            if opened is not None:
                self._check_mac(opened.store_key)
                return opened
        if factor is None and any(slot.credential for slot in asked):
            raise FactorMissing("This way in asks for a security key too. Plug it in and touch it.")
        raise _wrong(kind, any(slot.kind == SlotKind.RECOVERY for slot in self.file.slots))

    def _try(self, slot: Slot, secret: bytes, factor: SecondFactor | None) -> Opened | None:
        key = self._slot_key(slot, secret, factor)
        try:
            plain = unlock(key, slot.sealed[:NONCE_BYTES], slot.sealed[NONCE_BYTES:], _context(slot))
        except Unreadable:
            return None
        content = decode(plain, SlotContent)
        keys = UserKeys.decode(content.user_keys) if content.user_keys else None
        store_key = _newest(slot, key, content.store_key)
        return Opened(
            slot.label, store_key, content.user, keys, content.totp, slot.credential, bool(slot.passed_on)
        )

    def _slot_key(self, slot: Slot, secret: bytes, factor: SecondFactor | None = None) -> bytes:
        if len(slot.salt) != SALT_BYTES:
            raise Malformed("This slot file is damaged.")
        if slot.kind != SlotKind.PASSWORD:
            return derive(secret[:64], _KEY_FILE, slot.salt)
        cost = Cost(slot.time_cost, slot.memory_kib, slot.lanes)
        stretched = stretch(secret, slot.salt, cost, weak_for_tests=self.weak_for_tests)
        if slot.credential:
            if factor is None:
                raise FactorMissing("This way in asks for a security key too. Plug it in and touch it.")
            stretched = mixed(stretched, factor.secret(slot.credential, slot.factor_salt))
        return derive(stretched, _PASSWORD, slot.salt)

    def _bare(
        self,
        label: str,
        kind: SlotKind,
        content: Opened | None,
        random: Random,
        cost: Cost = _FREE,
    ) -> Slot:
        """A slot with nothing sealed yet; `content` says which second factors it asks."""
        credential = content.credential if content else b""
        return Slot(
            label=label,
            kind=kind,
            salt=random(SALT_BYTES),
            time_cost=cost.time_cost,
            memory_kib=cost.memory_kib,
            lanes=cost.lanes,
            asks_code=bool(content and content.totp),
            credential=credential,
            factor_salt=random(_FACTOR_SALT_BYTES) if credential else b"",
        )

    def _with(
        self, bare: Slot, secret: bytes, content: Opened, random: Random, factor: SecondFactor | None = None
    ) -> "Slots":
        if self.file.slots:
            self._check_mac(content.store_key)
        if len(content.store_key) != KEY_BYTES:
            raise ValueError("a store key has 32 bytes")
        key = self._slot_key(bare, secret, factor)
        slot = replace(bare, box_key=public_box_key(derive(key, _BOX, bare.salt)))
        slot = _filled(slot, key, content, random(NONCE_BYTES))
        others = tuple(old for old in self.file.slots if (old.kind, old.label) != (slot.kind, slot.label))
        return self._sealed((*others, slot), content.store_key)

    def _sealed(self, slots: tuple[Slot, ...], store_key: bytes) -> "Slots":
        file = SlotFile(slots=slots, unknown=self.file.unknown)
        return Slots(
            SlotFile(slots=slots, mac=_mac(file, store_key), unknown=file.unknown), self.weak_for_tests
        )

    def _check_mac(self, store_key: bytes) -> None:
        bare = SlotFile(slots=self.file.slots, unknown=self.file.unknown)
        if not same(self.file.mac, _mac(bare, store_key)):
            raise _changed()


def _checksum(body: bytes) -> bytes:
    return digest(body, b"posta slots sum", _SUM_BYTES)


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).strip().encode("utf-8", "surrogatepass")


def _strong(secret: bytes) -> bytes:
    if not KEY_BYTES <= len(secret) <= 64:
        raise ValueError("a key file or recovery secret has 32 to 64 random bytes")
    return secret


def _filled(slot: Slot, key: bytes, content: Opened, nonce: bytes) -> Slot:
    keys = content.user_keys.encode() if content.user_keys else b""
    totp = content.totp if slot.asks_code else b""
    plain = encode(SlotContent(store_key=content.store_key, user=content.user_id, user_keys=keys, totp=totp))
    return replace(slot, sealed=nonce + lock(key, nonce, plain, _context(slot)))


def _context(slot: Slot) -> bytes:
    """All of a slot but what is sealed."""
    return encode(replace(slot, sealed=b"", passed_on=()))


def _following(slot: Slot, store_key: bytes, fresh_key: bytes) -> Slot:
    """The slot with the new store key passed on; only who knows the one before can."""
    proof = tag(store_key, slot.box_key + fresh_key, _NEXT)
    return replace(slot, passed_on=(*slot.passed_on, seal_to(slot.box_key, fresh_key + proof)))


def _newest(slot: Slot, key: bytes, store_key: bytes) -> bytes:
    """The newest of the store keys that were passed on to this slot. Raises Unreadable."""
    private = derive(key, _BOX, slot.salt)
    for sealed in slot.passed_on:
        plain = open_sealed(private, sealed)
        fresh, proof = plain[:KEY_BYTES], plain[KEY_BYTES:]
        if not same(proof, tag(store_key, slot.box_key + fresh, _NEXT)):
            raise _changed()
        store_key = fresh
    return store_key


def _mac(bare: SlotFile, store_key: bytes) -> bytes:
    return tag(derive(store_key, _MAC), encode(bare), _MAC)


def _changed() -> Unreadable:
    return Unreadable("Somebody has changed this computer's slot file. Restore it from its backup.")


def _wrong(kind: SlotKind, sheets: bool) -> WrongPassword:
    if kind == SlotKind.PASSWORD and sheets:
        return WrongPassword(
            "That password does not open this computer's store. Type it again; if it is lost, two recovery sheets set a new "
            "one: posta station recover."
        )
    if kind == SlotKind.PASSWORD:
        return WrongPassword(
            "That password does not open this computer's store. Type it again; if it is lost, ask your administrator for a "
            "new invitation."
        )
    if kind == SlotKind.DEVICE_KEY:
        return WrongPassword(
            "The key file of this computer does not open its store. Enrol this computer again."
        )
    return WrongPassword(
        "These recovery sheets do not open this computer's store. Check that they are this computer's, and its newest."
    )
