# SPDX-License-Identifier: GPL-3.0-or-later
"""What `clinic.bench.load` is made of: a crew of devices, the processes that drive them, the servers they meet, who watches."""
