"""Every page of every service: who opens it, where an example of it is, and the states that a test looks at it in.

A new route for a page fails `test_pages.py` until it is declared here. Placeholders of addresses are filled by
`examples.py`, which makes a record of every kind through the public doors.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

OK = 200
BAD_REQUEST = 400
FORBIDDEN = 403
NOT_FOUND = 404

MACHINES = ("/api/", "/static/", "/health/", "/metrics", "/open311/")
"""Paths that programs ask for; no person opens them."""


@dataclass(frozen=True)
class Sent:
    """A form of the page, cleared of all that is in it, filled with this, and sent: to `to`, answered with `status`."""

    to: str
    fill: Mapping[str, str] = field(default_factory=dict)
    status: int = BAD_REQUEST
    upload: str | None = None
    """The field of the file that is sent with it."""

    holds: str = "no picture"
    """What is in that file."""

    press: str | None = None
    """The words of the button, where the form has several."""

    at: str | None = None
    """Another address than the page's own, where the form is."""

    is_in_address: bool = False
    """What is wrong is in the query of the address: there is nothing to send."""


@dataclass(frozen=True)
class Page:
    """A page: its route, who opens it, addresses of examples by what they show, and forms that go wrong or right."""

    service: str
    rule: str
    visitor: str
    shows: Mapping[str, str]
    sends: Mapping[str, Sent] = field(default_factory=dict)
    status: int = OK
    is_in_empty_system: bool = False


@dataclass(frozen=True)
class State:
    """One state of a page, as a test looks at it."""

    page: Page
    name: str
    address: str
    sent: Sent | None = None
    is_empty_system: bool = False

    @property
    def status(self) -> int:
        """The status that the page answers with in this state."""
        return self.sent.status if self.sent else self.page.status

    @property
    def is_error(self) -> bool:
        """Whether the page shows what is wrong with a form."""
        return self.sent is not None and self.status >= BAD_REQUEST

    def __str__(self) -> str:
        return f"{self.page.visitor}: {self.page.rule}: {self.name}"


def page(
    service: str, rule: str, visitor: str, /, address: str | None = None, *, status: int = OK, **states: str | Sent
) -> Page:
    """Declare a page: a text is the address of another example, a `Sent` a form, each named in words."""
    shows = {"filled": address or rule}
    shows |= {name.replace("_", " "): value for name, value in states.items() if isinstance(value, str)}
    sends = {name.replace("_", " "): value for name, value in states.items() if isinstance(value, Sent)}
    return Page(service, rule, visitor, shows, sends, status, is_in_empty_system="<" not in rule and status == OK)


def question(slug: str, wrong: Sent | None = None, *, visitor: str = "reporting") -> Page:
    """Declare a question of the report form; by default nothing answered is what is wrong."""
    error = wrong or Sent("/report/new/<slug>")
    return page("reports", "/report/new/<slug>", visitor, f"/report/new/{slug}", error=error)


NOTICE_STEP = "/enforcement/notices/<notice_id>/<any(recipient, serve, payment, cancel):step>"
TICKET_FORM = "/tonnage/tickets/new?tip={tip}"
REGISTER_FORMS = ("people", "crews", "patterns", "depots", "access", "beats")
"""Tables whose forms have every kind of field among them."""

FOUND_FORM = "/crew/found?place={place}"

