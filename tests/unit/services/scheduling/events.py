"""Events of other services, as scheduling receives them."""

from datetime import timedelta

from services.scheduling.subscriptions import REPORTS
from shared.bus.answer import answer
from shared.contracts.enforcement import CaseEvidenceSecuredV1
from shared.contracts.envelope import Cause, encode, make_event
from shared.contracts.reports import ReportAssessedV1
from shared.contracts.tonnage import TicketReconciledV1
from tests.builders import TUESDAY_MORNING

REPORT_ID = "0199d7b2-0000-7000-8000-000000000001"
REFERENCE = "FT-7K3MQ2XA"
REASONS = [{"rule": "default", "value": None}]


def report_state(**changes):
    state = {
        "report_id": REPORT_ID,
        "reference": REFERENCE,
        "kind": "fly-tipping",
        "channel": "web",
        "state": "assessed",
        "closure": None,
        "visit": 1,
        "waste_type": "other-household",
        "land_type": "back-alleyway",
        "size": "small-van",
        "hazards": [],
        "other_waste_types": [],
        "waiting_for": None,
        "place": {
            "lat": 53.43,
            "lon": -2.98,
            "easting": 335000,
            "northing": 392000,
            "place_precision": "exact",
            "place_id": None,
            "ward": "everton-north",
            "neighbourhood": "kirkdale-and-everton",
        },
        "priority": 3,
        "deadline": TUESDAY_MORNING + timedelta(days=2),
        "reported_at": TUESDAY_MORNING - timedelta(hours=1),
        "happened_on": None,
        "has_photo": True,
        "has_evidence": False,
        "merged_into": None,
        "cleared_at": None,
        "action_taken": False,
    }
    return {**state, **changes}


def event(contract, *, subject, sequence, state, time=TUESDAY_MORNING, **data):
    made = make_event(
        contract.fact(**data), subject=subject, sequence=sequence, state=state, time=time, cause=Cause(subject)
    )
    return encode(made)


def report_event(contract=ReportAssessedV1, *, sequence=2, subject=REPORT_ID, data=None, **state):
    facts = {"reasons": REASONS} if contract is ReportAssessedV1 else data or {}
    if subject != REPORT_ID and "reference" not in state:
        state["reference"] = f"FT-{subject[-8:].upper()}"
    return event(contract, subject=subject, sequence=sequence, state=report_state(**state), **facts)


def deliver(ctx, body, subscription=REPORTS):
    return answer(ctx, subscription, body, sleep=lambda _: None)


def ticket_event(job_id, kg, contract=TicketReconciledV1, *, sequence=2, ticket_id="ticket-1", state="recorded"):
    ticket = {
        "ticket_id": ticket_id,
        "ticket_number": "BL100",
        "site_id": "bootle",
        "tip_id": "tip-1",
        "vehicle_registration": "DEMO-101",
        "ewc_code": "200307",
        "material": "bulky-waste",
        "stream": "residual",
        "is_recycled": False,
        "gross_kg": 2480 + kg,
        "tare_kg": 2480,
        "net_kg": kg,
        "first_weighed_at": TUESDAY_MORNING,
        "second_weighed_at": TUESDAY_MORNING,
        "booked_on": TUESDAY_MORNING.date(),
        "state": state,
        "superseded_by": None,
        "shares": [
            {
                "job_id": job_id,
                "report_id": REPORT_ID,
                "reference": REFERENCE,
                "ward": "everton-north",
                "neighbourhood": "kirkdale-and-everton",
                "estimated_kg": 250,
                "weighed_kg": kg,
            }
        ],
    }
    data = {} if contract is TicketReconciledV1 else {"reason": "wrong-weight"}
    return event(contract, subject=ticket_id, sequence=sequence, state=ticket, **data)


def secured_event(*, sequence=3, time=TUESDAY_MORNING, report_ids=(REPORT_ID,)):
    case = {
        "case_id": "case-1",
        "case_number": "C-2026-1",
        "report_ids": list(report_ids),
        "job_ids": [],
        "state": "evidence",
        "evidence_count": 1,
        "opened_at": TUESDAY_MORNING,
        "closed_at": None,
    }
    return event(CaseEvidenceSecuredV1, subject="case-1", sequence=sequence, state=case, time=time)
