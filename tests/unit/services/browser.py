"""A browser for one service's app: signed in as a role, and able to send the forms that it is shown."""

import re
from datetime import timedelta

from shared.web.auth import cookie_name
from shared.web.identity import BEARER, COOKIE, User, sign
from shared.web.keys import load_private_key

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """A test client with a user's cookie; `user_id` None is the public."""

    def __init__(self, app, settings, role=None, user_id="user-1"):
        self.client = app.test_client()
        self._settings = settings
        self._user = User(user_id, (role,), f"A {role}") if role else None
        if self._user:
            token = sign(load_private_key(settings), self._user, use=COOKIE, lifetime=timedelta(hours=1))
            self.client.set_cookie(cookie_name(app), token)

    def get(self, path, status=200):
        """Return a page's text, having checked its status."""
        response = self.client.get(path)
        assert response.status_code == status, response.get_data(as_text=True)[:2000]
        return response.get_data(as_text=True)

    def send(self, form_at, fields, to=None, status=303):
        """Load the page of a form, send it, and return the answer."""
        page = self.get(form_at)
        data = {"csrf_token": _TOKEN.search(page).group(1), **fields}
        response = self.client.post(to or form_at, data=data)
        assert response.status_code == status, response.get_data(as_text=True)[:3000]
        return response

    def call(self, method, path, body=None, status=200, **headers):
        """Call the JSON API with the user's bearer token and return the answer's JSON."""
        token = sign(load_private_key(self._settings), self._user, use=BEARER, lifetime=timedelta(hours=1))
        response = self.client.open(
            path, method=method, json=body, headers={"Authorization": f"Bearer {token}", **headers}
        )
        assert response.status_code == status, response.get_data(as_text=True)[:2000]
        return response.get_json()
