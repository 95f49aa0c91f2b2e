"""URL rules whose builders are compiled late make the same URLs as Werkzeug's own."""

import pytest
from werkzeug.routing import BuildError, Map
from werkzeug.routing import Rule as WerkzeugRule

from shared.web.rules import Rule

RULES = {
    "plain": "/tonnage/tickets",
    "converted": "/dispatch/<int:number>/<path:rest>",
    "text": "/report/<reference>",
    "quoted": "/röports/a b/<reference>",
    "defaulted": "/report/",
}


def urls(rule_class):
    rules = [rule_class(text, endpoint=name) for name, text in RULES.items() if name != "defaulted"]
    rules.append(rule_class(RULES["defaulted"], endpoint="text", defaults={"reference": "none"}))
    return Map(rules).bind("council.example")


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("plain", {}),
        ("plain", {"page": 2, "kind": ["a", "b"]}),
        ("converted", {"number": 7, "rest": "a/b c"}),
        ("text", {"reference": "ä/ö", "q": "&?"}),
        ("text", {"reference": "none"}),
        ("quoted", {"reference": "1"}),
    ],
)
def test_a_url_is_the_one_that_werkzeug_makes(endpoint, values):
    first, again = urls(Rule), urls(WerkzeugRule)

    assert first.build(endpoint, values) == again.build(endpoint, values)
    assert first.build(endpoint, values, append_unknown=False) == again.build(endpoint, values, append_unknown=False)


def test_what_lacks_a_value_can_not_be_made():
    with pytest.raises(BuildError):
        urls(Rule).build("quoted", {})


def test_nothing_is_compiled_for_what_is_only_matched(monkeypatch):
    compiled = []
    real = WerkzeugRule._compile_builder
    monkeypatch.setattr(
        WerkzeugRule, "_compile_builder", lambda rule, unknown: compiled.append(rule.endpoint) or real(rule, unknown)
    )
    adapter = urls(Rule)

    assert adapter.match("/report/R-1") == ("text", {"reference": "R-1"})
    assert compiled == []
    for _ in range(2):
        assert adapter.build("plain") == "/tonnage/tickets"
    assert compiled == ["plain"]
