# SPDX-License-Identifier: GPL-3.0-or-later
"""Every message resolves, and numbers read as people in each place read them."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal
from desktop.kit import catalogue, words


@pytest.fixture(autouse=True)
def spanish():
    words.set_language("es")
    yield
    words.set_language("es")


@pytest.mark.parametrize("code", ["es", "pt"])
def test_every_message_of_the_code_is_translated(code):
    known = catalogue.read(code)
    missing = [str(m.id) for m in catalogue.extract() if m.id and not _translated(known.get(m.id))]
    assert not missing, f"run: python -m desktop.kit.words update, then translate to {code} {missing[:20]}"


def _translated(message):
    string = message.string if message is not None else ""
    return all(string) if isinstance(string, tuple | list) else bool(string)


@pytest.mark.parametrize("code", ["es", "pt"])
def test_compiled_words_are_fresh(code):
    assert (catalogue.folder(code) / "posta.mo").read_bytes() == catalogue.compiled(code), (
        "run: python -m desktop.kit.words compile"
    )


@pytest.mark.parametrize("code", ["es", "pt"])
def test_translations_keep_their_values(code):
    for message in filter(lambda one: one.id, catalogue.read(code)):
        for source, string in zip(_forms(message.id), _forms(message.string), strict=True):
            assert _holes(string) == _holes(source), (source, string)


@pytest.mark.parametrize("code", ["es", "pt"])
def test_no_translation_is_a_guess(code):
    assert not [message.id for message in catalogue.read(code) if message.fuzzy]


def _forms(text):
    return tuple(text) if isinstance(text, tuple | list) else (text,)


def _holes(text):
    return Counter(re.findall(r"%\(\w+\)\d*[a-z]|(?<!\{)\{\w+\}", text))


@pytest.mark.parametrize(
    ("source", "string"),
    [
        ("%(n)d h %(m)02d min", "%(n)d h %(m)d min"),
        ("Only {count} left.", "Só restam."),
        ("With %(name)s", "Com %(nome)s"),
        ("{one} and {other}", "{one} e {one}"),
    ],
)
def test_a_value_that_got_lost_would_be_seen(source, string):
    assert _holes(string) != _holes(source)


def test_language_changes_at_once_and_tells():
    heard = []
    words.on_language(lambda: heard.append(words.language()))
    words.set_language("en")
    assert words._("Yes") == "Yes"
    words.set_language("es")
    assert words._("Yes") == "Sí"
    assert heard == ["en", "es"]


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="tlh"):
        words.set_language("tlh")


def test_portuguese_falls_back_rather_than_failing():
    words.set_language("pt")
    assert words._("Yes") == "Sim"
    assert words._("a message nobody wrote") == "a message nobody wrote"


def test_stretched_words_are_longer_for_a_while():
    words.set_language("en")
    with words.stretched(0.4):
        assert len(words._("Something in this program went wrong.")) >= 37 * 1.35
        assert words._("Something in this program went wrong.").startswith(
            "Something in this program went wrong."
        )
    assert words._("Yes") == "Yes"


def test_empty_text_is_not_the_catalogue_header():
    assert words._("") == ""


def test_numbers_and_values():
    assert words.fmt_number(1234.5, 1) == "1.234,5"
    assert words.fmt_value(36.8, "°C", 1) == "\u206636,8\u00a0°C\u2069"
    assert words.fmt_pair(148, 92, "mmHg") == "\u2066148 / 92\u00a0mmHg\u2069"
    words.set_language("en")
    assert words.fmt_number(1234.5, 1) == "1,234.5"


@given(st.floats(-1e6, 1e6), st.sampled_from(["", "kg"]), st.sampled_from([None, 0, 1]))
def test_values_are_always_isolated(value, unit, digits):
    shown = words.fmt_value(value, unit, digits)
    assert shown[0] == "\u2066"
    assert shown[-1] == "\u2069"
    assert shown.endswith(unit + "\u2069")


def test_dates():
    assert words.fmt_date(date(2026, 11, 14)) == "14 nov 2026"
    assert words.fmt_day(date(2026, 11, 21)) == "sábado, 21 de noviembre"
    words.set_language("pt")
    assert words.fmt_date(date(2026, 11, 14)) == "14 nov 2026"
    assert words.fmt_day(date(2026, 11, 21)) == "sábado, 21 de novembro"
    words.set_language("en")
    assert words.fmt_date(date(2026, 11, 14)) == "14 Nov 2026"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("3/3/1974", date(1974, 3, 3)), ("03-03-1974", date(1974, 3, 3)), (" 3. 3 .1974", date(1974, 3, 3)),
        ("1974-03-03", date(1974, 3, 3)), ("3/3/74", None), ("31/2/2026", None), ("3/3", None), ("", None), ("a/b/1974", None),
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(typed, day):
    assert words.read_day(typed) == day


def test_ago():
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert words.fmt_ago(now - timedelta(minutes=12), now) == "hace 12 minutos"
    assert words.fmt_ago(now - timedelta(hours=48), now) == "hace 2 días"
    assert words.fmt_ago(now, now) == "recién"
    assert words.fmt_span(timedelta(minutes=6)) == "6 minutos"


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(1974, 3, 3), "52 años"),
        (date(2025, 11, 22), "11 meses"),
        (date(2026, 11, 20), "1 día"),
        (date(2024, 11, 21), "2 años"),
    ],
)
def test_ages(born, age):
    assert words.fmt_age(born, date(2026, 11, 21)) == age


def test_errors_are_told_with_their_values():
    words.set_language("en")
    assert words.tell(Refusal("Only {count} left.", count=3)) == "Only 3 left."
    assert words.tell(ValueError("plain")) == "plain"


def test_extraction_finds_errors_and_plurals(tmp_path, monkeypatch):
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / "rule.py").write_text(
        "class TooMany(Refusal): ...\n"
        "class Far(TooMany): ...\n"
        "raise Far('Too many of {x}.', x=1)\n"
        "plural('%(n)d day', '%(n)d days', 2)\n"
        "_(variable); N_('Later')\n"
    )
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    found = {m.id for m in catalogue.extract() if m.id}
    assert found == {"Too many of {x}.", ("%(n)d day", "%(n)d days"), "Later"}


def test_commands(capsys):
    assert catalogue.main(["extract"]) == 0
    assert "messages in the code" in capsys.readouterr().out
    assert catalogue.main(["sing"]) == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "This code was not read whole. Clean it, hold it flat and show it again.",  # after another argument
        "This is not one of Posta's codes. Show the other code.",  # in a table
        "No camera was found. Plug one in, or go on with sound only.",  # under a name
        "This window shows another patient. Nothing was saved; check the name at the top.",  # brought along
        "The administrator did not let this computer in.",  # where nothing else was said
    ],
)
def test_a_sentence_is_found_wherever_an_error_takes_it_from(sentence: str) -> None:
    assert sentence in catalogue.extract()