REPORTS = (
    page("reports", "/", "public"),
    page("reports", "/report/find", "public", error=Sent("/report/find")),
    page(
        "reports",
        "/report/<reference>",
        "public",
        "/report/{cleared}",
        open="/report/{open}",
        other_kind="/report/{graffiti}",
        at_a_home="/report/{missed_bin}",
        passed_on="/report/{passed_on}",
    ),
    page("reports", "/report/<reference>", "public", "/report/FT-00000000", status=NOT_FOUND),
    page("reports", "/report/<reference>/crew", "crew", "/report/{assigned}/crew"),
    page("reports", "/report/<reference>/still-there/<token>", "public", "{still_there}"),
    page(
        "reports",
        "/report/<reference>/still-there/<token>",
        "public",
        "/report/{cleared}/still-there/x",
        status=BAD_REQUEST,
    ),
    question("photos", Sent("/report/new/<slug>", upload="photo")),
    page(
        "reports",
        "/report/new/<slug>",
        "reporting",
        "/report/new/place",
        found="/report/new/place?q=park",
        nothing_found="/report/new/place?q=zzzzz",
        postcode_elsewhere="/report/new/place?q=SO16+0AS",
        position_typed="/report/new/place?q=SJ+356+904",
        position_roughly="/report/new/place?q=53.41,-2.96",
        position_outside="/report/new/place?q=53.50,-3.00",
        from_the_list="/report/new/place?place={place}",
        error=Sent("/report/new/<slug>"),
        error_in_choosing=Sent("/report/new/<slug>", press="Continue"),
    ),
    page("reports", "/report/new/streets", "public"),
    page(
        "reports",
        "/report/new/streets/<neighbourhood>",
        "public",
        "/report/new/streets/{neighbourhood}",
    ),
    page("reports", "/report/new/streets/<neighbourhood>", "public", "/report/new/streets/nowhere", status=NOT_FOUND),
    *(question(slug) for slug in ("land", "waste", "size", "danger", "when", "witness")),
    question("details", Sent("/report/new/<slug>", {"description": "x" * 1_001})),
    page("reports", "/report/new/whose", "reporting"),
    page("reports", "/report/new/nearby", "reporting"),
    page(
        "reports",
        "/report/new/map",
        "public",
        near="/report/new/map?lat=53.4126&lon=-2.9924&near=5",
        outside="/report/new/map?lat=53.50&lon=-3.0&near=2",
    ),
    page(
        "reports",
        "/report/<reference>/follow",
        "public",
        "/report/{open}/follow",
        error=Sent("/report/<reference>/follow"),
    ),
    question("contact", Sent("/report/new/<slug>", {"email": "nobody"})),
    page("reports", "/report/new/check", "reporting"),
    page("reports", "/report/new/sent", "reported"),
    # A kind's own questions, one of each look: several of a list, a line, a day, one of a list, a number.
    question("about-bin", visitor="reporting missed-bin"),
    question("about-house", visitor="reporting missed-bin"),
    question("about-collection_day", Sent("/report/new/<slug>", {"day": "31"}), visitor="reporting missed-bin"),
    page("reports", "/report/new/<slug>", "reporting missed-bin", "/report/new/about-assisted"),
    question("about-days_there", Sent("/report/new/<slug>", {"answer": "many"}), visitor="reporting abandoned-vehicle"),
    page("reports", "/report/new/check", "reporting missed-bin"),
    page("reports", "/report/new/sent", "reported missed-bin"),
    page("reports", "/report/new/sent", "reported untidy-land"),
    page("reports", "/report/new/passed-on", "public", "/report/new/passed-on?kind=untidy-land"),
    page(
        "reports",
        "/contact-centre",
        "contact-centre",
        sent="/contact-centre?sent={open}",
        looked_up=Sent("/contact-centre", {"q": "park", "caller": "{open}"}, status=OK),
        error=Sent("/contact-centre", press="Take the report"),
    ),
    page("reports", "/contact-centre/complaints", "contact-centre"),
    page(
        "reports",
        "/contact-centre/complaints/new",
        "contact-centre",
        about_a_report="/contact-centre/complaints/new?reference={open}",
        error=Sent("/contact-centre/complaints/new"),
    ),
    page(
        "reports",
        "/contact-centre/complaints/<reference>",
        "contact-centre",
        "/contact-centre/complaints/{complaint}",
        new="/contact-centre/complaints/{new_complaint}",
        error=Sent("/contact-centre/complaints/<reference>/answer"),
    ),
    page(
        "reports",
        "/contact-centre/complaints/<reference>/log",
        "contact-centre",
        "/contact-centre/complaints/{complaint}/log",
    ),
    page("reports", "/messages", "contact-centre"),
    page(
        "reports",
        "/triage",
        "contact-centre",
        closed="/triage?show=closed",
        filtered="/triage?only=waits&kind=fly-tipping&hazard=any",
        view="/triage?view={view}",
        none="/triage?text=zzzzzz",
        error=Sent("/triage/views", at="/triage?show=closed"),
        error_in_joining=Sent("/triage/join"),
    ),
    page("reports", "/triage/referrals", "contact-centre"),
    page(
        "reports",
        "/triage/<reference>/photos/<int:number>/redact",
        "contact-centre",
        "/triage/{sent}/photos/1/redact",
        error=Sent("/triage/<reference>/photos/<int:number>/redact", {"box-1-left": "ten"}),
    ),
    page("reports", "/triage", "supervisor"),
    page(
        "reports",
        "/triage/<reference>",
        "contact-centre",
        "/triage/{sent}",
        closed="/triage/{cleared}",
        other_kind="/triage/{missed_bin}",
        passed_on="/triage/{passed_on}",
        waits="/triage/{waits}",
        with_its_owner="/triage/{with_owner}",
        error_in_pause=Sent("/triage/<reference>/pause"),
        contact_shown=Sent("/triage/<reference>/contact", status=OK),
        error_in_assess=Sent("/triage/<reference>/assess"),
        error_in_refer=Sent("/triage/<reference>/refer"),
        error_in_merge=Sent("/triage/<reference>/merge"),
        error_in_close=Sent("/triage/<reference>/close"),
    ),
    page("reports", "/triage/<reference>/letter", "contact-centre", "/triage/{with_owner}/letter"),
    page("reports", "/triage/<reference>/log", "contact-centre", "/triage/{sent}/log", nobody="/triage/{graffiti}/log"),
    page("reports", "/area", "manager"),
    page("reports", "/area/<neighbourhood>", "manager", "/area/{neighbourhood}"),
    page("reports", "/area/<neighbourhood>", "councillor", "/area/{neighbourhood}", status=FORBIDDEN),
    page("reports", "/area/wards/<ward>", "councillor", "/area/wards/{ward}"),
    page(
        "reports",
        "/area/<neighbourhood>/reports",
        "manager",
        "/area/{neighbourhood}/reports?show=open",
        overdue="/area/{neighbourhood}/reports?show=overdue",
        none="/area/{neighbourhood}/reports?show=open&ward=nowhere",
    ),
    page("reports", "/area/wards/<ward>/reports", "councillor", "/area/wards/{ward}/reports?show=closed"),
    page(
        "reports",
        "/area/<neighbourhood>/walkabout",
        "manager",
        "/area/{neighbourhood}/walkabout",
        gone="/area/{neighbourhood}/walkabout?report={cleared}&report={open}",
        error="/area/{neighbourhood}/walkabout?chosen=1",
    ),
    page("reports", "/area/wards/<ward>/walkabout", "councillor", "/area/wards/{ward}/walkabout"),
)
SCHEDULING = (
    page(
        "scheduling", "/dispatch", "supervisor", error=Sent("/dispatch/assign"), none="/dispatch?only=held&priority=1"
    ),
    page("scheduling", "/dispatch", "manager"),
    page(
        "scheduling",
        "/dispatch/jobs/<job_id>",
        "supervisor",
        "/dispatch/jobs/{open_job}",
        started="/dispatch/jobs/{started_job}",
        completed="/dispatch/jobs/{tipped_job}",
        held="/dispatch/jobs/{held_job}",
        error_in_assign=Sent("/dispatch/jobs/<job_id>/assign"),
        error_in_defer=Sent("/dispatch/jobs/<job_id>/defer"),
        error_in_cancel=Sent("/dispatch/jobs/<job_id>/cancel"),
        error_in_split=Sent("/dispatch/jobs/<job_id>/split"),
        error_in_proof=Sent("/dispatch/jobs/<job_id>/proof/return", at="/dispatch/jobs/{loaded_job}"),
    ),
    page(
        "scheduling",
        "/dispatch/jobs/<job_id>/move",
        "supervisor",
        "/dispatch/jobs/{assigned_job}/move?crew_id={other_crew}&place=0",
        best_places="/dispatch/jobs/{open_job}/move",
        refused="/dispatch/jobs/{held_job}/move?crew_id={crew}",
        finished="/dispatch/jobs/{loaded_job}/move",
    ),
    page(
        "scheduling",
        "/dispatch/crews/<crew_id>",
        "supervisor",
        "/dispatch/crews/{crew}",
        error=Sent("/dispatch/crews/<crew_id>/divert"),
    ),
    page("scheduling", "/dispatch/crews/<crew_id>", "manager", "/dispatch/crews/{crew}"),
    page("scheduling", "/dispatch/crews/<crew_id>/sheet", "supervisor", "/dispatch/crews/{crew}/sheet"),
    page(
        "scheduling",
        "/dispatch/crews/<crew_id>/absence",
        "supervisor",
        "/dispatch/crews/{crew}/absence",
        error=Sent("/dispatch/crews/<crew_id>/absence"),
    ),
    page(
        "scheduling", "/dispatch/vehicles/<vehicle_id>/off-road", "supervisor", "/dispatch/vehicles/{vehicle}/off-road"
    ),
    page("scheduling", "/dispatch/plans/<plan_id>", "supervisor", "/dispatch/plans/{plan}"),
    page(
        "scheduling",
        "/dispatch/depots/<depot_id>/what-if",
        "supervisor",
        "/dispatch/depots/{depot}/what-if",
        error=Sent("/dispatch/depots/<depot_id>/what-if"),
    ),
    page("scheduling", "/dispatch/what-if/<what_if_id>", "supervisor", "/dispatch/what-if/{what_if}"),
    page(
        "scheduling",
        "/dispatch/days/<day>",
        "supervisor",
        "/dispatch/days/{today}",
        yesterday="/dispatch/days/{yesterday}",
        nothing="/dispatch/days/2019-01-02",
    ),
    page("scheduling", "/dispatch/days/<day>", "supervisor", "/dispatch/days/2999-01-01", status=NOT_FOUND),
    page("scheduling", "/dispatch/days/<day>", "manager", "/dispatch/days/{today}"),
    page(
        "scheduling",
        "/dispatch/days/<day>/<depot_id>",
        "supervisor",
        "/dispatch/days/{today}/{depot}",
        closed="/dispatch/days/{yesterday}/{depot}",
        nothing="/dispatch/days/2019-01-02/{depot}",
        error=Sent("/dispatch/days/<day>/<depot_id>/close"),
    ),
    page("scheduling", "/dispatch/days/<day>/<depot_id>", "manager", "/dispatch/days/{yesterday}/{depot}"),
    page(
        "scheduling",
        "/dispatch/days/<day>/jobs",
        "supervisor",
        "/dispatch/days/{today}/jobs",
        of_a_depot="/dispatch/days/{today}/jobs?depot={depot}&went=carried",
        none="/dispatch/days/{today}/jobs?went=done-earlier",
    ),
    page(
        "scheduling",
        "/dispatch/campaigns",
        "supervisor",
        none="/dispatch/campaigns?kind=dead-animal",
    ),
    page("scheduling", "/dispatch/campaigns", "manager"),
    page(
        "scheduling",
        "/dispatch/campaigns/new",
        "supervisor",
        "/dispatch/campaigns/new?{spot}",
        neighbourhood="/dispatch/campaigns/new?neighbourhood={neighbourhood}",
        error=Sent("/dispatch/campaigns/new"),
    ),
    page("scheduling", "/dispatch/campaigns/<campaign_id>", "supervisor", "/dispatch/campaigns/{campaign}?weeks=2"),
    page("scheduling", "/dispatch/campaigns/<campaign_id>", "manager", "/dispatch/campaigns/{campaign}"),
    page(
        "scheduling",
        "/dispatch/campaigns/<campaign_id>/reports",
        "supervisor",
        "/dispatch/campaigns/{campaign}/reports?weeks=2&span=before&where=elsewhere",
        none="/dispatch/campaigns/{campaign}/reports?weeks=2&span=after&where=here",
    ),
    page("scheduling", "/dispatch/campaigns/reports", "supervisor", "/dispatch/campaigns/reports?{spot}"),
    page("scheduling", "/dispatch/register", "supervisor"),
    page("scheduling", "/dispatch/register", "manager"),
    page(
        "scheduling",
        "/dispatch/register/<table>",
        "supervisor",
        "/dispatch/register/people",
        none="/dispatch/register/people?q=zzzz",
        retired_too="/dispatch/register/absences?retired=yes",
        widest="/dispatch/register/vehicles",
        fixed="/dispatch/register/sites",
        depots="/dispatch/register/depots",
        error=Sent("/dispatch/register/<table>/upload"),
        error_in_file=Sent("/dispatch/register/<table>/upload", upload="file"),
        file_to_take=Sent(
            "/dispatch/register/<table>/upload",
            upload="file",
            holds="id,name,crew_ids,licences,licence_until,tickets\np-001,Ada Renamed,{crew},B,,\n,Una New,{crew},,,\n",
            status=OK,
        ),
    ),
    page("scheduling", "/dispatch/register/<table>", "manager", "/dispatch/register/crews"),
    *(
        page(
            "scheduling",
            "/dispatch/register/<table>/new",
            "supervisor",
            f"/dispatch/register/{table}/new",
            error=Sent("/dispatch/register/<table>/new"),
        )
        for table in REGISTER_FORMS
    ),
    page(
        "scheduling",
        "/dispatch/register/<table>/rows/<row_id>",
        "supervisor",
        "/dispatch/register/people/rows/p-001",
        vehicle="/dispatch/register/vehicles/rows/tipper-202",
        site="/dispatch/register/sites/rows/dock-road-transfer",
        depot="/dispatch/register/depots/rows/north",
        error=Sent("/dispatch/register/<table>/rows/<row_id>"),
        error_while_needed=Sent(
            "/dispatch/register/<table>/rows/<row_id>/retire", at="/dispatch/register/depots/rows/north"
        ),
    ),
    page("scheduling", "/dispatch/register/<table>/rows/<row_id>", "manager", "/dispatch/register/people/rows/p-001"),
    page("scheduling", "/crew", "crew"),
    page("scheduling", "/crew", "supervisor", one_crew="/crew?crew={crew}"),
    page(
        "scheduling",
        "/crew/jobs/<job_id>",
        "crew",
        "/crew/jobs/{assigned_job}",
        started="/crew/jobs/{started_job}",
        other_kind="/crew/jobs/{graffiti_job}",
        error_in_arrive=Sent("/crew/jobs/<job_id>/arrive", upload="before_photo"),
    ),
    page(
        "scheduling",
        "/crew/jobs/<job_id>/exception",
        "crew",
        "/crew/jobs/{assigned_job}/exception",
        error=Sent("/crew/jobs/<job_id>/exception"),
    ),
    page(
        "scheduling",
        "/crew/jobs/<job_id>/finish",
        "crew",
        "/crew/jobs/{started_job}/finish",
        other_kind="/crew/jobs/{graffiti_job}/finish",
        error=Sent("/crew/jobs/<job_id>/finish"),
    ),
    page("scheduling", "/crew/jobs/<job_id>/done", "crew", "/crew/jobs/{loaded_job}/done"),
    page(
        "scheduling",
        "/crew/found",
        "crew",
        searched="/crew/found?q=park",
        not_found="/crew/found?q=zzzz",
        placed=FOUND_FORM,
        error=Sent("/crew/found", at=FOUND_FORM),
    ),
    page("scheduling", "/crew/check", "crew", error=Sent("/crew/check")),
    page("scheduling", "/crew/end", "crew", error=Sent("/crew/end")),
    page("scheduling", "/crew/unsent", "crew"),
    page("scheduling", "/crew/offline", "crew"),
    page("scheduling", "/dispatch/from-crews", "supervisor"),
    page("scheduling", "/dispatch/from-crews", "manager"),
    page("scheduling", "/crew/tip", "crew", error=Sent("/crew/tip")),
    page("scheduling", "/crew/tips/<tip_id>", "crew", "/crew/tips/{tip}"),
)
TONNAGE = (
    page(
        "tonnage",
        "/tonnage",
        "waste-officer",
        error="/tonnage?from=2026-12-01&to=2026-11-01",
    ),
    page("tonnage", "/tonnage", "manager"),
    page(
        "tonnage",
        "/tonnage/tickets",
        "waste-officer",
        none="/tonnage/tickets?from=2019-01-01&to=2019-01-02",
        error="/tonnage/tickets?from=2026-12-01&to=2026-11-01",
    ),
    page(
        "tonnage",
        "/tonnage/tickets/<ticket_id>",
        "waste-officer",
        "/tonnage/tickets/{ticket}",
        voided="/tonnage/tickets/{voided_ticket}",
    ),
    page(
        "tonnage",
        "/tonnage/tickets/<ticket_id>/void",
        "waste-officer",
        "/tonnage/tickets/{ticket}/void",
        error=Sent("/tonnage/tickets/<ticket_id>/void"),
    ),
    page(
        "tonnage",
        "/tonnage/tickets/new",
        "waste-officer",
        of_a_tip=TICKET_FORM,
        without_a_tip="/tonnage/tickets/new?tip=none",
        error=Sent("/tonnage/tickets/new", at=TICKET_FORM),
    ),
    page("tonnage", "/tonnage/tips/<tip_id>", "waste-officer", "/tonnage/tips/{tip}"),
    page("tonnage", "/tonnage/collected", "waste-officer"),
    page("tonnage", "/tonnage/collected", "crew", status=FORBIDDEN),
)
ENFORCEMENT = (
    page("enforcement", "/enforcement", "officer", closed="/enforcement?state=closed"),
    page("enforcement", "/enforcement", "manager"),
    page(
        "enforcement",
        "/enforcement/cases/<case_id>",
        "officer",
        "/enforcement/cases/{case}",
        error=Sent("/enforcement/cases/<case_id>/close"),
    ),
    page(
        "enforcement",
        "/enforcement/cases/<case_id>/exhibits/<int:number>",
        "officer",
        "/enforcement/cases/{case}/exhibits/1",
    ),
    page(
        "enforcement",
        "/enforcement/cases/<case_id>/notices/new",
        "officer",
        "/enforcement/cases/{case}/notices/new",
        error=Sent("/enforcement/cases/<case_id>/notices/new"),
    ),
    page("enforcement", "/enforcement/notices", "officer", late="/enforcement/notices?due=overdue"),
    page(
        "enforcement",
        "/enforcement/notices/<notice_id>",
        "officer",
        "/enforcement/notices/{notice}",
        paid="/enforcement/notices/{paid_notice}",
    ),
    *(
        page("enforcement", NOTICE_STEP, "officer", f"/enforcement/notices/{{notice}}/{step}", error=Sent(NOTICE_STEP))
        for step in ("recipient", "serve", "payment", "cancel")
    ),
    page("enforcement", "/notice/<public_code>", "public", "{public_notice}"),
)
OPERATIONS = (
    page("operations", "/operations", "manager"),
    page("operations", "/operations", "wall-viewer"),
    page(
        "operations",
        "/operations/records",
        "manager",
        jobs="/operations/records?show=jobs-completed",
        notices="/operations/records?show=notices-issued",
    ),
    page("operations", "/operations/follow", "manager", error=Sent("/operations/follow")),
    page("operations", "/operations/follow/<reference>", "manager", "/operations/follow/{cleared}"),
    page("operations", "/operations/follow/<reference>", "councillor", "/operations/follow/{cleared}"),
    page(
        "operations",
        "/operations/follow/<reference>",
        "officer",
        "/operations/follow/{cleared}",
        open="/operations/follow/{open}",
    ),
    page("operations", "/operations/events/<event_id>", "manager", "/operations/events/{event}"),
    page("operations", "/open-data", "public"),
)
ACCOUNTS = (
    page("accounts", "/accounts/sign-in", "public", error=Sent("/accounts/sign-in")),
    # Where no identity provider is configured; `test_oidc.py` looks at what there is where one is.
    page("accounts", "/accounts/oidc/callback", "public", status=NOT_FOUND),
    page("accounts", "/accounts/shift", "public", error=Sent("/accounts/shift")),
    page("accounts", "/accounts/shift/<code>", "public", "/accounts/shift/7KM3QX2D"),
    *(
        page("accounts", "/accounts/about/<name>", "public", f"/accounts/about/{name}")
        for name in ("accessibility", "privacy", "cookies")
    ),
    page("accounts", "/accounts/me", "manager", error=Sent("/accounts/me/password")),
    page("accounts", "/accounts/me", "crew"),
    page(
        "accounts",
        "/accounts/shift-codes",
        "supervisor",
        error=Sent("/accounts/shift-codes"),
        done=Sent("/accounts/shift-codes", {"crew_id": "{crew}", "hours": "8"}, status=OK),
    ),
    page(
        "accounts",
        "/accounts/wall-links",
        "admin",
        error=Sent("/accounts/wall-links"),
        done=Sent("/accounts/wall-links", {"label": "Depot office"}, status=OK),
    ),
    page(
        "accounts",
        "/accounts/tokens",
        "admin",
        error=Sent("/accounts/tokens"),
        done=Sent("/accounts/tokens", {"label": "Finance", "role": "manager", "days": "30"}, status=OK),
    ),
    page("accounts", "/accounts/users", "admin"),
    page("accounts", "/accounts/users/new", "admin", error=Sent("/accounts/users/new")),
    page(
        "accounts",
        "/accounts/users/<account_id>",
        "admin",
        "/accounts/users/{account}",
        error=Sent("/accounts/users/<account_id>/roles"),
        done=Sent("/accounts/users/<account_id>/reset-password", status=OK),
    ),
    page("accounts", "/accounts/sign-ins", "admin"),
)
DEMONSTRATION = (page("demonstration", "/demo", "public"),)

