# SPDX-License-Identifier: GPL-3.0-or-later
"""The link laboratory of `posta bench call`: a link of our own between two peers, known pictures and speech in, what a person
would have seen and heard out.

It knows of the engine what the desktop knows: its command line, its pipe and its rings.
"""
