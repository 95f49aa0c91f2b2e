"""A day as its pages, files and API show it: words for codes, and for every number the address of its jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from services.scheduling import store
from services.scheduling.crew_lists import crew_lists
from services.scheduling.day_end import DayEnd
from services.scheduling.domain import job as rules
from services.scheduling.domain.day_end import ENDINGS, OFF_LIST, ORIGINS, PLANNED, DayJob, tally
from services.scheduling.domain.fleet import Crew
from services.scheduling.domain.job import Job
from services.scheduling.domain.supervising import RETURN_REASONS
from services.scheduling.web.depots import depot_name
from shared.contracts.codes import OUTCOMES
from shared.errors import NotFound
from shared.service import ServiceContext

ADDED, UNPLANNED, NOBODY = "added", "unplanned", "nobody"
SIDES: Mapping[str, str] = {"done": "Done", "called-off": "Called off", "carried": "Carried over"}
GROUPS_OF_ORIGINS: Mapping[str, str] = {ADDED: "Added during the day", UNPLANNED: "Not planned"}


@dataclass(frozen=True)
class DayFilter:
    """Which jobs of a day are wanted; empty text means all."""

    depot: str = ""
    crew: str = ""
    came: str = ""
    went: str = ""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "DayFilter":
        """Return the filter in a query string."""
        return cls(**{name: arguments.get(name, "").strip() for name in cls.__dataclass_fields__})

    def admits(self, row: DayJob) -> bool:
        """Say whether a job is wanted."""
        return (
            self.depot in ("", row.depot_id)
            and self.crew in ("", row.crew_id or NOBODY)
            and (self.came in ("", row.origin) or self._is_of_group(row))
            and self.went in ("", row.ending, row.side)
        )

    def _is_of_group(self, row: DayJob) -> bool:
        """Say whether a job is of the group of origins that is wanted."""
        if self.came == UNPLANNED:
            return row.origin != PLANNED
        return self.came == ADDED and row.origin not in (PLANNED, OFF_LIST)

    def words(self, crews: Mapping[str, Crew]) -> list[str]:
        """Return in words what is wanted."""
        said = [depot_name(self.depot)] if self.depot else []
        if self.crew and self.crew != NOBODY:
            said.append(crew_name(crews, self.crew))
        named = len(said)
        if self.crew == NOBODY:
            said.append("No crew")
        if self.came:
            said.append(ORIGINS.get(self.came) or GROUPS_OF_ORIGINS.get(self.came, self.came))
        if self.went:
            said.append(ENDINGS[self.went][1] if self.went in ENDINGS else SIDES.get(self.went, self.went))
        # Names keep their capitals; of the rest only what comes first of all has one.
        return [words if place < max(named, 1) else words[:1].lower() + words[1:] for place, words in enumerate(said)]


def day_of(text: str) -> date:
    """Return the date in an address; raises `NotFound` for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("There is no such day. Write it as in 2026-11-17.") from None


def jobs_url(day: date, **wanted: str) -> str:
    """Return the address of some jobs of a day."""
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"/dispatch/days/{day.isoformat()}/jobs" + (f"?{query}" if query else "")


def origin_rows(found: DayEnd, depot: str = "") -> list[list[Any]]:
    """Return how many jobs came to the day in which way."""
    rows = [row for row in found.rows if depot in ("", row.depot_id)]
    counted = [(code, words, sum(row.origin == code for row in rows)) for code, words in ORIGINS.items()]
    return [[words, _linked(count, jobs_url(found.day, depot=depot, came=code))] for code, words, count in counted]


def ending_rows(found: DayEnd, depot: str = "") -> list[list[Any]]:
    """Return how many jobs left the day in which way; those of which there were none are left out."""
    rows = [row for row in found.rows if depot in ("", row.depot_id)]
    counted = [(code, *told, sum(row.ending == code for row in rows)) for code, told in ENDINGS.items()]
    return [
        [words, SIDES[side], _linked(count, jobs_url(found.day, depot=depot, went=code))]
        for code, side, words, count in counted
        if count or code == "done"
    ]


