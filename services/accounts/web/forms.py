"""The forms of accounts, with the messages that people read."""

from typing import Any

from marshmallow import fields, validate

from services.accounts.domain.credential import DEFAULT_SHIFT_HOURS
from shared.contracts.codes import ROLES
from shared.web.forms import Form, choice, text

ACCOUNT_ROLES = {role: name for role, name in ROLES.items() if role != "wall-viewer"}
HOURS = ("8", "10", str(DEFAULT_SHIFT_HOURS), "24")
DAYS = ("30", "90", "365")


def _roles() -> Any:
    """Declare the roles of a user."""
    return fields.List(
        fields.String(validate=validate.OneOf(tuple(ACCOUNT_ROLES), error="Choose roles from the list.")),
        required=True,
        error_messages={"required": "Choose at least one role."},
        validate=validate.Length(min=1, error="Choose at least one role."),
    )


class SignInForm(Form):
    """E-mail address and password."""

    email = text("Enter your email address.")
    password = text("Enter your password.", longest=200)


class ShiftForm(Form):
    """A crew's code."""

    code = text("Enter the shift code.", longest=40)


class RolesForm(Form):
    """What somebody may do, and what they are narrowed to."""

    roles = _roles()
    crew_id = text("", required=False)
    depot_id = text("", required=False)
    neighbourhood = text("", required=False)
    ward = text("", required=False)


class PersonForm(Form):
    """Who somebody is."""

    name = text("Enter the name that colleagues see.", longest=100)
    email = text("Enter an email address, like name@example.com.")


class NewUserForm(RolesForm, PersonForm):
    """A new member of staff; in this order, so that what is wrong is told in the order of the page."""


class PasswordForm(Form):
    """Changing one's own password."""

    current_password = text("Enter your current password.", longest=200)
    new_password = text("Enter a new password.", longest=200)


class ShiftCodeForm(Form):
    """A code for a crew's shift."""

    crew_id = text("Choose the crew.")
    hours = choice("Choose how long the code should last.", HOURS)


class WallLinkForm(Form):
    """A link for a screen."""

    label = text("Say where the screen is, for example: Depot office.", longest=100)


class TokenForm(Form):
    """A token or key for a program."""

    label = text("Say what it is for, for example: Finance system.", longest=100)
    role = choice("Choose a role.", (*ROLES, "open311"))
    days = choice("Choose how long it should last.", DAYS)