PAGES: tuple[Page, ...] = (
    *REPORTS,
    *SCHEDULING,
    *TONNAGE,
    *ENFORCEMENT,
    *OPERATIONS,
    *ACCOUNTS,
    *DEMONSTRATION,
)

NOT_PAGES = {
    "/area/<neighbourhood>/reports.csv": "a file",
    "/area/wards/<ward>/reports.csv": "a file",
    "/accounts": "sends on to where the user can do something",
    "/accounts/oidc/start": "sends on to the identity provider",
    "/accounts/wall/<code>": "signs a screen in and sends on to the wall",
    "/crew/manifest.webmanifest": "says how the crew’s pages are installed",
    "/crew/round": "says what the crew’s phone is to keep",
    "/crew/worker.js": "a script",
    "/demo/stream": "events for the wall in miniature",
    "/dispatch/days": "sends on to today",
    "/dispatch/days/<day>/crews.csv": "a file",
    "/dispatch/days/<day>/jobs.csv": "a file",
    "/dispatch/jobs/<job_id>/photo": "a picture",
    "/dispatch/from-crews/checks/<check_id>/photos/<key>": "a picture",
    "/dispatch/from-crews/notes/<note_id>/photos/<key>": "a picture",
    "/dispatch/jobs/<job_id>/photos/<key>": "a picture",
    "/dispatch/live": "a part of the board, which the board puts into itself",
    "/dispatch/register/<table>/csv": "a file",
    "/dispatch/stream": "events for the board",
    "/enforcement/cases/<case_id>/exhibits/<int:number>/files/<int:position>": "a file",
    "/open-data/materials.csv": "a file",
    "/open-data/neighbourhoods.csv": "a file",
    "/operations/stream": "events for the wall",
    "/report": "sends on to the first question",
    "/report/<reference>/photo": "a picture",
    "/report/<reference>/photo/original": "a file",
    "/report/<reference>/photo/view": "a picture",
    "/report/new/": "sends on to the first question",
    "/report/new/map.svg": "a picture",
    "/report/new/photo/<int:number>": "a picture",
    "/triage/<reference>/photos/<int:number>/unredacted": "a picture",
}
"""Routes that answer with something else than a page."""

