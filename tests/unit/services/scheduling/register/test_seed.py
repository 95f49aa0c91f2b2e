"""How the register begins: from `council.toml` and the files beside it, once, and never over what people have made."""

from dataclasses import replace

import pytest

from services.scheduling import handlers, store
from services.scheduling.register import edit
from services.scheduling.register.tables import TABLES
from shared.contracts.envelope import Cause
from shared.errors import ConfigError
from tests.builders import make_context


@pytest.fixture
def empty(tmp_path, clock):
    """A context whose store is new."""
    context = make_context("scheduling", tmp_path / "new", clock)
    yield context
    context.store.close()


def with_files(ctx, folder):
    """Return a context whose council names another folder of files."""
    return replace(ctx, council=replace(ctx.council, register=folder))


def test_a_council_without_files_begins_with_its_fleet_and_sites(empty):
    handlers.ensure_fleet(with_files(empty, None))

    world = edit.world_of(empty)
    begun = {name: len(world.table(name).live) for name in TABLES if world.table(name).live}
    assert begun == {"crews": 8, "depots": 3, "vehicles": 9, "sites": 3}
    assert len(store.all_crews(empty.store)) == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\np-1,Ada\n", "people.csv: line 1: the line: The first line must be id, name, crew_ids"),
        (
            "id,name,crew_ids,licences,licence_until,tickets\np-1,Ada,nowhere,,,\n",
            "people.csv: line 2: crew_ids: “nowhere” is not known here",
        ),
    ],
)
def test_a_wrong_file_stops_the_start_with_its_line(empty, tmp_path, text, said):
    (tmp_path / "people.csv").write_text(text)

    with pytest.raises(ConfigError, match=said):
        handlers.ensure_fleet(with_files(empty, tmp_path))


def test_a_start_that_was_stopped_goes_on_where_it_was(empty, tmp_path):
    (tmp_path / "people.csv").write_text("nonsense")
    with pytest.raises(ConfigError):
        handlers.ensure_fleet(with_files(empty, tmp_path))

    handlers.ensure_fleet(empty)

    assert len(edit.world_of(empty).table("people").live) == 27


def test_a_crew_that_the_configuration_names_later_is_added_and_the_others_are_left_alone(ctx):
    values = edit.world_of(ctx).table("crews").require("crew-north-1").values
    edit.put_row(ctx, "crews", {**values, "has_gate_keys": "yes", "name": "Ours"}, version=1, by="Jo", cause=Cause())
    newly = replace(ctx.council.crews[0], id="crew-new", name="New crew", vehicle_id="tipper-303", depot_id="south")

    handlers.ensure_fleet(replace(ctx, council=replace(ctx.council, crews=(*ctx.council.crews, newly))))

    names = {crew.id: crew.name for crew in store.all_crews(ctx.store)}
    assert (names["crew-new"], names["crew-north-1"]) == ("New crew", "Ours")


def test_a_file_is_not_read_again_over_what_supervisors_have_made(ctx):
    edit.retire_row(ctx, "absences", "absence-1", version=1, by="Jo", cause=Cause())

    handlers.ensure_fleet(ctx)

    assert edit.world_of(ctx).table("absences").require("absence-1").is_retired
