"""A frozen dataclass with other values in some fields."""

from dataclasses import dataclass, replace

import pytest

from shared.changing import changed


@dataclass(frozen=True)
class Thing:
    name: str
    parts: tuple[str, ...] = ()


def test_only_the_named_fields_change_and_the_old_one_stays():
    old = Thing("bag", ("handle",))

    new = changed(old, name="mattress")

    assert new == replace(old, name="mattress") == Thing("mattress", ("handle",))
    assert old == Thing("bag", ("handle",))
    assert type(new) is Thing


def test_a_field_that_there_is_not_is_refused():
    with pytest.raises(TypeError, match="Thing has no field nmae"):
        changed(Thing("bag"), nmae="mattress")
