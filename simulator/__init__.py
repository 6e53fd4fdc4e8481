# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole organisation in one process: the real engine of every computer, the real centre, and a clock, a network and
disks that do as a seed says.

May import everything but screens. A seed replays exactly; `docs/simulator.md` tells what is looked for. Example::

    posta simulate --seeds 100
    posta simulate --seed 17 --trace
"""
