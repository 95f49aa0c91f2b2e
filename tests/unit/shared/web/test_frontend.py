"""What must not slip into the front end: addresses of registries, the crown, GDS Transport, inline scripts."""

import json
import re
from pathlib import Path

import pytest

from shared.config import REPOSITORY
from shared.web.assets import BUILD

FRONTEND = REPOSITORY / "shared" / "web" / "frontend"
TEMPLATES = sorted(REPOSITORY.glob("shared/web/templates/**/*.html")) + sorted(
    REPOSITORY.glob("services/*/web/templates/**/*.html")
)


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_govuk_frontend_is_the_one_that_the_macros_were_made_for() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())

    assert lock["packages"]["node_modules/govuk-frontend"]["version"].startswith("6.3.")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_template_has_what_the_content_security_policy_refuses(template: Path) -> None:
    text = template.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "an inline script"
    assert "<style" not in text
    assert not re.search(r"\sstyle=", text), "an inline style"
    assert not re.search(r"\son(click|change|input|submit|load|error|focus|blur|key\w+|mouse\w+)=", text), (
        "an inline handler"
    )
    assert not re.search(r"(?:\ssrc|<link[^>]*\shref)=\"(?:https?:)?//", text), "something of another origin"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_form_that_posts_carries_the_token(template: Path) -> None:
    text = template.read_text()
    forms = re.findall(r"<form[^>]*method=\"post\"[^>]*>.*?</form>", text, flags=re.DOTALL | re.IGNORECASE)

    assert [form[:200] for form in forms if "csrf_field()" not in form] == []


@pytest.mark.skipif(not (BUILD / "manifest.json").exists(), reason="the assets are not built")
def test_the_stylesheet_uses_the_systems_fonts_and_no_crown() -> None:
    css = next(BUILD.glob("app-*.css")).read_text()

    assert "GDS Transport" not in css
    assert "@font-face" not in css
    assert "system-ui" in css
    assert not [path for path in BUILD.rglob("*") if path.suffix in {".woff", ".woff2"} or "crown" in path.name]
