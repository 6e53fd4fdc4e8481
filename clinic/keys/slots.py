# SPDX-License-Identifier: GPL-3.0-or-later
"""Slots: each holds the store's key (and a user's private keys) under one secret; any of them opens the
store.

A password slot is sealed by XChaCha20-Poly1305 under Argon2id, with the slot's own parameters as additional
data: nobody can lower them. A device-key slot is sealed under a key file: it starts a kiosk with nobody
there, and keeps out only those who cannot read that file (L, not C). Pure over bytes: writing the two
copies is the store's work. Taking an old copy of the file back brings old passwords back; nothing here can
tell.
"""

import unicodedata
from dataclasses import dataclass, field

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import UserId
from clinic.keys.boxes import NONCE_BYTES, lock, unlock
from clinic.keys.hashing import KEY_BYTES, SALT_BYTES, derive, digest, same, tag
from clinic.keys.identity import UserKeys
from clinic.keys.refusals import Unreadable
from clinic.keys.stretch import Cost, stretch
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.custody import Slot, SlotContent, SlotFile, SlotKind

MIN_LENGTH, MIN_WORDS, MIN_DIFFERENT = 15, 5, 5
_SUM_BYTES = 8
NOBODY = UserId("")
_PASSWORD, _KEY_FILE, _MAC = b"posta slot pass", b"posta slot file", b"posta slots mac"


class WrongPassword(Refusal):
    """No slot opens with that secret."""


class PasswordTooShort(Refusal):
    """A new password somebody could guess."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opened slot gives: the store's raw key, and who opened it (NOBODY for a device)."""

    label: str
    store_key: bytes = field(repr=False)
    user_id: UserId = NOBODY
    user_keys: UserKeys | None = field(default=None, repr=False)


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
        self, label: str, password: str, content: Opened, random: Random, cost: Cost | None = None
    ) -> "Slots":
        """One slot more (or the same label anew, when a password changes). Raises PasswordTooShort."""
        check_password(password)
        return self._with(label, SlotKind.PASSWORD, _normal(password), content, random, cost or Cost())

    def with_recovery(self, label: str, secret: bytes, content: Opened, random: Random) -> "Slots":
        """A slot for 32 random bytes that rest on paper."""
        return self._with(label, SlotKind.RECOVERY, _strong(secret), content, random, Cost(0, 0, 0))

    def with_key_file(self, label: str, secret: bytes, content: Opened, random: Random) -> "Slots":
        """A slot for 32 random bytes in a file: a kiosk's, enforced by the file's permissions only (L)."""
        return self._with(label, SlotKind.DEVICE_KEY, _strong(secret), content, random, Cost(0, 0, 0))

    def without(self, label: str, store_key: bytes) -> "Slots":
        """One slot less. Raises Refusal for the last one, or for a label that is not there."""
        left = tuple(slot for slot in self.file.slots if slot.label != label)
        if len(left) == len(self.file.slots):
            raise Refusal("There is no way in of that name on this computer.")
        if not left:
            raise Refusal("This is the last way into this computer's store. Add another one first.")
        self._check_mac(store_key)
        return self._sealed(left, store_key)

    def open(self, password: str, label: str | None = None) -> Opened:
        """Open with a password; without a label all password slots are tried. Raises WrongPassword,
        Unreadable."""
        return self._open(SlotKind.PASSWORD, _normal(password), label)

    def open_recovery(self, secret: bytes, label: str | None = None) -> Opened:
        """Open with the secret of the recovery sheets. Raises WrongPassword, Unreadable."""
        return self._open(SlotKind.RECOVERY, secret, label)

    def open_with_key(self, secret: bytes, label: str | None = None) -> Opened:
        """Open with the content of the key file. Raises WrongPassword, Unreadable."""
        return self._open(SlotKind.DEVICE_KEY, secret, label)

    def _open(self, kind: SlotKind, secret: bytes, label: str | None) -> Opened:
        for slot in self.file.slots:
            if slot.kind == kind and label in (None, slot.label):
                opened = self._try(slot, secret)
                if opened is not None:
                    self._check_mac(opened.store_key)
                    return opened
        raise _wrong(kind)

    def _try(self, slot: Slot, secret: bytes) -> Opened | None:
        key = self._slot_key(slot, secret)
        try:
            plain = unlock(key, slot.sealed[:NONCE_BYTES], slot.sealed[NONCE_BYTES:], _context(slot))
        except Unreadable:
            return None
        content = decode(plain, SlotContent)
        keys = UserKeys.decode(content.user_keys) if content.user_keys else None
        return Opened(slot.label, content.store_key, content.user, keys)

    def _slot_key(self, slot: Slot, secret: bytes) -> bytes:
        if len(slot.salt) != SALT_BYTES:
            raise Malformed("This slot file is damaged.")
        if slot.kind != SlotKind.PASSWORD:
            return derive(secret[:64], _KEY_FILE, slot.salt)
        cost = Cost(slot.time_cost, slot.memory_kib, slot.lanes)
        stretched = stretch(secret, slot.salt, cost, weak_for_tests=self.weak_for_tests)
        return derive(stretched, _PASSWORD, slot.salt)

    def _with(
        self, label: str, kind: SlotKind, secret: bytes, content: Opened, random: Random, cost: Cost
    ) -> "Slots":
        if self.file.slots:
            self._check_mac(content.store_key)
        if len(content.store_key) != KEY_BYTES:
            raise ValueError("a store key has 32 bytes")
        slot = Slot(
            label=label,
            kind=kind,
            salt=random(SALT_BYTES),
            time_cost=cost.time_cost,
            memory_kib=cost.memory_kib,
            lanes=cost.lanes,
        )
        slot = _filled(slot, self._slot_key(slot, secret), content, random(NONCE_BYTES))
        others = tuple(old for old in self.file.slots if old.label != label)
        return self._sealed((*others, slot), content.store_key)

    def _sealed(self, slots: tuple[Slot, ...], store_key: bytes) -> "Slots":
        file = SlotFile(slots=slots, unknown=self.file.unknown)
        return Slots(
            SlotFile(slots=slots, mac=_mac(file, store_key), unknown=file.unknown), self.weak_for_tests
        )

    def _check_mac(self, store_key: bytes) -> None:
        bare = SlotFile(slots=self.file.slots, unknown=self.file.unknown)
        if not same(self.file.mac, _mac(bare, store_key)):
            raise Unreadable("Somebody has changed this computer's slot file. Restore it from its backup.")


