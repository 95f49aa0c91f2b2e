"""Small days to plan: three crews around one yard, two sites, and jobs wherever a test wants them."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from services.scheduling.rounds.day import Crew, Day, Job, Rest, Site
from services.scheduling.rounds.travel import Slow, StraightTravel

HOUR = 3600
YARD = (53.43, -2.97)
TRAVEL = StraightTravel({"tipper": 28.0, "van": 30.0}, [Slow(7 * HOUR + 1800, 9 * HOUR + 1800, 0.65)])
SITES = {
    "dock": Site("dock", (53.431, -2.993), 900, "Dock Road"),
    "park": Site("park", (53.4445, -2.885), 900, "Eastern park"),
}


def make_crew(crew_id: str = "crew-1", **changes: Any) -> Crew:
    crew = Crew(
        id=crew_id,
        name=crew_id.replace("-", " "),
        vehicle_class="tipper",
        payload_kg=1000,
        volume_litres=6000,
        skills=frozenset({"GENERAL"}),
        position=YARD,
        home=YARD,
        start=6 * HOUR,
        end=14 * HOUR,
        ready=6 * HOUR + 600,
        rest=Rest(1800, 9 * HOUR, 10 * HOUR + 1800),
    )
    return replace(crew, **changes)


def make_job(job_id: str, spot: tuple[float, float] = (53.42, -2.95), **changes: Any) -> Job:
    job = Job(
        id=job_id,
        label=f"job {job_id}",
        spot=spot,
        work_seconds=900,
        kg=100,
        litres=500,
        urgency=3,
        prize=140 * 60,
        late_rate=0.2,
        skill="GENERAL",
    )
    return replace(job, **changes)


def make_day(*jobs: Job, crews: Any = None, sites: Any = None, now: int = 0) -> Day:
    crews = [make_crew()] if crews is None else crews
    return Day({crew.id: crew for crew in crews}, {job.id: job for job in jobs}, sites or SITES, now)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Any day of three crews, one with a small van, one with a ticket and a late shift, and a dozen jobs."""
    crews = [
        make_crew("crew-1"),
        make_crew("crew-2", vehicle_class="van", payload_kg=400, volume_litres=2500),
        make_crew(
            "crew-3",
            skills=frozenset({"GENERAL", "ASBESTOS"}),
            start=12 * HOUR,
            ready=12 * HOUR + 600,
            end=20 * HOUR,
            rest=Rest(1800, 15 * HOUR, 16 * HOUR + 1800),
        ),
    ]
    number = draw(st.integers(3, 14))
    jobs = [
        make_job(
            str(each),
            (draw(st.floats(53.33, 53.47)), draw(st.floats(-2.99, -2.85))),
            work_seconds=draw(st.integers(300, 3600)),
            kg=draw(st.integers(1, 900)),
            litres=draw(st.integers(50, 4000)),
            urgency=draw(st.integers(1, 5)),
            skill=draw(st.sampled_from(["GENERAL", "GENERAL", "ASBESTOS", None])),
            deadline=draw(st.none() | st.integers(7 * HOUR, 19 * HOUR)),
            release=draw(st.sampled_from([0, 0, 10 * HOUR])),
            held=draw(st.integers(0, 9)) == 0,
            contractor=draw(st.integers(0, 9)) == 0,
        )
        for each in range(number)
    ]
    return make_day(*jobs, crews=crews)
