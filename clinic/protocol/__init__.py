# SPDX-License-Identifier: GPL-3.0-or-later
"""F1: every message that crosses a wire, a file or a pipe, the envelope they travel in, and the one codec.

May import: `clinic.domain`, cbor2. Example::

    from clinic.protocol.codec import decode, encode
    assert decode(encode(patient)) == patient
"""