def _checksum(body: bytes) -> bytes:
    return digest(body, b"posta slots sum", _SUM_BYTES)


def check_password(password: str) -> None:
    """15 characters (5 of them different) or 5 words. Raises PasswordTooShort."""
    text = unicodedata.normalize("NFKC", password).strip()
    words = {word for word in text.split() if len(word) > 1}
    if len(words) < MIN_WORDS and (len(text) < MIN_LENGTH or len(set(text)) < MIN_DIFFERENT):
        raise PasswordTooShort(
            "A password here has at least 15 characters, or 5 different words. Make it longer."
        )


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).strip().encode("utf-8", "surrogatepass")


def _strong(secret: bytes) -> bytes:
    if not KEY_BYTES <= len(secret) <= 64:
        raise ValueError("a key file or recovery secret has 32 to 64 random bytes")
    return secret


def _filled(slot: Slot, key: bytes, content: Opened, nonce: bytes) -> Slot:
    keys = content.user_keys.encode() if content.user_keys else b""
    plain = encode(SlotContent(store_key=content.store_key, user=content.user_id, user_keys=keys))
    sealed = nonce + lock(key, nonce, plain, _context(slot))
    return Slot(
        label=slot.label,
        kind=slot.kind,
        salt=slot.salt,
        time_cost=slot.time_cost,
        memory_kib=slot.memory_kib,
        lanes=slot.lanes,
        sealed=sealed,
    )


def _context(slot: Slot) -> bytes:
    """All of a slot but what is sealed."""
    return encode(
        Slot(
            label=slot.label,
            kind=slot.kind,
            salt=slot.salt,
            time_cost=slot.time_cost,
            memory_kib=slot.memory_kib,
            lanes=slot.lanes,
            unknown=slot.unknown,
        )
    )


def _mac(bare: SlotFile, store_key: bytes) -> bytes:
    return tag(derive(store_key, _MAC), encode(bare), _MAC)


def _wrong(kind: SlotKind) -> WrongPassword:
    if kind == SlotKind.PASSWORD:
        return WrongPassword("That password does not open this computer's store. Type it again.")
    if kind == SlotKind.DEVICE_KEY:
        return WrongPassword(
            "The key file of this computer does not open its store. Enrol this computer again."
        )
    return WrongPassword(
        "These recovery sheets do not open this computer's store. Check that they are this clinic's."
    )
