"""Compiled templates outlive a process where Python keeps compiled code apart, and only there."""

import sys

import pytest
from jinja2 import DictLoader, Environment, TemplateSyntaxError

from shared.web import templating
from shared.web.templating import KeptCode, folder_of_code


@pytest.fixture(autouse=True)
def new_process(monkeypatch):
    """Forget what this process has compiled; call it to do so again."""

    def forget():
        monkeypatch.setattr(KeptCode, "_compiled", {})

    forget()
    return forget


@pytest.fixture
def kept_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "code"))
    return tmp_path / "code" / "templates"


@pytest.fixture
def compiled(monkeypatch):
    """The templates that were compiled, in order."""
    sources = []
    real = Environment._parse
    monkeypatch.setattr(
        Environment, "_parse", lambda self, source, *rest: sources.append(source) or real(self, source, *rest)
    )
    return sources


def rendered(source):
    environment = Environment(loader=DictLoader({"page": source}), bytecode_cache=KeptCode(), autoescape=True)
    return environment.get_template("page").render(name="Sam")


def test_the_next_process_finds_what_was_compiled(kept_apart, compiled, new_process):
    first = rendered("Hello {{ name }}")
    new_process()

    assert rendered("Hello {{ name }}") == first == "Hello Sam"
    assert compiled == ["Hello {{ name }}"]
    assert len(list(kept_apart.glob("*/*"))) == 1


def test_a_template_that_was_changed_is_compiled_anew(kept_apart, compiled, new_process):
    rendered("Hello {{ name }}")
    new_process()

    assert rendered("Goodbye {{ name }}") == "Goodbye Sam"
    assert len(compiled) == 2


def test_another_way_to_compile_has_another_folder(kept_apart, monkeypatch):
    before = folder_of_code()
    templating._settings_of_compilation.cache_clear()
    monkeypatch.setattr(templating.jinja2, "__version__", "99")

    assert folder_of_code() != before
    templating._settings_of_compilation.cache_clear()


@pytest.mark.parametrize("damage", [b"", b"rubbish"])
def test_what_is_no_compiled_template_is_made_again(kept_apart, new_process, damage):
    rendered("Hello {{ name }}")
    (file,) = kept_apart.glob("*/*")
    whole = file.read_bytes()
    file.write_bytes(damage)
    new_process()

    assert rendered("Hello {{ name }}") == "Hello Sam"
    assert file.read_bytes() == whole


@pytest.mark.parametrize(("may_write", "prefix"), [(False, True), (True, False)])
def test_elsewhere_nothing_is_written(kept_apart, compiled, new_process, monkeypatch, may_write, prefix):
    monkeypatch.setattr(sys, "dont_write_bytecode", not may_write)
    if not prefix:
        monkeypatch.setattr(sys, "pycache_prefix", None)
    rendered("Hello {{ name }}")
    assert rendered("Hello {{ name }}") == "Hello Sam"
    assert len(compiled) == 1, "a process compiles once all the same"
    new_process()
    rendered("Hello {{ name }}")

    assert len(compiled) == 2
    assert not kept_apart.exists()


def test_a_folder_that_can_not_be_made_keeps_nothing_and_breaks_nothing(kept_apart):
    kept_apart.parent.write_text("a file")

    assert rendered("Hello {{ name }}") == "Hello Sam"


def test_a_template_that_is_wrong_is_not_kept(kept_apart):
    with pytest.raises(TemplateSyntaxError):
        rendered("{% if %}")

    assert not kept_apart.exists()
