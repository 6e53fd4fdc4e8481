# SPDX-License-Identifier: GPL-3.0-or-later
"""A centre is set up once: the same again changes nothing, nothing is overwritten, no stranger founds."""

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import FOUNDING, Challenge, FaultNumber, TrustPart
from sync_server.app import arguments, main, open_desk
from sync_server.book.where import Where
from sync_server.certificates import own_certificate
from sync_server.configuration import Configuration, configured, keep_configuration, read_configuration
from sync_server.founding_code import keep_code, read_code
from sync_server.own_authority import authority_and_certificate
from sync_server.verbs import backup
from tests.postgres_cluster import OWNER, SERVER, Cluster
from tests.small_clinic import AT, repeating, small_clinic

from .conftest import Inside, fault_of

Said = Callable[[], tuple[dict[str, str], str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def read() -> tuple[dict[str, str], str]:
        out, err = capsys.readouterr()
        return json.loads(out) if out else {}, err

    return read


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(f.relative_to(folder)): f.read_bytes()
        for f in folder.rglob("*")
        if f.is_file() and not f.name.startswith("server.db")
    }


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999"])
def test_a_port_that_is_none_is_refused_before_anything_is_made(
    tmp_path: Path, port: str, said: Said
) -> None:
    assert main(["init", "--data", str(tmp_path / "data"), "--port", port]) == 3
    assert "A port is a number" in said()[1]
    assert not (tmp_path / "data").exists()


def test_the_same_again_changes_nothing_and_says_the_same(tmp_path: Path, said: Said) -> None:
    data = tmp_path / "data"
    order = [
        "init",
        "--data",
        str(data),
        "--own-certificate",
        "--name",
        "posta.example.org",
        "--name",
        "10.0.0.5",
    ]
    assert main(order) == 0
    first, before = said(), files_in(data)
    assert main(order) == 0
    assert (said(), files_in(data)) == (first, before)
    told, sentence = first
    assert told["address"] == "https://posta.example.org:8440" and told["fingerprint"] in sentence
    hidden, next_step = sentence.splitlines()
    assert told["founding_code"] in next_step and "--host 0.0.0.0" in hidden
    assert all(
        (data / name).stat().st_mode & 0o077 == 0
        for name in ("founding.code", "tls/ca.key", "tls/centre.key")
    )


def test_what_is_there_is_never_overwritten(tmp_path: Path, said: Said) -> None:
    data = tmp_path / "data"
    assert main(["init", "--data", str(data), "--own-certificate", "--name", "posta.example.org"]) == 0
    said()
    before = files_in(data)
    for other in (["--own-certificate", "--name", "other.example.org"], ["--port", "9000"], []):
        assert main(["init", "--data", str(data), *other]) == 3
        assert len(said()[1].splitlines()) == 1
    assert files_in(data) == before


def test_a_new_certificate_is_under_the_same_authority(tmp_path: Path) -> None:
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    first = authority_and_certificate(tmp_path / "tls", ("posta.example.org",), clock.now())
    (tmp_path / "tls" / "centre.pem").rename(tmp_path / "old.pem")
    clock.advance(timedelta(days=700).total_seconds())
    second = authority_and_certificate(tmp_path / "tls", ("posta.example.org", "10.0.0.5"), clock.now())
    assert second.fingerprint == first.fingerprint and second.until > first.until
    assert second.names == ("posta.example.org", "10.0.0.5")
    authority = x509.load_pem_x509_certificate((tmp_path / "tls" / "ca.pem").read_bytes())
    for file in (tmp_path / "old.pem", tmp_path / "tls" / "centre.pem"):
        x509.load_pem_x509_certificate(file.read_bytes()).verify_directly_issued_by(authority)
    assert isinstance(
        own_certificate(tmp_path / "tls/centre.pem", tmp_path / "tls/centre.key"), ssl.SSLContext
    )


@pytest.mark.parametrize("name", ["", "posta example", "posta..org", "ñandú.example", "http://posta"])
def test_what_is_no_name_gets_no_certificate(tmp_path: Path, name: str, said: Said) -> None:
    assert main(["init", "--data", str(tmp_path), "--own-certificate", "--name", name]) == 3
    assert "no host name" in said()[1] and not (tmp_path / "tls" / "centre.pem").exists()


def test_a_certificate_needs_a_name_and_a_folder_that_can_be_written(tmp_path: Path, said: Said) -> None:
    assert main(["init", "--data", str(tmp_path / "a"), "--own-certificate"]) == 3
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("")
    assert main(["init", "--data", str(tmp_path / "file")]) == 4
    assert "Choose another folder" in said()[1]


# how a server starts


def how(folder: Path, *words: str) -> Configuration:
    return configured(arguments(["--data", str(folder), *words]))


def test_the_command_line_wins_over_the_file_and_the_file_over_what_is_usual(tmp_path: Path) -> None:
    assert how(tmp_path) == Configuration()
    keep_configuration(
        tmp_path, Configuration("0.0.0.0", 9001, "tls/centre.pem", "tls/centre.key", "error", "https://posta")
    )
    read = how(tmp_path)
    assert (read.host, read.port, read.log_level) == ("0.0.0.0", 9001, "error")
    assert read.certificate(tmp_path) == (tmp_path / "tls/centre.pem", tmp_path / "tls/centre.key")
    said = how(
        tmp_path, "--port", "0", "--host", "::1", "--log-level", "info", "--tls-cert", "/c", "--tls-key", "/k"
    )
    assert (said.host, said.port, said.log_level) == ("::1", 0, "info")
    assert said.certificate(tmp_path) == (Path("/c"), Path("/k"))
    with pytest.raises(FileExistsError):
        keep_configuration(tmp_path, Configuration())


def test_the_book_is_found_in_one_way_by_whoever_needs_it(tmp_path: Path) -> None:
    """Command line, environment, file: for serving, for a backup, for `init`."""
    kept = Configuration(database="postgresql://file", book="north", redis="redis://file", log_json=True)
    keep_configuration(tmp_path, kept)
    assert how(tmp_path) == kept
    order = ["--data", str(tmp_path)]
    words = [*order, "--to", str(tmp_path / "x")]
    assert configured(backup.arguments(words), {}).where(tmp_path) == Where(
        tmp_path, "postgresql://file", "north"
    )
    there = configured(arguments(order), {"POSTA_DATABASE": "postgresql://env", "POSTA_REDIS": "redis://env"})
    assert (there.database, there.book, there.redis) == ("postgresql://env", "north", "redis://env")
    said = configured(
        arguments([*order, "--database", "postgresql://said", "--book", "south"]), {"POSTA_DATABASE": "x"}
    )
    assert (said.database, said.book, said.redis) == ("postgresql://said", "south", "redis://file")
    assert "//" not in repr(there) and (tmp_path / "server.toml").stat().st_mode & 0o077 == 0


def test_a_centre_is_set_up_in_postgresql(
    tmp_path: Path, postgres: Cluster, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init` once the tables are made; nothing is written for a database that cannot be used; a book that belongs to an
    organisation asks for no code."""
    data, book = tmp_path / "data", str(tmp_path)
    assert main(["init", "--data", str(data), "--database", postgres.url(SERVER, "nowhere")]) == 4
    assert main(["init", "--data", str(data), "--database", postgres.url(OWNER)]) == 3
    assert len(said()[1].splitlines()) == 2 and files_in(data) == {}
    order = ["init", "--data", str(data), "--book", book]
    monkeypatch.setenv("POSTA_DATABASE", postgres.url(SERVER))
    assert main(order) == 0
    code = said()[0]["founding_code"]
    monkeypatch.delenv("POSTA_DATABASE")
    assert main(order) == 3 and "says otherwise" in said()[1], "not quietly another book"
    where = how(data).where(data)
    assert where == Where(data, postgres.url(SERVER), book) and not (data / "server.db").exists()
    desk = open_desk(data, FrozenClock(AT), repeating(b"server"), where)
    inside = Inside(desk, FrozenClock(AT), small_clinic())
    assert founds(inside) == 403 and founds(inside, **{FOUNDING: code}) == 204
    desk.book.close()
    assert main([*order, "--database", postgres.url(SERVER)]) == 0
    assert "founding_code" not in said()[0]


@pytest.mark.parametrize(
    "text", ["log_json = 1", "port = '8440'", "prot = 1", "host", "log_level = 'loud'", "port = true"]
)
def test_a_configuration_that_says_something_unheard_of_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "server.toml").write_text(text)
    with pytest.raises(Refusal):
        read_configuration(tmp_path)


# the founding code


@pytest.fixture
def guarded(empty: Inside, tmp_path: Path) -> Inside:
    keep_code(tmp_path, repeating(b"code"))
    empty.desk.founding_code = read_code(tmp_path)
    return empty


def founds(inside: Inside, **headers: str) -> int:
    body = encode(TrustPart(first=0, statements=inside.clinic.log.statements))
    return inside.send("POST", "/v1/trust", body, **headers).status_code


def test_nobody_founds_without_the_code(guarded: Inside) -> None:
    code = guarded.desk.founding_code
    wrong = ("0" if code[0] != "0" else "1") + code[1:]
    assert founds(guarded) == founds(guarded, **{FOUNDING: wrong}) == 403
    assert guarded.desk.log.root is None
    assert founds(guarded, **{FOUNDING: code.lower().replace("-", " ")}) == 204


def test_a_wrong_code_shows_before_anything_is_made(guarded: Inside) -> None:
    said = decode(guarded.send("GET", "/v1/challenge").content, Challenge)
    assert said.asks_code
    answer = guarded.send("GET", "/v1/challenge", **{FOUNDING: "0000-0000-0000-0000"})
    assert fault_of(answer).number == FaultNumber.NOT_ALLOWED
    assert guarded.send("GET", "/v1/challenge", **{FOUNDING: guarded.desk.founding_code}).status_code == 200


def test_the_code_goes_with_the_founding(guarded: Inside, tmp_path: Path) -> None:
    code = guarded.desk.founding_code
    assert founds(guarded, **{FOUNDING: code}) == 204
    assert guarded.desk.founding_code == "" and not (tmp_path / "founding.code").exists()
    assert not decode(guarded.send("GET", "/v1/challenge").content, Challenge).asks_code
    guarded.token_of(guarded.clinic.ben)
    assert founds(guarded, **{FOUNDING: code}) == 401, "and opens nothing afterwards"


def test_statements_that_found_nothing_leave_the_code(guarded: Inside, tmp_path: Path) -> None:
    body = encode(TrustPart(first=0, statements=()))
    guarded.send("POST", "/v1/trust", body, **{FOUNDING: guarded.desk.founding_code})
    assert guarded.desk.founding_code and (tmp_path / "founding.code").exists()


def test_a_server_without_a_code_asks_for_none(empty: Inside) -> None:
    assert not decode(empty.send("GET", "/v1/challenge").content, Challenge).asks_code
    assert founds(empty) == 204


def test_after_the_founding_no_code_is_made(tmp_path: Path, said: Said) -> None:
    data = tmp_path / "data"
    assert main(["init", "--data", str(data)]) == 0
    code = said()[0]["founding_code"]
    desk = open_desk(data, FrozenClock(AT), repeating(b"server"))
    inside = Inside(desk, FrozenClock(AT), small_clinic())
    assert founds(inside, **{FOUNDING: code}) == 204
    desk.book.close()
    assert main(["init", "--data", str(data)]) == 0
    told, sentence = said()
    assert "founding_code" not in told and "is founded" in sentence
    assert not (data / "founding.code").exists()


def test_a_code_that_cannot_be_read_lets_nobody_found_by_accident(tmp_path: Path) -> None:
    (tmp_path / "founding.code").mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        open_desk(tmp_path, FrozenClock(AT), repeating(b"server"))
