"""The whole journey over HTTP, with a canary in every field: residents, a crew, and staff on the pages of their own.

It runs against any system that answers paths: one process for all, or a process for each service.
"""

import html
import io
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import requests
from PIL import Image

from deploy.demo.pictures import made_photo
from tests.canaries.visitor import Page, Visitor

LONDON = ZoneInfo("Europe/London")
EFFECT_SECONDS = 60
SITE, MIXED_WASTE = 1, "200301"
"""The first site of the council's list, after the empty choice, and the waste that it takes from fly-tips."""

CREW = "crew-north-1"
REFERENCE = re.compile(r"FT-[0-9A-Z]{8}")

EXIF_DESCRIPTION, EXIF_ARTIST, EXIF_PART, EXIF_COMMENT = 0x010E, 0x013B, 0x8769, 0x9286


@dataclass(frozen=True)
class Site:
    """A running system: which origin answers a path, and who may sign in."""

    origin: Callable[[str], str]
    credentials: Mapping[str, Any]

    def user(self, role: str) -> Mapping[str, Any]:
        """Return the first user of a role."""
        return next(user for user in self.credentials["users"] if user["role"] == role)

    def get(self, path: str, role: str) -> Any:
        """Return the JSON at a path, as a role; None where there is nothing yet."""
        headers = {"Authorization": f"Bearer {self.credentials['tokens'][role]}"}
        response = requests.get(self.origin(path.partition("?")[0]) + path, headers=headers, timeout=30)
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return response.json()

    def wait_for(self, path: str, role: str, look: Callable[[Any], Any]) -> Any:
        """Return what is looked for in the JSON at a path, once it is there."""
        return eventually(lambda: look(self.get(path, role) or {}), what=path)


@dataclass
class Walked:
    """What a journey has led to."""

    reference: str = ""
    app_reference: str = ""
    home_reference: str = ""
    ticket_number: str = ""
    notice: str = ""
    public: list[Page] = field(default_factory=list)
    """What strangers and other services' staff were shown afterwards."""


def eventually(look: Callable[[], Any], *, what: str) -> Any:
    """Return the first true answer; fails when none comes in time."""
    deadline = time.monotonic() + EFFECT_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"never came in {EFFECT_SECONDS} s: {what}"
        time.sleep(0.1)
    return found


def walk(site: Site, texts: Mapping[str, str]) -> Walked:
    """Take a report from alley to penalty with these texts in its fields, and return what came of it."""
    walked = Walked()
    resident = Visitor(site.origin, user_agent=texts["user_agent"], address=texts["resident_address"])
    staff = Visitor(site.origin, address=texts["staff_address"])
    join(site, staff, texts)
    walked.reference = report(resident, texts)
    walked.app_reference = report_by_app(site, texts)
    update_by_app(site, walked.app_reference, texts)
    walked.home_reference = report_home_by_app(site, texts)
    decide_at_the_desk(staff, walked.app_reference, texts)
    slip(resident, texts)
    assign(site, staff, walked.reference)
    tip_path = clear(site, walked.reference, texts)
    walked.ticket_number = weigh(staff, tip_path, texts)
    walked.notice = fine(site, staff, walked.reference, texts)
    look_as_staff(staff, walked.reference)
    site.wait_for(f"/api/reports/v1/reports/{walked.reference}", "contact-centre", lambda found: found["action_taken"])
    walked.public = look_around(site, walked)
    return walked


# --- staff -----------------------------------------


def sign_in(visitor: Visitor, email: str, password: str, *, status: int = 200) -> Page:
    """Sign a member of staff in."""
    form = visitor.open("/accounts/sign-in").form_with("password")
    return visitor.send(form, {"email": email, "password": password}, status=status)


def join(site: Site, staff: Visitor, texts: Mapping[str, str]) -> None:
    """Have an administrator make an account of many roles, a wall link and a token, and sign in with the account."""
    admin = Visitor(site.origin)
    user = site.user("admin")
    sign_in(admin, user["email"], user["password"])
    made = admin.send(
        admin.open("/accounts/users/new").form_with("roles"),
        {
            "name": texts["staff_name"],
            "email": texts["staff_email"],
            "roles": ["contact-centre", "supervisor", "officer", "waste-officer", "manager"],
        },
    )
    password = html.unescape(re.search(r'app-code--large">([^<]+)<', made.text).group(1))
    admin.send(admin.open("/accounts/wall-links").form_with("label"), {"label": texts["wall_label"]})
    token = {"label": texts["token_label"], "role": "manager", "days": "30"}
    admin.send(admin.open("/accounts/tokens").form_with("days"), token)

    sign_in(staff, texts["unknown_email"], texts["wrong_password"], status=400)
    sign_in(staff, texts["staff_email"], texts["wrong_password"], status=400)
    sign_in(staff, texts["staff_email"], password)
    changed = {"current_password": password, "new_password": texts["staff_password"]}
    staff.send(staff.open("/accounts/me").form_with("new_password"), changed)
    staff.send(staff.open("/accounts/me").form_to("/sign-out"), {})
    sign_in(staff, texts["staff_email"], texts["staff_password"])


