# SPDX-License-Identifier: GPL-3.0-or-later
"""One module per resource of /v1: reads the request, asks the book, answers a record of the codec or a Fault.

May import: Starlette, `sync_server.{desk,access,judge,limits,book}`. Example::

    GET /v1/challenge -> Challenge
"""
