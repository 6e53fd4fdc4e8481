# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server counts for its operator, in Prometheus' words: how much, how long, how many. Never who."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from sync_server.book.port import Exchanged

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Tally:
    """One server's counts since its start. Labels are names of our own code, never anything that was sent."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        ProcessCollector(registry=self._all)
        self._requests = Counter(
            "posta_requests", "Requests answered", ["route", "status"], registry=self._all
        )
        self._exchange = Histogram(
            "posta_exchange_seconds", "One exchange, whole", buckets=_SECONDS, registry=self._all
        )
        self._envelopes = Counter(
            "posta_envelopes", "Envelopes: in, refused, out", ["way"], registry=self._all
        )
        self._letters = Counter(
            "posta_letters", "Letters passed on, or not", ["delivered"], registry=self._all
        )
        self._here = Gauge("posta_links", "Links of devices that are here now", registry=self._all)
        self._under_way = Gauge("posta_requests_under_way", "Requests not answered yet", registry=self._all)
        self._room = Gauge("posta_disk_free_bytes", "Room on the disk of --data", registry=self._all)

    def answered(self, route: str, status: int) -> None:
        """A request is over."""
        self._requests.labels(route, str(status)).inc()

    def exchanged(self, came: int, done: Exchanged, seconds: float) -> None:
        """An exchange is over."""
        self._exchange.observe(seconds)
        self._envelopes.labels("in").inc(came)
        self._envelopes.labels("refused").inc(len(done.refused))
        self._envelopes.labels("out").inc(len(done.envelopes))

    def letter(self, delivered: bool) -> None:
        """A letter was passed on, or nobody took it."""
        self._letters.labels(str(delivered).lower()).inc()

    def text(self, links: int, under_way: int, free_bytes: int) -> bytes:
        """Everything, as Prometheus reads it."""
        self._here.set(links)
        self._under_way.set(under_way)
        self._room.set(free_bytes)
        return generate_latest(self._all)