def assign(site: Site, staff: Visitor, reference: str) -> None:
    """Give the report's job to the crew on the board; again, where news of the report came between look and press."""
    job_id = the_job(site, reference)["id"]
    # The board begins with the sixty most urgent ones; behind the heading are all.
    waiting = "/dispatch?state=open"
    eventually(lambda: job_id in staff.open(waiting).text, what="the job on the board")

    def is_given() -> bool:
        # While officers are asked for evidence the job is held, and the board offers nobody to give it to.
        for form in staff.open(waiting).forms:
            if seen := [choice for choice in form.offers.get("job", ()) if choice.startswith(job_id)]:
                staff.send(form, {"job": seen[0], "crew_id": CREW}, status=None)
                break
        return bool(the_job(site, reference)["crew_id"] == CREW)

    eventually(is_given, what="the job with its crew")


def decide_at_the_desk(staff: Visitor, reference: str, texts: Mapping[str, str]) -> None:
    """Look for a caller, take a complaint, pass a report on to whoever owns the land, and save a view."""
    call = staff.open("/contact-centre").form_with("caller")
    staff.send(call, {"caller": texts["caller"], "q": texts["caller"]})
    complaint = staff.open("/contact-centre/complaints/new").form_with("about")
    told = {"about": texts["complaint"], "name": texts["complainant"], "phone": "0151 496 0199"}
    staff.send(complaint, {**told, "reference": reference})
    refer = staff.open(f"/triage/{reference}").form_to("/refer")
    staff.send(refer, {"to": "land-owner", "owner": texts["owner"]})
    view = staff.open("/triage?only=to_tell").form_to("/views")
    staff.send(view, {"name": texts["view"]})


def the_job(site: Site, reference: str) -> Mapping[str, Any]:
    """Return the newest job of a report, once it is there."""
    path = f"/api/scheduling/v1/jobs?reference={reference}"
    return site.wait_for(path, "supervisor", lambda found: (found.get("items") or [None])[0])


def weigh(staff: Visitor, tip_path: str, texts: Mapping[str, str]) -> str:
    """Void a ticket that was recorded by mistake, with a note; record the tip's own, and return its number."""
    tip_id = tip_path.rpartition("/")[2]
    number = f"C{tip_id[-8:].upper()}"
    mistaken = _record(staff, "none", f"{number}-X", vehicle_registration="AB12 CDE")
    void = staff.open(f"{mistaken.path}/void").form_with("note")
    staff.send(void, {"reason": void.offers["reason"][0], "note": texts["void_note"]})
    eventually(lambda: tip_id in staff.open("/tonnage/tickets/new").text, what="the tip among those to be weighed")
    _record(staff, tip_id, number)
    return number


def _record(staff: Visitor, tip_id: str, number: str, **typed: str) -> Page:
    """Record the ticket of a tip, or of none."""
    form = staff.open("/tonnage/tickets/new", tip=tip_id).form_with("ticket_number")
    tare, now = int(form.fields["tare_kg"][0] or 2_000), datetime.now(LONDON)
    weighing = {
        "ticket_number": number,
        "site_id": form.offers["site_id"][SITE],
        "ewc_code": MIXED_WASTE,
        "gross_kg": str(tare + 60),
        "tare_kg": str(tare),
        "net_kg": "60",
        "first_weighed_at": f"{now - timedelta(minutes=5):%Y-%m-%dT%H:%M}",
        "second_weighed_at": f"{now:%Y-%m-%dT%H:%M}",
    }
    return staff.send(form, {**weighing, **typed})


