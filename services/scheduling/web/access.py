"""Who may do what with which job: supervisors with all of them, a crew with its own."""

from services.scheduling import store
from services.scheduling.domain.job import Job
from shared.errors import Forbidden, NotFound
from shared.service import ServiceContext
from shared.web.auth import roles, signed_in_user
from shared.web.identity import User

SUPERVISORS = roles("supervisor")
BOARD_READERS = roles("supervisor", "manager")
CREWS = roles("crew", "supervisor")


def is_supervisor(user: User) -> bool:
    """Say whether the user directs the crews."""
    return user.has_role("supervisor")


def crew_of(user: User) -> str | None:
    """Return the crew that the user is signed in as."""
    return user.scopes.get("crew_id")


def acts_for_every_crew(user: User) -> bool:
    """Say whether the user may act for any crew: a supervisor, or a program whose token for crews names none."""
    return is_supervisor(user) or (user.has_role("crew") and crew_of(user) is None)


def own_job(ctx: ServiceContext, job_id: str) -> Job:
    """Return a job that the user may work on; a crew is not told of other crews' jobs. Raises `NotFound`."""
    user = signed_in_user()
    job = store.jobs(ctx.store).require(job_id)
    if not acts_for_every_crew(user) and job.crew_id != crew_of(user) and not _finished_by(job, crew_of(user)):
        raise NotFound("This job is not on your list. It may have been given to another crew.")
    return job


def own_crew(crew_id: str) -> str:
    """Return the crew's id if the user may act for it; raises `Forbidden`."""
    user = signed_in_user()
    if not acts_for_every_crew(user) and crew_id != crew_of(user):
        raise Forbidden("You can only do this for your own crew.")
    return crew_id


def own_vehicle(ctx: ServiceContext, vehicle_id: str) -> str | None:
    """Return the crew of a vehicle that the user may tip; raises `Forbidden`."""
    user = signed_in_user()
    driving = [crew.id for crew in store.all_crews(ctx.store) if crew.vehicle_id == vehicle_id]
    mine = crew_of(user)
    if mine in driving:
        return mine
    if not acts_for_every_crew(user):
        raise Forbidden("You can only tip your own vehicle.")
    return driving[0] if driving else None


def _finished_by(job: Job, crew_id: str | None) -> bool:
    """Say whether this crew was the last one there, so that its repeated request is answered."""
    return crew_id is not None and job.last_crew_id == crew_id
