# SPDX-License-Identifier: GPL-3.0-or-later
"""`packaging/posta python -m tests.protocol`: made parts of docs/protocol.md, docs/openapi.json, samples of what is new."""

from tests.protocol import page, samples

page.write()
samples.complete()
