"""The register's pages without a browser: who may do what, what a form and a file come to, and what is said of it."""

import io
import re

import pytest

from services.scheduling import dropping_out
from services.scheduling.register import edit
from services.scheduling.register.tables import TABLES
from shared.contracts.envelope import Cause

ABSENCES = "/dispatch/register/absences"
GOOD = b"id,person_id,from_on,to_on,kind\nabsence-9,p-001,2026-11-23,2026-11-24,planned\n"


@pytest.fixture
def supervisor(browser):
    return browser("supervisor")


@pytest.fixture
def manager(browser):
    return browser("manager")


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def send(client, path, content):
    return client.post(path, data={"file": (io.BytesIO(content), "absences.csv")})


def hidden(answer, name):
    page = answer.get_data(as_text=True)
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1].replace("&#10;", "\n")


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_shown_and_each_of_its_rows_has_a_form(supervisor, ctx, table):
    listed = supervisor.get(f"/dispatch/register/{table}")
    row = edit.world_of(ctx).table(table).live[0]

    form = supervisor.get(f"/dispatch/register/{table}/rows/{row.id}").get_data(as_text=True)

    assert listed.status_code == 200
    assert all(f'name="{column.name}"' in form for column in TABLES[table].columns if column.name != "id")


def test_a_manager_looks_and_changes_nothing(manager):
    assert manager.get(ABSENCES).status_code == 200
    assert "Save" not in text_of(manager.get("/dispatch/register/people/rows/p-001"))
    for path in (f"{ABSENCES}/new", f"{ABSENCES}/upload", f"{ABSENCES}/take", f"{ABSENCES}/rows/absence-1/retire"):
        assert manager.post(path, data={}).status_code == 403


@pytest.mark.parametrize("role", ["crew", "officer", "councillor", "waste-officer"])
def test_nobody_else_sees_names(browser, role):
    assert browser(role).get("/dispatch/register/people").status_code == 403


def test_a_row_is_added_and_its_author_is_shown(supervisor):
    form = {"person_id": "p-001", "from_on": "2026-11-23", "to_on": "2026-11-24", "kind": "planned", "version": "0"}

    answer = supervisor.post(f"{ABSENCES}/new", data=form)

    assert answer.status_code == 303
    page = text_of(supervisor.get(ABSENCES))
    assert "Ada Madeup 23 November 2026 24 November 2026 Planned: leave and the like" in page
    assert "Absence of Ada Madeup added" in page
    assert "Sam Rivers (user-supervisor)" in page


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(supervisor):
    form = {"person_id": "p-001", "from_on": "2026-11-24", "to_on": "2026-11-23", "kind": "planned", "version": "0"}

    answer = supervisor.post(f"{ABSENCES}/new", data=form)

    assert answer.status_code == 400
    assert "The last day, 23 November 2026, is before the first" in text_of(answer)
    assert 'value="2026-11-23"' in answer.get_data(as_text=True)
    assert "<title>Error: " in answer.get_data(as_text=True)


def test_two_editors_at_once_are_shown_what_the_other_did(supervisor, ctx):
    values = {**edit.world_of(ctx).table("crews").require("crew-north-1").values, "has_gate_keys": "yes"}
    edit.put_row(ctx, "crews", {**values, "least_people": "3"}, version=1, by="Jo", cause=Cause())

    answer = supervisor.post(
        "/dispatch/register/crews/rows/crew-north-1",
        data={**values, "name": "Mine", "least_people": "2", "version": "1"},
    )

    assert answer.status_code == 409
    assert "Jo has changed this row (people needed) since you opened it" in text_of(answer)
    assert 'value="Mine"' in answer.get_data(as_text=True)
    assert hidden(answer, "version") == "2"
    assert edit.world_of(ctx).table("crews").require("crew-north-1").values["name"] == "North street crew 1"


def test_a_row_that_is_needed_is_not_retired_and_the_page_says_why(supervisor):
    answer = supervisor.post("/dispatch/register/patterns/rows/mon-fri/retire", data={"version": "1"})

    assert answer.status_code == 400
    assert "Monday to Friday can’t be retired: rota rota-north-2" in text_of(answer)


def test_a_retired_row_is_shown_only_when_asked_for(supervisor):
    answer = supervisor.post(f"{ABSENCES}/rows/absence-1/retire", data={"version": "1"})

    assert "Absence of Cara Madeup is retired." in text_of(supervisor.get(answer.location))
    assert "Cara Madeup" not in text_of(supervisor.get(ABSENCES)).partition("Who changed what")[0]
    assert "Cara Madeup" in text_of(supervisor.get(f"{ABSENCES}?retired=yes")).partition("Who changed what")[0]


