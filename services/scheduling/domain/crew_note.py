"""What a crew tells its supervisor beside its jobs: actions that could not be taken, and walk-round checks."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CrewNote:
    """An action that was refused and that the crew handed over, with all that it said; `id` is the action's own."""

    id: str
    kind: str
    crew_id: str
    job_id: str | None
    occurred_at: datetime
    received_at: datetime
    refused_because: str
    said: dict[str, str]
    photo_keys: tuple[str, ...] = ()
    is_doubtful: bool = False
    is_open: bool = True
    version: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Defect:
    """Something wrong with a vehicle, in the words of the list of that day."""

    code: str
    words: str
    stops: bool


@dataclass(frozen=True)
class VehicleCheck:
    """One walk round a vehicle; without a defect it is a record that nobody has to look at."""

    id: str
    crew_id: str
    vehicle_id: str
    occurred_at: datetime
    received_at: datetime
    defects: tuple[Defect, ...] = ()
    note: str = ""
    photo_keys: tuple[str, ...] = ()
    is_doubtful: bool = False
    is_open: bool = False
    version: int = 0
    sequence: int = 0

    @property
    def keeps_in(self) -> bool:
        """Say whether the vehicle may not go out."""
        return any(defect.stops for defect in self.defects)
