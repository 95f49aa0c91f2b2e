"""A local server that speaks the part of GOV.UK Notify's API that the client uses, and can go wrong as Notify does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt

SECRET = "11111111-2222-4333-8444-555555555555"
SERVICE = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
KEY = f"streetscene-{SERVICE}-{SECRET}"
TEMPLATES = {"email": "0e000000-0000-4000-8000-000000000001", "sms": "0e000000-0000-4000-8000-000000000002"}


class NotifyApi(ThreadingHTTPServer):
    """What was taken, and what to answer next instead of taking it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[dict] = []
        self.answers: list[int] = []
        self.takes_before_failing = False

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: NotifyApi

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Take a notification, or fail as told."""
        channel = urlsplit(self.path).path.rpartition("/")[2]
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._is_authorised():
            return self._say(403, _error(403, "AuthError", "Invalid token: service not found"))
        address = sent.get("email_address" if channel == "email" else "phone_number", "")
        wanted = {"subject", "body"} if channel == "email" else {"body"}
        if set(sent.get("personalisation", {})) != wanted or sent.get("template_id") != TEMPLATES[channel]:
            return self._say(400, _error(400, "BadRequestError", "Missing personalisation"))
        if "refused" in address:
            return self._say(400, _error(400, "ValidationError", "address is not a valid address"))
        failing = self.server.answers.pop(0) if self.server.answers else None
        if failing is None or self.server.takes_before_failing:
            self.server.taken.append({"channel": channel, **sent})
        if failing is not None:
            return self._say(failing, _error(failing, "Exception", "Internal server error"))
        return self._say(201, {"id": f"n-{len(self.server.taken)}", "reference": sent.get("reference"), "content": {}})

    def do_GET(self) -> None:
        """List the notifications with a reference."""
        reference = parse_qs(urlsplit(self.path).query).get("reference", [""])[0]
        found = [one for one in self.server.taken if one["reference"] == reference]
        self._say(200, {"notifications": found, "links": {"current": self.path}})

    def _is_authorised(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            return jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})["iss"] == SERVICE
        except jwt.InvalidTokenError:
            return False

    def _say(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _error(status: int, kind: str, message: str) -> dict:
    return {"status_code": status, "errors": [{"error": kind, "message": message}]}


@contextmanager
def running_notify() -> Iterator[NotifyApi]:
    """A server on a free port, while the context lasts."""
    server = NotifyApi()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