def test_the_filter_finds_by_what_is_shown(supervisor):
    assert "1 of 27" in text_of(supervisor.get("/dispatch/register/people?q=Ada+Madeup"))
    assert "Nothing fits the filter" in text_of(supervisor.get("/dispatch/register/people?q=zzzz"))


@pytest.mark.parametrize("query", ["2026-12-21", "21+december"])
def test_a_day_is_found_as_files_and_as_people_write_it(supervisor, query):
    assert "1 of 3" in text_of(supervisor.get(f"{ABSENCES}?q={query}"))


def test_days_follow_each_other_in_a_list(supervisor, ctx):
    for day in ("2026-12-10", "2026-12-09"):
        texts = {"person_id": "p-001", "from_on": day, "to_on": day, "kind": "training"}
        edit.put_row(ctx, "absences", texts, version=0, by="Jo", cause=Cause())

    assert "Ada Madeup 9 December 2026 9 December 2026 Training In use Ada Madeup 10 December 2026" in text_of(
        supervisor.get(ABSENCES)
    )


def test_the_register_is_read_in_words(manager):
    person = text_of(manager.get("/dispatch/register/people/rows/p-001"))
    vehicles = text_of(manager.get("/dispatch/register/vehicles"))
    sites = text_of(manager.get("/dispatch/register/sites"))
    site = manager.get("/dispatch/register/sites/rows/dock-road-transfer").get_data(as_text=True)

    assert "Licence valid until 30 June 2030" in person
    assert "The council’s configuration" in person
    assert "Caged tipper, 3.5 t Diesel 1,020 B: up to 3.5 t" in vehicles
    assert "Dock Road transfer station (illustrative) 6am 6pm Every day Mixed municipal waste" in sites
    assert "Dock Road transfer station (illustrative) added" in sites
    assert '<h1 class="govuk-heading-l">Dock Road transfer station (illustrative)</h1>' in site


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["mon", "tue", "wed", "thu", "fri"], "Monday to Friday"),
        (["mon", "thu"], "Monday, Thursday"),
        (["sat", "sun"], "Saturday, Sunday"),
        (["mon", "tue", "thu"], "Monday, Tuesday, Thursday"),
    ],
)
def test_days_of_the_week_are_said_shortly(supervisor, ctx, days, told):
    known = edit.world_of(ctx).table("sites").require("dock-road-transfer")
    edit.put_row(ctx, "sites", {**known.values, "days": days}, version=known.version, by="Jo", cause=Cause())

    assert f"6am 6pm {told} Mixed municipal waste" in text_of(supervisor.get("/dispatch/register/sites"))


def test_a_registration_stays_whole_and_a_long_list_has_some_width(supervisor):
    vehicles = supervisor.get("/dispatch/register/vehicles").get_data(as_text=True)
    sites = supervisor.get("/dispatch/register/sites").get_data(as_text=True)

    assert re.search(r'<th scope="row" class="govuk-table__header app-table__whole"><a [^>]*>DEMO-101</a>', vehicles)
    assert '<td class="govuk-table__cell app-table__long">Mixed municipal waste' in sites
    assert '<td class="govuk-table__cell">6am</td>' in sites


def test_what_a_file_would_change_is_said_in_words(supervisor):
    content = b"id,person_id,from_on,to_on,kind\nabsence-1,p-002,2026-11-16,,training\n"

    shown = text_of(send(supervisor, f"{ABSENCES}/upload", content))

    assert "Person: Cara Madeup → Ben Madeup" in shown
    assert "Last day: 20 November 2026 → (empty)" in shown
    assert "Kind: Planned: leave and the like → Training" in shown
    assert "1 of 1 row would be added or changed." in shown
    assert "The other is as it is" not in shown


def test_a_list_that_a_file_would_change_is_said_by_its_names(supervisor):
    content = b"id,name,crew_ids,licences,licence_until,tickets\np-001,Ada Madeup,crew-central-1,B;C1,2030-06-30,\n"

    shown = text_of(send(supervisor, "/dispatch/register/people/upload", content))

    assert "Crews: North street crew 1 → Central street crew 1" in shown
    assert "Driving licence: B: up to 3.5 t → B: up to 3.5 t, C1: up to 7.5 t" in shown
    assert "Tickets: Asbestos awareness → (empty)" in shown


def test_who_is_retired_still_has_a_name_where_they_are_named(supervisor, ctx):
    edit.retire_row(ctx, "absences", "absence-1", version=1, by="Jo", cause=Cause())
    edit.retire_row(ctx, "people", "p-003", version=1, by="Jo", cause=Cause())

    shown = text_of(supervisor.get(f"{ABSENCES}?retired=yes"))

    assert "Cara Madeup 16 November 2026" in shown
    assert "p-003" not in shown