def sum_of(found: DayEnd, *, depot: str = "", crew: str = "") -> dict[str, dict[str, Any]]:
    """Return the sum of the day, a depot or a crew, each number by its name and with the address of its jobs."""
    rows = [row for row in found.rows if depot in ("", row.depot_id) and crew in ("", row.crew_id or NOBODY)]
    made = tally(rows)
    wanted: Mapping[str, tuple[int, Mapping[str, str]]] = {
        "planned": (made.planned, {"came": PLANNED}),
        "added": (made.added, {"came": ADDED}),
        "off_list": (made.off_list, {"came": OFF_LIST}),
        "done": (made.done, {"went": "done"}),
        "done_unplanned": (made.done_unplanned, {"went": "done", "came": UNPLANNED}),
        "called_off": (made.called_off, {"went": "called-off"}),
        "carried": (made.carried, {"went": "carried"}),
    }
    return {
        name: {"value": count, "href": jobs_url(found.day, depot=depot, crew=crew, **query)}
        for name, (count, query) in wanted.items()
    }


def work_cells(found: DayEnd, depot: str, crews: Sequence[Crew], travel: tuple[int, float] | None) -> list[Any]:
    """Return the cells of what crews worked and tipped: hours, planned travel, tips, kilograms."""
    ids = [crew.id for crew in crews]
    loads, base = found.loads(ids), f"/dispatch/days/{found.day.isoformat()}/{depot}"
    plan = found.first_plan(depot)
    way = f"{travel[1]:,.1f} km, {travel[0]:,} min" if travel else ""
    return [
        {"value": _worked_words(found, ids), "href": f"{base}#hours"} if found.shifts_of(ids) else "",
        {"value": way, "href": f"/dispatch/plans/{plan.id}"} if way and plan else "",
        _linked(loads.tips, f"{base}#tips"),
        _linked(loads.estimated_kg, f"{base}#tips"),
        _linked(loads.weighed_kg, f"{base}#tips"),
    ]


def _worked_words(found: DayEnd, crew_ids: Sequence[str]) -> str:
    """Return how long some crews have worked; that it is not known where nobody has signed off."""
    is_known = any(shift.worked_minutes is not None for shift in found.shifts_of(crew_ids))
    return hours_words(found.minutes(crew_ids)) if is_known else "Not known"


def crew_travel(found: DayEnd, crew: Crew) -> tuple[int, float] | None:
    """Return the minutes and kilometres of a crew's round as it was planned first."""
    planned = found.planned_round(crew)
    return (planned.travel_minutes, planned.metres / 1000) if planned else None


def reason_words(code: str | None) -> str:
    """Return why a job was not done, in words; an outcome in the words of the crew's list."""
    if code is None:
        return ""
    lists = crew_lists()
    for words in (
        *(rules.DEFER_REASONS, rules.CANCEL_REASONS, rules.FOLLOWED_REASONS, rules.WITHDRAWN, RETURN_REASONS),
        *(lists.hand_back, lists.day_end),
    ):
        if code in words:
            return words[code]
    if code in OUTCOMES:
        return OUTCOMES[code].plain
    return OTHER_REASONS.get(code, code)


def why(found: DayEnd, row: DayJob) -> str:
    """Return why a job was not done: the reason that is known or was chosen, and what the plan that left it said."""
    said = [reason_words(found.reason_of(row))]
    if row.ending in ("not-given", "taken-off"):
        said.append(found.left_words(row.job_id))
    return ". ".join(words[:1].upper() + words[1:] for words in said if words)


OTHER_REASONS: Mapping[str, str] = {
    rules.NEXT_ROUND: "Its next round has come",
    rules.CAMPAIGN_OFF: "Its campaign was called off",
    rules.CAMPAIGN_DAY: "Waits for its day in a campaign",
}


def crew_name(crews: Mapping[str, Crew], crew_id: str | None) -> str:
    """Return a crew's name; its id where it is gone."""
    if crew_id is None:
        return ""
    return crews[crew_id].name if crew_id in crews else crew_id


def hours_words(minutes: int) -> str:
    """Return a length of work: 7 h 5 min."""
    return f"{minutes // 60} h {minutes % 60:02} min"


def neighbours(day: date, today: date) -> tuple[date, date | None]:
    """Return the day before, and the day after where it has come."""
    following = day + timedelta(days=1)
    return day - timedelta(days=1), following if following <= today else None


def read_jobs(ctx: ServiceContext, found: DayEnd, rows: Sequence[DayJob]) -> dict[str, Job]:
    """Return the jobs of some rows as they are now."""
    missing = [row.job_id for row in rows if row.job_id not in found.jobs]
    read = {job_id: store.jobs(ctx.store).get(job_id) for job_id in missing}
    return {**found.jobs, **{job_id: job for job_id, job in read.items() if job is not None}}


def _linked(count: int, href: str) -> dict[str, str]:
    """Return a number with the address of what it counts."""
    return {"value": f"{count:,}", "href": href}