NOTHING_TO_FILL_IN = {
    "/accounts/credentials/<credential_id>/revoke",
    "/accounts/demonstration",
    "/accounts/me/sign-out-everywhere",
    "/accounts/sign-out",
    "/accounts/users/<account_id>/end-sessions",
    "/accounts/users/<account_id>/link",
    "/accounts/users/<account_id>/switch-off",
    "/accounts/users/<account_id>/switch-on",
    "/crew/actions",
    "/crew/break",
    "/crew/jobs/<job_id>/start",
    "/crew/shift",
    "/demo/break",
    "/demo/clock",
    "/dispatch/campaigns/<campaign_id>/cancel",
    "/dispatch/crews/<crew_id>/absence/end",
    "/dispatch/days/<day>/<depot_id>/open",
    "/dispatch/depots/<depot_id>/plans",
    "/dispatch/from-crews/checks/<check_id>/settle",
    "/dispatch/from-crews/notes/<note_id>/settle",
    "/dispatch/jobs/<job_id>/entries/<entry_id>/settle",
    "/dispatch/jobs/<job_id>/hold",
    "/dispatch/jobs/<job_id>/move",
    "/dispatch/jobs/<job_id>/proof",
    "/dispatch/jobs/<job_id>/release",
    "/dispatch/plans/<plan_id>/discard",
    "/dispatch/plans/<plan_id>/publish",
    "/dispatch/register/<table>/rows/<row_id>/retire",
    "/dispatch/register/<table>/take",
    "/dispatch/vehicles/<vehicle_id>/off-road",
    "/dispatch/vehicles/<vehicle_id>/on-road",
    "/report/<reference>/still-there/<token>",
    "/report/new/check",
    "/report/new/nearby",
    "/contact-centre/complaints/<reference>/acknowledge",
    "/contact-centre/complaints/<reference>/escalate",
    "/triage/<reference>/ask-again",
    "/triage/<reference>/join/<into>",
    "/triage/<reference>/keep",
    "/triage/<reference>/release",
    "/triage/<reference>/resume",
    "/triage/<reference>/told",
    "/triage/views/<view_id>/delete",
    "/triage/<reference>/reopen",
    "/triage/<reference>/unmerge",
}
"""Buttons, and ticks that are right either way: no form of theirs can be filled in wrongly."""


def states() -> Iterator[State]:
    """Return every state of every page."""
    for one in PAGES:
        for name, address in one.shows.items():
            shown = f"answers {one.status}" if one.status != OK else name
            yield State(one, shown, address, _asked(address) if name == "error" else None)
        for name, sent in one.sends.items():
            yield State(one, name, sent.at or one.shows["filled"], sent)
        if one.is_in_empty_system and not one.visitor.startswith("report") and one.service != "demonstration":
            yield State(one, "empty", one.rule, is_empty_system=True)


def pattern_of(rule: str) -> re.Pattern[str]:
    """Return what the paths of a route look like."""
    return re.compile("/".join("[^/]+" if part.startswith("<") else re.escape(part) for part in rule.split("/")))


def _asked(address: str) -> Sent:
    """Return the error of a question that is in the address itself, where there is no form to send."""
    return Sent(address, is_in_address=True)