def fine(site: Site, staff: Visitor, reference: str, texts: Mapping[str, str]) -> str:
    """Issue a notice in the report's case, correct whom it is for, serve it and record its payment; return its path."""
    path = f"/api/enforcement/v1/cases?reference={reference}"
    case = site.wait_for(path, "officer", lambda found: (found.get("items") or [None])[0])
    told = {texts["seen"], texts["vehicle"], texts["evidence_note"]}
    eventually(
        lambda: all(text in _exhibits(staff, case["id"]) for text in told),
        what="the witness's and the crew's evidence in the case",
    )
    form = staff.open(f"/enforcement/cases/{case['id']}/notices/new").form_with("particulars")
    notice = staff.send(
        form,
        {
            "penalty": form.offers["penalty"][0],
            "name": texts["first_recipient"],
            "address": texts["first_address"],
            "particulars": texts["particulars"],
        },
    ).path
    staff.send(
        staff.open(f"{notice}/recipient").form_with("address"),
        {"name": texts["recipient"], "address": texts["address"]},
    )
    serving = staff.open(f"{notice}/serve").form_with("how")
    staff.send(serving, {"how": serving.offers["how"][0]})
    page = staff.open(f"{notice}/payment")
    paying = page.form_with("amount")
    amount = re.search(r"£([\d,.]+) is still to pay", page.text).group(1)
    staff.send(paying, {"amount": amount, "method": paying.offers["method"][0]})
    return notice


def _exhibits(staff: Visitor, case_id: str) -> str:
    """Return the text of every exhibit of a case."""
    pages = sorted(set(re.findall(r'href="([^"]+/exhibits/[0-9]+)"', staff.open(f"/enforcement/cases/{case_id}").text)))
    return html.unescape("\n".join(staff.open(page).text for page in pages))


def look_as_staff(staff: Visitor, reference: str) -> None:
    """Read what is personal, as staff may: the report, its contact details, the photos, the messages."""
    page = staff.open(f"/triage/{reference}")
    staff.send(page.form_to("/contact"), {})
    staff.open(f"/report/{reference}/photo/view")
    staff.open(f"/report/{reference}/photo/original")
    staff.open(f"/report/{reference}/crew")
    staff.open("/messages")


# --- residents -----------------------------------------


def report(resident: Visitor, texts: Mapping[str, str]) -> str:
    """Report black bags in an alley on the web form, and return the reference."""
    taken = picture(exif=texts["photo_exif"], comment=texts["photo_comment"])
    form = resident.open("/report/new/photos").form_with("photo")
    resident.send(form, {}, files={"photo": (texts["photo_name"], taken, "image/jpeg")})
    _find_place(resident, texts["search"])
    form = _find_place(resident, "alley behind").form_with("place_text")
    resident.send(form, {"place_id": form.offers["place_id"][0], "place_text": texts["place_text"]})
    _answer(resident, "land", land_type="back-alleyway")
    _answer(resident, "waste", waste_types="black-bags-household")
    _answer(resident, "size", size="car-boot")
    _answer(resident, "danger", hazards="none")
    _answer(resident, "when", when="today")
    _answer(resident, "witness", witnessed="yes", seen=texts["seen"], vehicle=texts["vehicle"], statement="yes")
    _answer(resident, "details", description=texts["description"])
    _answer(resident, "contact", 400, email=texts["half_email"])
    check = _answer(resident, "contact", name=texts["name"], email=texts["email"], phone=texts["phone"])
    sent = resident.send(check.form_to("/report/new/check"), {})
    return REFERENCE.search(sent.text).group()


def _answer(resident: Visitor, slug: str, status: int = 200, **values: str) -> Page:
    """Answer one question, and return the page that comes next."""
    form = resident.open(f"/report/new/{slug}").form_with(next(iter(values)))
    return resident.send(form, values, status=status)


def _find_place(resident: Visitor, words: str) -> Page:
    """Search for a place, and return the page with what was found."""
    return resident.send(resident.open("/report/new/place").form_with("q"), {"q": words})


def report_by_app(site: Site, texts: Mapping[str, str]) -> str:
    """Report by Open311 with everything that its specification lets an app send; return the reference."""
    answer = requests.post(
        site.origin("/open311") + "/open311/v2/requests.json",
        data={
            "api_key": site.credentials["tokens"]["open311"],
            "service_code": "fly-tipping",
            "lat": "53.4084",
            "long": "-2.9916",
            "first_name": texts["first_name"],
            "last_name": texts["last_name"],
            "email": texts["app_email"],
            "phone": texts["app_phone"],
            "description": texts["app_description"],
            "address_string": texts["address_string"],
            "device_id": texts["device_id"],
            "account_id": texts["account_id"],
            "media_url": texts["media_url"],
            "attribute[waste_type]": "tyres",
        },
        timeout=30,
    )
    assert answer.ok, answer.text
    return answer.json()[0]["service_request_id"]


