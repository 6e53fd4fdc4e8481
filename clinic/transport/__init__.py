# SPDX-License-Identifier: GPL-3.0-or-later
"""F3, the wires: one asyncio loop in its own thread, the HTTP client and the doorbell of a sync server.

May import: `clinic.domain`, `clinic.protocol`, httpx, python-socketio, aiohttp. Example::

    net = NetLoop(); net.start()
    remote = Remote("http://127.0.0.1:8440", device, keys.sign)
    response = net.submit(remote.sync(request)).result()
"""
