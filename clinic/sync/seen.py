# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of one device's envelopes in one scope have come in, as runs of the device's own counter there.

A device counts its envelopes in each scope from 1 without gaps and signs the number: a hole means that the remote
keeps something back, lost it, or refused it. What was kept back at the end shows with the next one that comes.
"""

Runs = tuple[tuple[int, int], ...]
"""(first, last) of each run, in order, with a hole between any two."""


def with_number(runs: Runs, number: int) -> Runs:
    """The runs once that number has come in; one that was there already changes nothing."""
    if runs and number == runs[-1][1] + 1:
        return (*runs[:-1], (runs[-1][0], number))
    before = tuple(run for run in runs if run[1] < number - 1)
    after = tuple(run for run in runs if run[0] > number + 1)
    touched = runs[len(before) : len(runs) - len(after)]
    first = min((number, *(run[0] for run in touched)))
    last = max((number, *(run[1] for run in touched)))
    return (*before, (first, last), *after)


def with_first(runs: Runs, up_to: int) -> Runs:
    """The runs once all from 1 to `up_to` are there."""
    if up_to < 1:
        return runs
    end = max((up_to, *(last for first, last in runs if first <= up_to + 1)))
    return ((1, end), *(run for run in runs if run[0] > up_to + 1))


def missing(runs: Runs) -> int:
    """How many numbers from 1 to the highest have not come in."""
    return runs[-1][1] - sum(last - first + 1 for first, last in runs) if runs else 0
