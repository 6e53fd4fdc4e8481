# SPDX-License-Identifier: GPL-3.0-or-later
"""My appointments: the list, and asking for one, for another time, or that one is called off. `logic` and `words` are pure,
`view` and `day` show them."""
