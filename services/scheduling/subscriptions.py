"""Which handler answers which event, and what is done every so often: the worker's table of contents without nameko."""

from services.scheduling import (
    beats,
    campaigns,
    dropping_out,
    forecasting,
    planning,
    privacy,
    proof,
    reactions,
    replanning,
    shift_day,
    supervising,
    tipping,
    unanswered,
)
from services.scheduling.register import follow, forget
from shared.contracts.enforcement import CaseEvidenceSecuredV1
from shared.contracts.reports import (
    ReportAmendedV1,
    ReportAssessedV1,
    ReportClosedV1,
    ReportEvidenceFlaggedV1,
    ReportMergedV1,
    ReportReferredV1,
    ReportReopenedV1,
    ReportSubmittedV1,
    ReportUnmergedV1,
)
from shared.contracts.scheduling import PlanPublishedV1, VehicleTippedV1
from shared.contracts.tonnage import TicketReconciledV1, TicketVoidedV1
from shared.service import ServiceContext, Subscription, Timer
from shared.web.deny import users_subscription

REPORTS = Subscription(
    "scheduling.reports",
    (
        ReportSubmittedV1,
        ReportAssessedV1,
        ReportAmendedV1,
        ReportMergedV1,
        ReportUnmergedV1,
        ReportReferredV1,
        ReportClosedV1,
        ReportReopenedV1,
        ReportEvidenceFlaggedV1,
    ),
    reactions.on_report,
)
TIPS = Subscription("scheduling.tips", (VehicleTippedV1,), reactions.on_vehicle_tipped)
TICKETS = Subscription("scheduling.tickets", (TicketReconciledV1, TicketVoidedV1), reactions.on_ticket)
CASES = Subscription("scheduling.cases", (CaseEvidenceSecuredV1,), reactions.on_evidence_secured)
PLANS = Subscription("scheduling.plans", (PlanPublishedV1,), reactions.on_plan_published)
USERS = users_subscription("scheduling")

SUBSCRIPTIONS: tuple[Subscription, ...] = (REPORTS, TIPS, TICKETS, CASES, PLANS, USERS)

FINISH_EVERY_SECONDS = 30.0
"""Long enough for the event to do it; short enough that nobody sees a half-tipped lorry for long after a crash."""

FINISH_TIPS = Timer("scheduling.finish-tips", FINISH_EVERY_SECONDS, tipping.finish_tips)
FINISH_PLANS = Timer("scheduling.finish-plans", FINISH_EVERY_SECONDS, planning.finish_plans)

GIVE_UP_PLANS = Timer("scheduling.give-up-plans", FINISH_EVERY_SECONDS, unanswered.give_up_unanswered)

FINISH_SPLITS = Timer("scheduling.finish-splits", FINISH_EVERY_SECONDS, supervising.finish_splits)
FINISH_DROPPING_OUT = Timer("scheduling.finish-dropping-out", FINISH_EVERY_SECONDS, dropping_out.finish_dropping_out)

DUE_EVERY_SECONDS = 60.0
"""A job that was put off until today is on the list a minute after midnight."""

OPEN_DUE_JOBS = Timer("scheduling.open-due-jobs", DUE_EVERY_SECONDS, supervising.open_due_jobs)

REPLAN_EVERY_SECONDS = 15.0
"""An urgent job is with a crew within minutes; looking is two indexed finds."""

REPLAN = Timer("scheduling.replan", REPLAN_EVERY_SECONDS, replanning.request_replans)

FORGET_SHIFTS_EVERY_SECONDS = 300.0
FORGET_SHIFTS = Timer("scheduling.forget-shifts", FORGET_SHIFTS_EVERY_SECONDS, shift_day.forget_shifts)

FORECAST_EVERY_SECONDS = 3600.0
FORECAST = Timer("scheduling.forecast", FORECAST_EVERY_SECONDS, forecasting.publish_forecast)

SWEEP_EVERY_SECONDS = 6 * 3600.0
SWEEP_PHOTOS = Timer("scheduling.sweep-photos", SWEEP_EVERY_SECONDS, proof.sweep_photos)

BEATS_EVERY_SECONDS = 300.0
"""Before the first shift, and soon after a beat was added; looking is one find."""

BEATS = Timer("scheduling.beats", BEATS_EVERY_SECONDS, beats.make_beat_jobs)
CAMPAIGNS = Timer("scheduling.campaigns", BEATS_EVERY_SECONDS, campaigns.run_campaigns)
FOLLOW_REGISTER = Timer("scheduling.follow-register", FINISH_EVERY_SECONDS, follow.follow_register)

FORGET_EVERY_SECONDS = 3600.0
FORGET_PROOFS = Timer("scheduling.forget-proofs", FORGET_EVERY_SECONDS, proof.forget_proofs)


def _forget_names(ctx: ServiceContext) -> None:
    """Forget the names whose time is over: of who left the crews, and of who closed a day."""
    forget.forget_who_left(ctx)
    privacy.forget_who_closed(ctx)


FORGET_NAMES = Timer("scheduling.forget-names", FORGET_EVERY_SECONDS, _forget_names)

TIMERS: tuple[Timer, ...] = (
    FINISH_TIPS,
    FINISH_PLANS,
    GIVE_UP_PLANS,
    FINISH_SPLITS,
    FINISH_DROPPING_OUT,
    OPEN_DUE_JOBS,
    REPLAN,
    FORGET_SHIFTS,
    FORECAST,
    BEATS,
    CAMPAIGNS,
    FOLLOW_REGISTER,
    SWEEP_PHOTOS,
    FORGET_PROOFS,
    FORGET_NAMES,
)
