"""What the tests of Open311 share: a program with a key, and answers as trees without white space."""

from xml.etree import ElementTree as ET

from shared.web.api_keys import make_api_key
from shared.web.keys import ensure_keys

KEY_ID = "0199d7b2-0000-7000-8000-0000000000aa"
OTHER_KEY_ID = "0199d7b2-0000-7000-8000-0000000000bb"
REQUESTS, UPDATES = "/open311/v2/requests", "/open311/v2/servicerequestupdates"


class Program:
    """A program that speaks Open311 with the app."""

    def __init__(self, ctx, client, key_id=KEY_ID):
        self.ctx, self.client = ctx, client
        self.key = make_api_key(ensure_keys(ctx.settings), key_id)
        self.place = ctx.council.gazetteer.places[0]

    def report(self, kind="json", *, headers=None, path=REQUESTS, **changes):
        form = {
            "api_key": self.key,
            "service_code": "fly-tipping",
            "lat": str(self.place.lat),
            "long": str(self.place.lon),
            "attribute[waste_type]": "tyres",
            **changes,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return self.client.post(f"{path}.{kind}", data=sent, headers=headers)

    def reference(self, **changes):
        return self.report(**changes).json[0]["service_request_id"]

    def update(self, reference, kind="json", **changes):
        form = {
            "api_key": self.key,
            "service_request_id": reference,
            "update_id": "comment-1",
            "status": "OPEN",
            "updated_datetime": "2026-11-17T10:00:00Z",
            "description": "Still there this morning",
            **changes,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return self.client.post(f"{UPDATES}.{kind}", data=sent)

    def get(self, path, **query):
        return self.client.get(f"/open311/{path}", query_string=query)


def tree(response):
    """Return an XML answer as nested (tag, text or children), as a person would write it down."""
    return _node(ET.fromstring(response.get_data()))


def shape(element):
    """Return the tags of a tree alone."""
    tag, content = element
    return (tag, [shape(child) for child in content]) if isinstance(content, list) else tag


def _node(element):
    children = [_node(child) for child in element]
    return (element.tag, children or (element.text or ""))
