# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done for a patient, by whom and until when: on the chart, in the visit, and on Today when it is due."""
