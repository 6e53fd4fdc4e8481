# SPDX-License-Identifier: GPL-3.0-or-later
"""F2, trust and keys: who may say what (trust log), what is sealed to whom (envelopes, letters, cards),
what opens a store (slots).

Pure over bytes: no clock, no disk, no socket; times are parameters and randomness is handed in, except
where libsodium makes its own (sealed boxes, attachment streams). May import: `clinic.domain`,
`clinic.protocol`, PyNaCl, argon2-cffi, zstandard. A sync server may use everything but `slots`, `stretch`
and `invites`, the modules that need Argon2. Example::

    from clinic.keys.identity import DeviceKeys, device_id
    keys = DeviceKeys.make(os.urandom)
    device = device_id(keys.public.signing)
"""
