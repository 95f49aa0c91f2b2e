"""A whole day through the public doors: every report accounted for, and no rule broken.

Fifteen crews sign on with their codes, the planner proposes, a supervisor publishes; residents go on reporting, two
vehicles break down, a crew falls ill, and what can't wait comes in between. Seven of the crews were added to the
register by files that same morning. Afterwards the archive of events is read: what became of each report, and whether
anything happened that no rule allows. The council's clock runs fast; everything else is as on any day.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random

from deploy.demo.live import open_demo_store
from services.operations.domain.archiving import archived_event
from shared.calendar import LONDON
from shared.clock import ClockSetting, machine_now
from shared.config import SERVICES, Settings
from shared.council import Council
from shared.processes import open_contexts, write_clock
from shared.service import ServiceContext
from tests.proof.comparison import every, wait_for_rest
from tests.proof.day.accounts import Account, account_for
from tests.proof.day.course import Course, Ways
from tests.proof.day.crews import CrewOut
from tests.proof.day.driven import check_rounds
from tests.proof.day.ledger import Ledger
from tests.proof.day.office import Office
from tests.proof.day.refereed import check_first_plans
from tests.proof.day.register import read_register
from tests.proof.day.rules import Checked, Lived, check_rules
from tests.proof.day.setting import (
    FULL,
    TUESDAY,
    Left,
    Size,
    files_for,
    left_before,
    left_to_find,
    left_urgent,
)
from tests.proof.day.stage import Browser, LiveStage, Stage
from tests.proof.day.story import tell
from tests.reference import reference_of_planning
from tests.servers.system import running_system

SPEED = 60
"""Council seconds per second: a shift passes in eight minutes, and five seconds of a search are five minutes."""

OPENS, REPORTED, PLANNED, LAST_LOOK = time(4, 40), time(4, 45), time(5, 15), time(16, 20)
URGENT_FROM, URGENT_TO = time(7, 15), time(13, 30)
SIGN_ON_LATE = timedelta(minutes=4)
STEPS = 18
CODE = re.compile(r'app-code--large">([^<]+)<')


@dataclass(frozen=True)
class FullDay:
    """What a day came to."""

    size: Size
    crews: int
    ledger: Ledger
    account: Account
    rules: list[Checked]
    most_late: timedelta
    has_referee: bool

    def shortcomings(self) -> list[str]:
        """Return everything that is not as it should be."""
        broken = [f"{each.rule}: {words}" for each in self.rules for words in each.broken]
        unseen = [f"{each.rule}: there was nothing to look at" for each in self.rules if not each.looked_at]
        return [*self.ledger.problems, *self.account.problems, *broken, *unseen]


def prove_full_day(*, folder: Path, on_step: Callable[[str], None]) -> FullDay:
    """Live the day in a running system at speed, and return what it came to."""
    settings = Settings.from_env({"STREETSCENE_DATA": str(folder / "data"), "STREETSCENE_DEMO": "1"})
    settings.data.mkdir()
    demo = open_demo_store(settings)
    # A store that is there already has no past made; the clock stands still until everybody is ready.
    write_clock(demo, ClockSetting(machine_now(), at(OPENS), 0.001))
    on_step("starting")
    with running_system(settings.data, demo=True) as system, open_contexts(SERVICES, settings) as contexts:
        stage = LiveStage(system.url, system.credentials, demo)
        course, office, crews = set_up(stage, contexts["reports"].council, FULL)
        stage.run_clock(at(OPENS), SPEED)
        live(course, office, crews, lambda now: on_step(f"{now.astimezone(LONDON):%H:%M}"))
        wait_for_rest(contexts)
        found = conclude(course, lived_day(course, contexts["operations"]))
    demo.close()
    return found


def at(clock: time) -> datetime:
    """Return when clocks in London show a time on the day."""
    return datetime.combine(TUESDAY, clock, LONDON).astimezone(UTC)


def set_up(stage: Stage, council: Council, size: Size) -> tuple[Course, Office, list[CrewOut]]:
    """Make the register ready, issue codes to all crews that work, and return everybody who will act."""
    supervisor = _signed_in(stage)
    for table, content in files_for(size).items():
        if content.count("\n") > 1:
            _take_file(supervisor, table, content)
    stage.settle()
    register = read_register(supervisor, council, TUESDAY)
    course = Course(stage, size, council, register, Ways(TUESDAY), Random(size.seed))
    finds = [(left, number % 2 == 0) for number, left in enumerate(left_to_find(size, council, course.random))]
    working = [crew for crew in register.crews.values() if crew.depot in size.depots]
    crews = [
        CrewOut(course, crew, _code(stage, supervisor, crew.id), _share(finds, number, len(working)))
        for number, crew in enumerate(working)
    ]
    return course, Office(course, supervisor), crews


def live(course: Course, office: Office, crews: list[CrewOut], on_hour: Callable[[datetime], None]) -> None:
    """Plan what will happen on the day by itself, and let it happen."""
    random, size = course.random, course.size
    for left in left_before(size, course.council, random):
        course.plan(at(REPORTED), office.report, left)
    course.plan(at(PLANNED), _prepare_when_ready, course, office)
    for crew in crews:
        course.plan(crew.crew.starts + SIGN_ON_LATE * random.random(), crew.begin)
    for left in left_urgent(size, course.council, random):
        course.plan(_between(random, URGENT_FROM, URGENT_TO), office.report, left)
    course.plan(at(time(10)), office.change_minds)
    for_trouble = random.sample(crews, size.absences + len(size.breakdowns))
    for number in range(size.absences):
        course.plan(_between(random, time(9, 15), time(9, 45)), office.lose_crew, for_trouble[number])
    for crew, how in zip(for_trouble[size.absences :], size.breakdowns, strict=True):
        course.plan(_between(random, time(10, 30), time(12)), office.lose_vehicle, crew, how)
    course.live(on_hour)


def lived_day(course: Course, operations: ServiceContext) -> Lived:
    """Return the day as the archive of events tells it, beside what everybody was told."""
    story = tell(archived_event(document) for document in every(operations, "archive"))
    return Lived(story, course.register, course.ledger)


def conclude(course: Course, lived: Lived) -> FullDay:
    """Return what the day came to; the referee is asked where it is there."""
    rules = [*check_rules(lived), check_rounds(lived)]
    referee = reference_of_planning("day_referee")
    if referee is not None:
        rules.append(check_first_plans(lived, referee))
    return FullDay(
        course.size,
        sum(crew.depot in course.size.depots for crew in course.register.crews.values()),
        course.ledger,
        account_for(lived),
        rules,
        course.most_late,
        has_referee=referee is not None,
    )


def _prepare_when_ready(course: Course, office: Office) -> None:
    """Begin the planning when every report has its job, and look at the board from then on."""
    now = course.stage.now()
    if office.waits_for() and now < at(time(5, 50)):
        course.plan(now + timedelta(minutes=1), _prepare_when_ready, course, office)
        return
    office.prepare()
    course.plan(course.stage.now() + timedelta(minutes=2), office.look, at(LAST_LOOK))


def _signed_in(stage: Stage) -> Browser:
    """Return a browser in which a supervisor is signed in."""
    user = next(user for user in stage.credentials["users"] if user["role"] == "supervisor")
    browser = stage.browser()
    browser.get("/accounts/sign-in")
    answer = browser.post("/accounts/sign-in", {"email": user["email"], "password": user["password"]})
    assert answer.status == 303, answer
    return browser


def _take_file(supervisor: Browser, table: str, content: str) -> None:
    """Bring a file to a table of the register: look at what it would change, and take it."""
    supervisor.get(f"/dispatch/register/{table}")
    shown = supervisor.post(f"/dispatch/register/{table}/upload", {}, {"file": content.encode()})
    version = re.search(r'name="version" value="(\d+)"', shown.text)
    assert version is not None, (table, shown.status, shown.text[-3000:])
    taken = supervisor.post(f"/dispatch/register/{table}/take", {"version": version.group(1), "content": content})
    assert taken.status == 303, (table, taken.status)


def _code(stage: Stage, supervisor: Browser, crew_id: str) -> str:
    """Return a fresh shift code of a crew; one that was added a moment ago is known as soon as its event has come."""
    supervisor.get(f"/accounts/shift-codes?crew_id={crew_id}")
    for _ in range(100):
        page = supervisor.post("/accounts/shift-codes", {"crew_id": crew_id, "hours": "14"})
        code = CODE.search(page.text)
        if code is not None:
            return code.group(1)
        stage.wait_until(stage.now() + timedelta(milliseconds=1))
        stage.settle()
    raise AssertionError(f"{crew_id} gets no shift code: {page.status}")


def _share(finds: list[tuple[Left, bool]], number: int, crews: int) -> list[tuple[Left, bool]]:
    """Return what one of the crews comes upon."""
    return [find for place, find in enumerate(finds) if place % crews == number]


def _between(random: Random, first: time, last: time) -> datetime:
    return at(first) + (at(last) - at(first)) * random.random()
