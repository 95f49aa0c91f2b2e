"""Which handler of the enforcement service answers which event, and what the clock sets off."""

from services.enforcement.evidence import on_evidence, on_job_completed, on_report_changed
from services.enforcement.handlers import mark_overdue, on_anything, on_notice_changed, on_notice_issued
from services.enforcement.retention import erase_due
from shared.contracts.enforcement import (
    ActionRecordedV1,
    CaseClosedV1,
    CaseEvidenceSecuredV1,
    CaseOpenedV1,
    EvidenceReceivedV1,
    NoticeCancelledV1,
    NoticeCopiedV1,
    NoticeEscalatedV1,
    NoticeIssuedV1,
    NoticeOverdueV1,
    NoticePaidV1,
    NoticeServedV1,
)
from shared.contracts.reports import ReportAmendedV1, ReportClosedV1, ReportEvidenceFlaggedV1, ReportReopenedV1
from shared.contracts.scheduling import JobCompletedV1, JobDeferredV1, JobEvidenceFoundV1
from shared.service import Subscription, Timer
from shared.web.deny import users_subscription

EVIDENCE = Subscription(
    "enforcement.evidence",
    (JobCompletedV1, JobDeferredV1, JobEvidenceFoundV1, ReportEvidenceFlaggedV1),
    on_evidence,
)
REPORTS = Subscription(
    "enforcement.reports",
    (ReportEvidenceFlaggedV1, ReportAmendedV1, ReportClosedV1, ReportReopenedV1),
    on_report_changed,
)
JOBS = Subscription("enforcement.jobs", (JobCompletedV1,), on_job_completed)
CASES = Subscription(
    "enforcement.cases",
    (NoticeIssuedV1, NoticeServedV1, NoticePaidV1, NoticeCancelledV1, NoticeOverdueV1, NoticeEscalatedV1),
    on_notice_changed,
)
COPIES = Subscription("enforcement.copies", (NoticeIssuedV1,), on_notice_issued)
CUSTODY = Subscription(
    "enforcement.custody",
    (
        CaseOpenedV1,
        EvidenceReceivedV1,
        CaseEvidenceSecuredV1,
        ActionRecordedV1,
        CaseClosedV1,
        NoticeIssuedV1,
        NoticeServedV1,
        NoticePaidV1,
        NoticeCancelledV1,
        NoticeOverdueV1,
        NoticeCopiedV1,
        NoticeEscalatedV1,
    ),
    on_anything,
)
USERS = users_subscription("enforcement")

SUBSCRIPTIONS: tuple[Subscription, ...] = (EVIDENCE, REPORTS, JOBS, CASES, COPIES, CUSTODY, USERS)

OVERDUE = Timer("enforcement.overdue", every_seconds=60, run=mark_overdue)
ERASE = Timer("enforcement.erase", every_seconds=60, run=erase_due)
TIMERS: tuple[Timer, ...] = (OVERDUE, ERASE)
