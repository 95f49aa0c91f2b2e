"""Which handler of the tonnage service answers which event."""

from services.tonnage.handlers import on_job_completed, on_ticket_changed, on_vehicle_changed, on_vehicle_tipped
from shared.contracts.scheduling import JobCompletedV1, VehicleChangedV1, VehicleTippedV1
from shared.contracts.tonnage import TicketReconciledV1, TicketRecordedV1, TicketVoidedV1
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

TIPS = Subscription("tonnage.tips", (VehicleTippedV1,), on_vehicle_tipped)
VEHICLES = Subscription("tonnage.vehicles", (VehicleChangedV1, VehicleTippedV1), on_vehicle_changed)
JOBS = Subscription("tonnage.jobs", (JobCompletedV1,), on_job_completed)
TOTALS = Subscription("tonnage.totals", (TicketRecordedV1, TicketReconciledV1, TicketVoidedV1), on_ticket_changed)
USERS = users_subscription("tonnage")

SUBSCRIPTIONS: tuple[Subscription, ...] = (TIPS, VEHICLES, JOBS, TOTALS, USERS)
TIMERS: tuple[Timer, ...] = ()
