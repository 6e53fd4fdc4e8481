# SPDX-License-Identifier: GPL-3.0-or-later
"""How long what is kept, and letting old charts go from this computer."""

import json
from argparse import Namespace
from datetime import timedelta

from clinic.domain.retention import rules_of
from clinic.services.retention import LEAST_OLD, let_go, look_for_old
from clinic.station.command import Add, opened


def add_verbs(add: Add) -> None:
    ruling = add("retention", _rules, "how long what must be kept here, and which law says so")
    ruling.add_argument("--jurisdiction", default="", help="of another place than this organization's")
    purging = add(
        "purge", _purge, "let old charts of nobody here go from this computer; the centre keeps them"
    )
    purging.add_argument(
        "--older-than-days", type=int, default=400, metavar="N", help=f"at least {LEAST_OLD.days}"
    )
    purging.add_argument("--yes", action="store_true", help="do it; without it, only list what is old")


def _rules(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        place = chosen.jurisdiction or desk.jurisdiction
        for part, rule in rules_of(place).items():
            print(json.dumps({"class": part, "years": rule.years, "source": rule.source}))
        old = look_for_old(desk, LEAST_OLD)
        print(
            json.dumps(
                {"jurisdiction": place, "old charts": len(old), "past their time": sum(c.past for c in old)}
            )
        )
    return 0


def _purge(chosen: Namespace) -> int:
    age = timedelta(days=chosen.older_than_days)
    with opened(chosen) as desk:
        if not chosen.yes:
            for chart in look_for_old(desk, age):
                print(
                    json.dumps(
                        {
                            "patient": chart.patient,
                            "last_entry": chart.last_entry.isoformat(),
                            "mine": chart.mine,
                            "past": chart.past,
                        }
                    )
                )
            return 0
        for gone in let_go(desk, age):
            print(json.dumps({"patient": gone.patient, "entries": gone.ops, "files": gone.files}))
    return 0
