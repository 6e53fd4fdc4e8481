# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta demo --trust`: who is let in, what a person permits, who looked, and what becomes of what was lost, with real programs.

Each step keeps a promise of `docs/roles.md`, `consents.md`, `audit.md`, `emergencies.md`, `identification.md` or
`organisation.md`, and looks into real stores and files whether it held.
"""
