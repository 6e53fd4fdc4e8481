# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes from outside, as bytes nobody thought of. `python -m tests.fuzz` looks for more; the kept ones are tests."""
