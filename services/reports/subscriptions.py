"""Which handler of the reports service answers which event, and what the clock sets off."""

from services.reports.depots import on_depot_changed
from services.reports.drafts import sweep_drafts
from services.reports.forecast import on_forecast
from services.reports.handlers import on_job, on_notice
from services.reports.holds import on_case
from services.reports.messages import on_report, send_messages
from services.reports.photos import sweep_photos
from services.reports.retention import erase_due
from services.reports.waiting import wake_reports
from shared.contracts.enforcement import (
    ActionRecordedV1,
    CaseClosedV1,
    CaseEvidenceSecuredV1,
    CaseOpenedV1,
    EvidenceReceivedV1,
    NoticePaidV1,
)
from shared.contracts.reports import (
    ReportAmendedV1,
    ReportClosedV1,
    ReportMergedV1,
    ReportReferredV1,
    ReportReopenedV1,
    ReportSubmittedV1,
    ReportUnmergedV1,
)
from shared.contracts.scheduling import (
    DepotChangedV1,
    ForecastPublishedV1,
    JobAmendedV1,
    JobAssignedV1,
    JobCancelledV1,
    JobCompletedV1,
    JobCreatedV1,
    JobDeferredV1,
    JobExpectedV1,
    JobStartedV1,
)
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

JOBS = Subscription(
    "reports.jobs",
    (
        JobCreatedV1,
        JobAssignedV1,
        JobStartedV1,
        JobDeferredV1,
        JobCancelledV1,
        JobAmendedV1,
        JobExpectedV1,
        JobCompletedV1,
    ),
    on_job,
)
FORECASTS = Subscription("reports.forecasts", (ForecastPublishedV1,), on_forecast)
DEPOTS = Subscription("reports.depots", (DepotChangedV1,), on_depot_changed)
NOTICES = Subscription("reports.notices", (NoticePaidV1,), on_notice)
CASES = Subscription(
    "reports.cases",
    (CaseOpenedV1, EvidenceReceivedV1, CaseEvidenceSecuredV1, ActionRecordedV1, CaseClosedV1),
    on_case,
)
MESSAGES = Subscription(
    "reports.messages",
    (
        ReportSubmittedV1,
        ReportClosedV1,
        ReportReopenedV1,
        ReportReferredV1,
        ReportAmendedV1,
        ReportMergedV1,
        ReportUnmergedV1,
    ),
    on_report,
)
USERS = users_subscription("reports")

SUBSCRIPTIONS: tuple[Subscription, ...] = (JOBS, FORECASTS, DEPOTS, NOTICES, CASES, MESSAGES, USERS)


SEND = Timer("reports.send", every_seconds=1, run=send_messages)
SWEEP_DRAFTS = Timer("reports.sweep-drafts", every_seconds=600, run=sweep_drafts)
SWEEP_PHOTOS = Timer("reports.sweep-photos", every_seconds=6 * 3600, run=sweep_photos)
ERASE = Timer("reports.erase", every_seconds=60, run=erase_due)
WAKE = Timer("reports.wake", every_seconds=30, run=wake_reports)
TIMERS: tuple[Timer, ...] = (SEND, SWEEP_DRAFTS, SWEEP_PHOTOS, ERASE, WAKE)
