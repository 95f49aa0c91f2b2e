"""The commands of an operator, against a running system: what they do, what they print, and how they refuse."""

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from shared.config import REPOSITORY, SERVICES, Settings
from shared.contracts import decode
from shared.errors import Conflict
from shared.ids import new_id
from shared.processes import open_context
from shared.service import ServiceContext
from tests.reference import reference_file
from tests.servers.commands import Said, streetscene
from tests.servers.system import System, free_ports

pytestmark = pytest.mark.timeout(180)

EFFECT_SECONDS = 60
COPIES = "report_copies"


def eventually(find, *, what: str):
    """Return what a function finds, as soon as it finds something."""
    deadline = time.monotonic() + EFFECT_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline, f"not within {EFFECT_SECONDS} s: {what}"
        time.sleep(0.1)
    return found


def opened(system: System, service: str) -> ServiceContext:
    """Return a service's context on the running system's stores."""
    environ = {"STREETSCENE_DATA": str(system.data), "STREETSCENE_PORT": str(system.port)}
    return open_context(service, Settings.from_env(environ))


def report(system: System, description: str, api_key: str | None = None, **more: str) -> str:
    """Report a fly-tip and return its reference."""
    form = {
        "api_key": api_key or system.credentials["tokens"]["open311"],
        "service_code": "fly-tipping",
        "lat": "53.4060",
        "long": "-2.9660",
        "description": description,
        "attribute[waste_type]": "tyres",
        "attribute[size]": "car-boot",
        "attribute[land_type]": "highway",
        **more,
    }
    answer = requests.post(f"{system.url}/open311/v2/requests.json", data=form, timeout=30)
    assert answer.ok, answer.text
    return str(answer.json()[0]["service_request_id"])


