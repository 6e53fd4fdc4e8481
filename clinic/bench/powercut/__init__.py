# SPDX-License-Identifier: GPL-3.0-or-later
"""What a power cut, a full or broken disk and a killed program do to the book: tried on the real one.

A program does real work in a real home while shim.c writes down every change it makes to the disk. From that log come
the disks a power cut could have left; each is opened by the real code and questioned.

| module | holds |
|---|---|
| shim | builds and speaks to shim.c |
| disk | the log as a disk: what is durable, what is not yet, and the images a cut could leave |
| seats | a home with its people, founded without a centre |
| loads | the work that is done: one function for each kind |
| worker | the program that does it |
| proof | what must hold in a home after any cut |
| cuts | from the log of a load to proven images, on all processors |
| kills | kill -9 under load |
| faults | the n-th call to the disk fails, for every n |
| full | a disk that is really full |
"""