def test_a_file_is_looked_at_before_it_is_taken(supervisor, ctx):
    looked = send(supervisor, f"{ABSENCES}/upload", GOOD)

    assert looked.status_code == 200
    assert "1 of 1 row would be added or changed" in text_of(looked)
    assert edit.world_of(ctx).table("absences").row("absence-9") is None

    form = {"version": hidden(looked, "version"), "content": hidden(looked, "content")}
    taken = supervisor.post(f"{ABSENCES}/take", data=form)

    assert taken.status_code == 303
    assert edit.world_of(ctx).table("absences").require("absence-9").values["person_id"] == "p-001"


def test_every_bad_line_of_a_file_is_shown(supervisor, ctx):
    answer = send(supervisor, f"{ABSENCES}/upload", GOOD + b"a-2,nobody,soon,,planned\n")

    assert answer.status_code == 400
    words = text_of(answer)
    assert "Nothing was taken from this file" in words
    assert "3 person_id “nobody” is not known here" in words
    assert "3 from_on Enter a day as in 2026-11-17" in words
    assert edit.world_of(ctx).table("absences").version == 1


def test_a_file_that_somebody_has_overtaken_is_shown_again(supervisor, ctx):
    looked = send(supervisor, f"{ABSENCES}/upload", GOOD)
    form = {"version": hidden(looked, "version"), "content": hidden(looked, "content")}
    other = {"person_id": "p-005", "from_on": "2026-11-23", "kind": "planned"}
    edit.put_row(ctx, "absences", other, version=0, by="Jo", cause=Cause())

    answer = supervisor.post(f"{ABSENCES}/take", data=form)

    assert answer.status_code == 409
    assert "Somebody else has changed this table since. Look again." in text_of(answer)
    assert edit.world_of(ctx).table("absences").row("absence-9") is None
    assert supervisor.post(f"{ABSENCES}/take", data={**form, "version": hidden(answer, "version")}).status_code == 303


def test_no_file_is_said_beside_the_field(supervisor):
    answer = supervisor.post(f"{ABSENCES}/upload", data={})

    assert answer.status_code == 400
    assert "Choose a CSV file" in text_of(answer)


def test_a_table_is_taken_away_as_a_file_that_spreadsheets_read(supervisor):
    answer = supervisor.get("/dispatch/register/people/csv")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert answer.get_data().startswith(b"\xef\xbb\xbfid,name,crew_ids,licences,licence_until,tickets\r\n")


def test_the_first_page_says_who_is_there_today(supervisor):
    words = text_of(supervisor.get("/dispatch/register"))

    assert "North street crew 1 6am to 2pm 2 B Nothing: it can be planned" in words
    assert "People 27" in words


def test_a_crew_that_dispatch_has_down_as_absent_is_not_there_here_either(supervisor, ctx):
    dropping_out.record_absence(ctx, "crew-north-1", "sickness", by="Sam", cause=Cause())

    words = text_of(supervisor.get("/dispatch/register"))

    assert "North street crew 1 6am to 2pm 2 B North street crew 1 is absent today" in words


def test_a_vehicle_that_nobody_there_may_drive_is_shown(supervisor, ctx):
    for person in ("p-001", "p-002"):
        values = edit.world_of(ctx).table("people").require(person).values
        edit.put_row(ctx, "people", {**values, "licences": []}, version=1, by="Jo", cause=Cause())

    words = text_of(supervisor.get("/dispatch/register"))

    assert "6am to 2pm 2 – nobody there holds licence B, which its vehicle needs" in words


@pytest.mark.parametrize("path", ["/dispatch/register/nonsense", f"{ABSENCES}/rows/nothing"])
def test_what_does_not_exist_is_not_found(supervisor, path):
    assert supervisor.get(path).status_code == 404


@pytest.mark.parametrize("crew", ["contractor-asbestos", "crew-north-1"])
def test_a_contractor_and_a_crew_without_a_vehicle_have_a_list_of_jobs_too(supervisor, ctx, crew):
    values = edit.world_of(ctx).table("crews").require("crew-north-1").values
    texts = {**values, "has_gate_keys": "yes", "vehicle_id": ""}
    edit.put_row(ctx, "crews", texts, version=1, by="Jo", cause=Cause())

    assert supervisor.get(f"/crew?crew={crew}").status_code == 200
    assert "has no vehicle today" in text_of(supervisor.get(f"/crew/tip?crew={crew}"))