def job_of(system: System, reference: str) -> dict | None:
    """Return the job of a report, None while there is none."""
    jobs = system.get(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")["items"]
    return jobs[0] if jobs else None


def refused(said: Said, *, code: int, saying: str) -> None:
    """Check that a command said one line on stderr, and nothing else."""
    assert (said.code, len(said.error_lines)) == (code, 1), said
    assert said.err.startswith("streetscene: ")
    assert saying in said.err
    assert said.out == ""


# --- what is there -----------------------------------------


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        (["web", "nonsense"], "There is no service 'nonsense'"),
        (["worker", "nonsense"], "There is no service 'nonsense'"),
        (["stream", "nonsense"], "There is no service 'nonsense'"),
        (["stream", "tonnage"], "tonnage has no live streams; operations and scheduling have"),
        (["planner", "nonsense"], "There is no service 'nonsense'"),
        (["planner", "tonnage"], "tonnage has no planner"),
        (["events", "tail", "--service", "nonsense"], "There is no service 'nonsense'"),
        (["events", "replay", "nonsense", "--source", "reports"], "There is no consumer 'nonsense'"),
        (["events", "replay", "scheduling.reports", "--source", "nonsense"], "There is no service 'nonsense'"),
        (["events", "replay", "scheduling.reports", "--source", "tonnage"], "consumes no events of tonnage"),
        (["events", "replay", "scheduling.reports", "--source", "reports", "--from", "0"], "--from"),
        (["events", "replay", "scheduling.reports", "--source", "reports", "--from", "999999"], "ends at"),
        (["events", "archive", "--before", "yesterday"], "--before"),
        (["dead-letters", "show", "nonsense"], "not the id of a parked message"),
        (["dead-letters", "show", "reports.jobs:nothing"], "no parked message"),
        (["dead-letters", "replay", "nonsense:all"], "not the id of a parked message"),
        (["user", "add", "a@b.example", "--role", "nonsense", "--name", "A"], "role"),
        (["user", "add", "nonsense", "--role", "supervisor", "--name", "A"], "email"),
        (["user", "add", "a@b.example"], "--role"),
        (["token", "create", "nonsense"], "role"),
        (["token", "create", "supervisor", "--days", "0"], "how long"),
        (["boundaries", "import", "nothing.geojson", "--from", "2024-01-01"], "nothing.geojson"),
        (["plan-day", "nothing.json"], "nothing.json"),
        (["plan-day", "pyproject.toml"], "pyproject.toml is not JSON"),
        (["plan-day", "shared/contracts/examples/plan.published.v1.json"], "This is not a day that can be planned"),
        (["plan-day", "pyproject.toml", "--seconds", "0"], "--seconds"),
        (["register", "export", "nonsense"], "There is no table 'nonsense'; the tables are people, absences, crews"),
        (["register", "import", "people", "nothing.csv"], "nothing.csv"),
        (["register", "import", "nonsense", "pyproject.toml"], "There is no table 'nonsense'"),
        (["simulate", "--per-hour", "0"], "--per-hour"),
        (["privacy", "export"], "Give an email address"),
        (["privacy", "export", "--email", "a@b.example", "--to", "shared"], "is there already"),
        (["privacy", "export", "--reference", "FT-00000000"], "There is no report"),
        (["privacy", "erase", "--email", "a@b.example"], "--reason"),
        (["privacy", "erase", "--email", "a@b.example", "--reason", " x "], "in a few words"),
        (["privacy", "erase", "--reason", "Asked in writing"], "Give an email address"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_exist_is_refused_in_one_line(council, arguments, saying):
    refused(streetscene(*arguments, data=council.data), code=2, saying=saying)


@pytest.mark.parametrize(
    "arguments",
    [
        ["events", "tail", "--no-follow"],
        ["events", "archive", "--before", "2030-01-01"],
        ["dead-letters", "list"],
        ["user", "add", "a@b.example", "--role", "supervisor", "--name", "A"],
        ["token", "create", "supervisor"],
        ["privacy", "export", "--email", "a@b.example"],
        ["privacy", "erase", "--email", "a@b.example", "--reason", "Asked in writing"],
        ["privacy", "log"],
        ["register", "export", "people"],
        ["register", "import", "people", "pyproject.toml"],
    ],
    ids=" ".join,
)
def test_looking_into_a_folder_without_a_system_makes_none_there(arguments, tmp_path):
    said = streetscene(*arguments, data=tmp_path / "nothing")

    refused(said, code=2, saying="there is no Streetscene in")
    assert not (tmp_path / "nothing").exists()


def test_every_command_explains_itself():
    listed = streetscene("--help").out
    commands = re.findall(r"^  ([a-z-]+) {2}", listed, re.MULTILINE)

    assert {"up", "check", "events", "dead-letters", "user", "token", "boundaries", "simulate"} <= set(commands)
    for command in commands:
        said = streetscene(command, "--help")
        assert said.code == 0
        assert "Usage: streetscene " in said.out or "Usage: python -m shared.cli" in said.out


def test_the_version_is_that_of_the_package():
    said = streetscene("version")

    assert said.code == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", said.out)


def test_the_generated_files_are_checked():
    said = streetscene("catalogue", "--check")

    assert (said.code, said.out, said.err) == (0, "", "")


# --- check -----------------------------------------


def test_a_system_that_is_right_passes_every_check(council):
    table, listed = streetscene("check", data=council.data), streetscene("check", "--json", data=council.data)

    assert table.code == listed.code == 0
    rows = json.loads(listed.out)
    assert all(row["ok"] for row in rows)
    assert {f"{service}: store and blobs" for service in SERVICES} <= {row["what"] for row in rows}
    assert all(row["what"] in table.out for row in rows)


@pytest.mark.parametrize(
    ("setting", "value", "what", "why"),
    [
        ("STREETSCENE_PORT", "http", "settings", "STREETSCENE_PORT"),
        ("STREETSCENE_COUNCIL", "/nowhere/council.toml", "council (council.toml)", "/nowhere/council.toml"),
        ("STREETSCENE_BUS_URL", "amqp://127.0.0.1:1", "broker (amqp)", ""),
        ("STREETSCENE_SECRET_KEY_FILE", "/dev/null/secret.key", "keys (/dev/null/secret.key)", "/dev/null"),
    ],
)
def test_what_is_wrong_fails_its_check_with_the_reason(council, setting, value, what, why):
    said = streetscene("check", "--json", data=council.data, **{setting: value})

    row = next(row for row in json.loads(said.out) if not row["ok"])
    assert said.code == 1
    assert row["what"] == what
    assert row["why"]
    assert why in row["why"]


# --- events -----------------------------------------


def test_the_tail_shows_the_latest_events_in_their_order(council):
    reference = report(council, "For the tail")
    eventually(lambda: job_of(council, reference), what="a job")

    table = streetscene("events", "tail", "--no-follow", "--last", "5", data=council.data)
    listed = streetscene("events", "tail", "--no-follow", "--last", "500", "--json", data=council.data)

    header, *rows = table.out.splitlines()
    assert header.split() == ["recorded", "(UTC)", "service", "position", "event", "subject", "id"]
    assert len(rows) == 5
    assert [row[:19] for row in rows] == sorted(row[:19] for row in rows)
    events = [json.loads(line) for line in listed.out.splitlines()]
    types = [
        event["type"] for event in events if event["data"].get("state", {}).get("reference", reference) == reference
    ]
    assert types.index("report.submitted.v1") < types.index("job.created.v1")


def test_a_replayed_range_is_handled_again(council):
    reference = report(council, "To be replayed")
    report_id = eventually(lambda: job_of(council, reference), what="a job")["report_id"]
    scheduling = opened(council, "scheduling")
    copy = scheduling.store.get(COPIES, report_id)
    assert scheduling.store.delete(COPIES, report_id)

    said = streetscene("events", "replay", "scheduling.reports", "--source", "reports", "--wait", data=council.data)

    assert said.code == 0, said
    assert re.search(r"^[1-9]\d* events were sent\.$", said.out, re.MULTILINE)
    again = eventually(lambda: scheduling.store.get(COPIES, report_id), what="the copy rebuilt from the log")
    scheduling.store.close()
    without = {"version"}
    assert {key: again[key] for key in again.keys() - without} == {key: copy[key] for key in copy.keys() - without}
    assert len(council.get(f"/api/scheduling/v1/jobs?reference={reference}", "supervisor")["items"]) == 1


# --- dead letters -----------------------------------------


def send(scheduling: ServiceContext, example: str, **state) -> str:
    """Let scheduling tell of a job, from an example with some of its state changed; return the event's id."""
    event = decode((REPOSITORY / "shared" / "contracts" / "examples" / f"{example}.json").read_bytes())
    subject = state.get("job_id", new_id())
    whole = {**event.data, "state": {**event.state, "job_id": subject, **state}}
    event = replace(event, id=new_id(), subject=subject, data=whole)
    scheduling.store.insert(COPIES, {"_id": new_id(), "sequence": 1}, [event])
    return event.id


def parked(council: System, event_id: str) -> dict | None:
    """Return how the list shows an event that is parked."""
    said = streetscene("dead-letters", "list", "--service", "reports", "--json", data=council.data)
    return next((row for row in json.loads(said.out) if row["id"].endswith(event_id)), None)


def test_a_parked_message_is_listed_shown_and_handled_once_its_cause_is_gone(council):
    scheduling, reports = opened(council, "scheduling"), opened(council, "reports")
    report_id = new_id()
    event_id = send(scheduling, "job.amended.v1", report_id=report_id)
    row = eventually(lambda: parked(council, event_id), what="a message parked")

    table = streetscene("dead-letters", "list", data=council.data)
    shown = json.loads(streetscene("dead-letters", "show", row["id"], data=council.data).out)

    assert row["id"] in table.out
    assert row["state"] in ("retrying", "dead")
    assert row["event"] == "job.amended.v1"
    assert report_id in row["reason"]
    assert json.loads(shown["body"])["id"] == event_id
    # All its tries are used up; then the report arrives that it waited for, as that of a crew's find.
    eventually(lambda: _make_dead(reports, row["id"]), what="a dead message")
    assert parked(council, event_id)["state"] == "dead"
    reference = f"FT-{report_id[-8:].upper()}"
    send(scheduling, "job.created.v1", report_id=report_id, channel="crew", reference=reference)
    eventually(lambda: reports.store.get("reports", report_id), what="the missing report")

    said = streetscene("dead-letters", "replay", row["id"], data=council.data)

    assert (said.code, said.out) == (0, "1 message to be handled again.\n")
    eventually(lambda: reports.store.get("parked", row["id"]) is None, what="the message handled")
    scheduling.store.close()
    reports.store.close()


def _make_dead(reports: ServiceContext, parked_id: str) -> bool:
    """Let a message look as after its last try."""
    document = reports.store.get("parked", parked_id)
    try:
        reports.store.save(
            "parked", {**document, "state": "dead", "due_at": None}, expected_version=document["version"]
        )
    except Conflict:
        return False
    return True


def test_all_dead_letters_of_a_service_can_be_handled_again_at_once(council):
    scheduling = opened(council, "scheduling")
    event_ids = [send(scheduling, "job.amended.v1", report_id=new_id()) for _ in range(2)]
    for event_id in event_ids:
        eventually(lambda event_id=event_id: parked(council, event_id), what="a message parked")

    said = streetscene("dead-letters", "replay", "reports:all", data=council.data)
    nothing = streetscene("dead-letters", "replay", "tonnage:all", data=council.data)

    assert re.fullmatch(r"\d+ messages to be handled again\.\n", said.out)
    assert nothing.out == "0 messages to be handled again.\n"
    assert streetscene("dead-letters", "list", "--service", "tonnage", data=council.data).out == "Nothing is parked.\n"
    scheduling.store.close()


# --- who may come in -----------------------------------------


def test_an_added_user_can_sign_in_with_the_printed_password(council):
    email = f"{new_id()}@council.example"

    said = streetscene("user", "add", email, "--role", "supervisor", "--name", "Ada Lever", data=council.data)

    password = re.fullmatch(rf"{email} may sign in as supervisor with the password (\S+)\n", said.out)[1]
    browser = requests.Session()
    page = browser.get(f"{council.url}/accounts/sign-in", timeout=30).text
    form = {
        "email": email,
        "password": password,
        "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page)[1],
    }
    signed_in = browser.post(f"{council.url}/accounts/sign-in", data=form, timeout=30)
    assert signed_in.ok
    assert "Ada Lever" in browser.get(f"{council.url}/accounts", timeout=30).text


def test_somebody_with_an_account_gets_no_second_one(council):
    email = council.user("supervisor")["email"]

    said = streetscene("user", "add", email, "--role", "supervisor", "--name", "Again", data=council.data)

    refused(said, code=2, saying="has an account already")


def test_a_created_token_opens_its_roles_api(council):
    token = streetscene("token", "create", "supervisor", "--label", "For a test", data=council.data).out.strip()

    bearer = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{council.url}/api/scheduling/v1/jobs", headers=bearer, timeout=30).ok
    assert requests.get(f"{council.url}/api/accounts/v1/users", headers=bearer, timeout=30).status_code == 403


def test_a_created_open311_key_takes_reports(council):
    key = streetscene("token", "create", "open311", data=council.data).out.strip()

    assert report(council, "With a new key", api_key=key).startswith("FT-")


# --- what is held about a person -----------------------------------------


def test_what_is_held_of_a_person_is_written_into_a_folder_for_them(council, tmp_path):
    email = f"{new_id()}@example.com"
    reference = report(council, "Behind <b>my</b> gate", email=email, first_name="Wilhelmina")
    target = tmp_path / "given"

    said = streetscene("privacy", "export", "--email", email.upper(), "--to", str(target), "--json", data=council.data)

    assert said.code == 0, said
    assert [(row["service"], row["outcome"]) for row in json.loads(said.out)] == [("reports", "given")]
    page = (target / "for-the-person" / "index.html").read_text()
    given = json.loads((target / "for-the-person" / "data.json").read_text())
    assert [piece["content"]["reference"] for piece in given] == [reference]
    assert given[0]["content"]["email"] == email
    assert "Wilhelmina" in page
    assert "&lt;b&gt;my&lt;/b&gt;" in page
    assert "Where we looked" in page
    assert json.loads((target / "for-the-office" / "withheld.json").read_text()) == []
    assert {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (target, *target.rglob("*")) if path.is_dir()} == {0o700}


def test_a_person_is_erased_after_a_look_at_what_would_be(council):
    email = f"{new_id()}@example.com"
    reference = report(council, "Something about them", email=email)
    arguments = ["privacy", "erase", "--email", email, "--reason", "Asked in writing"]

    looked = streetscene(*arguments, "--dry-run", "--json", data=council.data)
    still = streetscene(
        "privacy", "erase", "--reference", reference, "--reason", "Again", "--dry-run", data=council.data
    )
    erased = streetscene(*arguments, "--json", data=council.data)
    again = streetscene(*arguments, data=council.data)

    assert [row["outcome"] for row in json.loads(looked.out)] == ["would be erased"]
    assert "would be erased" in still.out
    (row,) = json.loads(erased.out)
    assert (erased.code, row["outcome"]) == (0, "partly erased")
    assert "until the report is closed" in row["why"]
    assert (again.code, again.out) == (0, "Nothing is held about them.\n")
    reports = opened(council, "reports")
    document = reports.store.find("reports", {"reference": reference}).items[0]
    assert email not in json.dumps(document, default=str)
    assert document["private"]["description"] == "Something about them"
    reports.store.close()


def test_what_an_open_case_needs_is_refused_with_the_exemption_and_listed_for_the_office(council, tmp_path):
    email = f"{new_id()}@example.com"
    reference = report(council, "Seen by them", email=email)
    reports = opened(council, "reports")
    document = reports.store.find("reports", {"reference": reference}).items[0]
    case = {"_id": new_id(), "sequence": 1, "report_ids": [document["_id"]], "is_open": True}
    reports.store.put_if_newer("holds", case, sequence=1)

    said = streetscene("privacy", "erase", "--email", email, "--reason", "Asked in writing", data=council.data)

    assert said.code == 1
    assert "article 17(3)(e)" in said.out
    assert email in json.dumps(reports.store.find("reports", {"reference": reference}).items, default=str)
    reports.store.close()


def test_a_member_of_staff_is_found_and_not_erased_by_it(council):
    email = council.user("supervisor")["email"]

    said = streetscene(
        "privacy", "erase", "--email", email, "--reason", "Asked in writing", "--json", data=council.data
    )

    assert said.code == 1
    assert [(row["service"], row["outcome"]) for row in json.loads(said.out)] == [("accounts", "kept")]


def test_every_request_is_on_record_and_nobody_can_be_read_out_of_it(council, tmp_path):
    email = f"{new_id()}@example.com"
    streetscene("privacy", "export", "--email", email, "--to", str(tmp_path / "none"), data=council.data)
    streetscene("privacy", "erase", "--email", email, "--reason", "Asked in writing", data=council.data)

    table = streetscene("privacy", "log", data=council.data)
    rows = json.loads(streetscene("privacy", "log", "--json", data=council.data).out)

    mine = [row for row in rows if row["subject"] == rows[0]["subject"]]
    assert [row["action"] for row in mine] == ["erased", "erase", "exported", "export"]
    assert {row["by"].partition(":")[0] for row in mine} == {"shell"}
    assert mine[0]["reason"] == "Asked in writing"
    assert email not in table.out + json.dumps(rows)
    assert re.fullmatch("email:[0-9a-f]{32}", mine[0]["subject"])


# --- boundaries, seed, simulate -----------------------------------------


def test_official_wards_are_taken_and_used(tmp_path):
    file = reference_file("boundaries/liverpool_wards_pre2023_martinjc.json")

    said = streetscene(
        *("boundaries", "import", str(file), "--from", "2013-05-02", "--to", "2023-05-03"), data=tmp_path / "data"
    )

    assert said.code == 0, said
    assert said.out.startswith("30 wards are in force from 2 May 2013 until 3 May 2023.\n")
    assert streetscene("check", data=tmp_path / "data").code == 0


def test_a_file_of_made_areas_is_taken_and_a_broken_one_refused(tmp_path):
    square = [[-3.0, 53.4], [-2.9, 53.4], [-2.9, 53.5], [-3.0, 53.5], [-3.0, 53.4]]
    area = {
        "type": "Feature",
        "properties": {"WD24CD": "E05099999", "WD24NM": "Made Ward"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    (tmp_path / "made.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    (tmp_path / "broken.geojson").write_text("{")

    made = streetscene("boundaries", "import", str(tmp_path / "made.geojson"), "--from", "2030-01-01", data=tmp_path)
    broken = streetscene(
        "boundaries", "import", str(tmp_path / "broken.geojson"), "--from", "2030-01-01", data=tmp_path
    )

    assert (made.code, made.out.splitlines()[0]) == (0, "1 wards are in force from 1 January 2030.")
    refused(broken, code=2, saying="broken.geojson")


@pytest.mark.parametrize(
    ("setting", "value", "saying"),
    [
        ("STREETSCENE_DEMO", "0", "no made past"),
        ("STREETSCENE_STORE_URL", "mongodb://127.0.0.1:1/x", "made in SQLite and folders"),
        ("STREETSCENE_BLOB_URL", "s3://bucket", "made in SQLite and folders"),
    ],
)
def test_no_past_is_made_where_none_can_be(setting, value, saying, tmp_path):
    refused(streetscene("seed", data=tmp_path, **{setting: value}), code=2, saying=saying)


def test_no_past_is_made_over_data_or_beside_a_running_system(council, tmp_path):
    (tmp_path / "store").mkdir()

    refused(streetscene("seed", data=tmp_path), code=2, saying="there are data in")
    refused(streetscene("seed", data=council.data), code=2, saying="another Streetscene is running")


def test_simulated_reports_become_jobs(council):
    def references(path: str, role: str) -> set[str]:
        return {item["reference"] for item in council.get(path, role)["items"]}

    before = references("/api/reports/v1/reports", "supervisor")

    said = streetscene("simulate", "--minutes", "0.08", "--per-hour", "7200", data=council.data)

    assert said.code == 0, said
    assert f"reports an hour at {council.url}" in said.out
    assert "Refused" not in said.out
    made = references("/api/reports/v1/reports", "supervisor") - before
    assert made
    eventually(lambda: made <= references("/api/scheduling/v1/jobs", "supervisor"), what="a job for each made report")


def test_a_simulation_without_a_system_says_that_nobody_answers(council):
    said = streetscene("simulate", "--url", f"http://127.0.0.1:{free_ports()}", data=council.data)

    refused(said, code=1, saying="nobody answers at http://127.0.0.1:")


def test_nothing_made_up_is_sent_to_a_council_that_is_no_demonstration(council, tmp_path):
    folder = shutil.copytree(REPOSITORY / "deploy" / "councils" / "liverpool", tmp_path / "council")
    file = Path(folder) / "council.toml"
    file.write_text(file.read_text().replace("is_demonstration = true", "is_demonstration = false"))

    said = streetscene("simulate", data=council.data, STREETSCENE_COUNCIL=str(file))

    refused(said, code=2, saying="is no demonstration")


def test_a_simulation_needs_the_credentials_of_a_started_system(tmp_path):
    refused(streetscene("simulate", data=tmp_path), code=2, saying="credentials.json is not there")


# --- the register -----------------------------------------


def test_a_table_is_exported_and_comes_back_without_a_change(council, tmp_path):
    exported = streetscene("register", "export", "patterns", data=council.data)
    file = tmp_path / "patterns.csv"
    file.write_text(exported.out)

    said = streetscene("register", "import", "patterns", str(file), data=council.data)

    assert exported.out.startswith("id,name,kind,starts,ends,days,")
    assert (said.code, said.out.splitlines()[-1]) == (0, "0 of 7 rows changed.")


def test_a_dry_run_says_what_would_change_and_changes_nothing(council, tmp_path):
    file = tmp_path / "absences.csv"
    file.write_text("id,person_id,from_on,to_on,kind\nfrom-a-file,p-001,2031-01-06,2031-01-07,planned\n")

    dry = streetscene("register", "import", "absences", str(file), "--dry-run", "--json", data=council.data)
    after_dry = streetscene("register", "export", "absences", data=council.data).out
    taken = streetscene("register", "import", "absences", str(file), data=council.data)
    after = streetscene("register", "export", "absences", "--json", data=council.data)

    assert [(each["line"], each["what"]) for each in json.loads(dry.out)["changes"]] == [(2, "added")]
    assert "from-a-file" not in after_dry
    assert (taken.code, taken.out.splitlines()[-1]) == (0, "1 of 1 rows changed.")
    assert "from-a-file" in {row["id"] for row in json.loads(after.out)}


def test_a_depot_of_a_file_is_where_crews_can_work_from(council, tmp_path):
    file = tmp_path / "depots.csv"
    rows = streetscene("register", "export", "depots", data=council.data).out
    file.write_text(f"{rows}docks,Dock road depot,53.425,-2.996\n")

    said = streetscene("register", "import", "depots", str(file), data=council.data)

    assert (said.code, said.out.splitlines()[-1]) == (0, "1 of 4 rows changed.")
    depots = {each["id"]: each for each in council.get("/api/scheduling/v1/depots", "supervisor")["items"]}
    assert (depots["docks"]["lat"], depots["docks"]["lon"]) == (53.425, -2.996)


def test_a_bad_file_ends_with_every_bad_line_and_takes_nothing(council, tmp_path):
    file = tmp_path / "absences.csv"
    file.write_text("id,person_id,from_on,to_on,kind\na-1,nobody,soon,,planned\n")

    said = streetscene("register", "import", "absences", str(file), "--json", data=council.data)
    told = streetscene("register", "import", "absences", str(file), data=council.data)

    bad = json.loads(said.out)["bad"]
    assert [(each["line"], each["column"]) for each in bad] == [(2, "person_id"), (2, "from_on")]
    assert (said.code, told.code, json.loads(said.out)["taken"]) == (1, 1, False)
    assert "Nothing was taken: 2 things are wrong." in told.err


def test_what_a_command_changes_is_what_the_page_shows(council, tmp_path):
    file = tmp_path / "vehicles.csv"
    rows = streetscene("register", "export", "vehicles", data=council.data).out
    file.write_text(rows.replace("DEMO-303", "DEMO-909"))

    said = streetscene("register", "import", "vehicles", str(file), data=council.data)

    assert said.code == 0
    vehicles = council.get("/api/scheduling/v1/vehicles", "supervisor")["items"]
    assert "DEMO-909" in {vehicle["registration"] for vehicle in vehicles}