def update_by_app(site: Site, reference: str, texts: Mapping[str, str]) -> None:
    """Say more about a report through another website, with everything that it sends about whoever wrote it."""
    answer = requests.post(
        site.origin("/open311") + "/open311/v2/servicerequestupdates.xml",
        data={
            "api_key": site.credentials["tokens"]["open311"],
            "service_request_id": reference,
            "update_id": "12",
            "status": "FIXED",
            "updated_datetime": "2026-11-17T10:40:00Z",
            "description": texts["update"],
            "media_url": texts["update_picture"],
            "first_name": texts["update_name"],
            "last_name": texts["update_name"],
            "email": texts["update_email"],
        },
        timeout=30,
    )
    assert answer.ok, answer.text


def report_home_by_app(site: Site, texts: Mapping[str, str]) -> str:
    """Report something at a home, with an answer that was typed; return the reference."""
    answer = requests.post(
        site.origin("/open311") + "/open311/v2/requests.json",
        data={
            "api_key": site.credentials["tokens"]["open311"],
            "service_code": "missed-bin",
            "lat": "53.4084",
            "long": "-2.9916",
            "attribute[bin][]": ["general", "food"],
            "attribute[house]": texts["house"],
        },
        timeout=30,
    )
    assert answer.ok, answer.text
    return answer.json()[0]["service_request_id"]


def slip(resident: Visitor, texts: Mapping[str, str]) -> None:
    """Type something personal where it does not belong: none of these places may keep or log it."""
    resident.open("/report/find", status=404, reference=texts["typed_reference"])
    resident.open(f"/report/{texts['typed_path']}", status=404)
    resident.open(f"/{texts['typed_path']}/nothing", status=404)
    resident.open("/open-data", email=texts["typed_query"])


# --- the crew -----------------------------------------


def clear(site: Site, reference: str, texts: Mapping[str, str]) -> str:
    """Start and finish the report's job on the crew's phone with evidence, empty the vehicle; return the tip's path."""
    crew = Visitor(site.origin, address=texts["staff_address"])
    user = next(user for user in site.credentials["users"] if user.get("crew_id") == CREW)
    crew.send(crew.open("/accounts/shift").form_with("code"), {"code": user["shift_code"]})
    stop = f"/crew/jobs/{the_job(site, reference)['id']}"
    crew.send(crew.open(stop).form_to("/start"), {})
    crew.send(
        crew.open(f"{stop}/finish").form_with("outcome"),
        {"outcome": "cleared", "has_evidence": "true", "evidence_note": texts["evidence_note"]},
        files={
            "photo": (texts["after_name"], picture(exif=texts["after_exif"], cleared=True), "image/jpeg"),
            "evidence_photo": (texts["evidence_name"], picture(exif=texts["evidence_exif"]), "image/jpeg"),
        },
    )
    form = crew.open("/crew/tip").form_with("site_id")
    return crew.send(form, {"site_id": form.offers["site_id"][0]}).path


def picture(*, exif: str, comment: str = "", cleared: bool = False) -> bytes:
    """Return a made photo with a text in its EXIF fields and another as its JPEG comment."""
    made = made_photo(Random(7), waste_type="black-bags-household", cleared=cleared)
    with Image.open(io.BytesIO(made)) as image:
        told = Image.Exif()
        told[EXIF_DESCRIPTION] = told[EXIF_ARTIST] = exif
        told.get_ifd(EXIF_PART)[EXIF_COMMENT] = b"ASCII\0\0\0" + exif.encode()
        written = io.BytesIO()
        image.save(written, "JPEG", exif=told, comment=comment.encode())
    return written.getvalue()


OPEN_TO_ALL = ("/open311/v2/requests.json", "/open311/v2/servicerequestupdates.xml", "/open-data")


# --- everybody -----------------------------------------


def look_around(site: Site, walked: Walked) -> list[Page]:
    """Return what strangers, a wall and the roles without personal data are shown of the journey."""
    stranger, wall, waste_officer = Visitor(site.origin), Visitor(site.origin), Visitor(site.origin)
    link = site.user("wall-viewer")["link"]
    pages = [wall.open(link[link.index("/accounts/") :])]
    user = site.user("waste-officer")
    sign_in(waste_officer, user["email"], user["password"])
    for reference in (walked.reference, walked.app_reference, walked.home_reference):
        pages += [
            stranger.open(f"/report/{reference}"),
            stranger.open(f"/open311/v2/requests/{reference}.json"),
            stranger.open(f"/open311/v2/requests/{reference}.xml", extensions="true"),
            stranger.open(f"/report/{reference}/photo", status=404),
            waste_officer.open(f"/operations/follow/{reference}"),
        ]
    events = re.findall(r'href="(/operations/events/[^"]+)"', "".join(page.text for page in pages))
    pages += [waste_officer.open(path) for path in sorted(set(events))]
    return [*pages, *(stranger.open(path) for path in ("/", *OPEN_TO_ALL))]
