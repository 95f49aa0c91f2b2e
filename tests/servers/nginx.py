"""A real nginx for tests, where there is one: skipped without it with a line that says how to get it, failed in CI."""

import os
import shutil

import pytest

ADVICE = "there is no nginx on this machine: apt-get install nginx-light"


def require_nginx() -> str:
    """Return the path of nginx; skip the test where there is none, and fail it in CI, where there must be."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(ADVICE)
    pytest.skip(ADVICE)
