# SPDX-License-Identifier: GPL-3.0-or-later
"""F5: `posta demo`. Generated people, a network that can be cut, and one whole visit driven through the
real programs.

May import: every floor of `clinic`; never a screen. The visit only touches the programs through `hands`.
Example::

    from clinic.showcase.people import generate
    everybody = generate(200, seed=7, new_id=counter, today=date(2026, 1, 1))
"""
