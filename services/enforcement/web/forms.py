"""What enforcement's forms ask for."""

from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError, fields

from services.enforcement.domain.case import CLOSING_RESULTS
from services.enforcement.domain.notice import CANCEL_REASONS, PAYMENT_METHODS, SERVICE_METHODS
from shared.web.forms import Form, choice, text

LARGEST_POUNDS = 1_000_000
PENCE = 100
LONGEST_ADDRESS = 400
LONGEST_PARTICULARS = 1_000


class Pounds(fields.Field[int]):
    """An amount as people type it (£500, 62.50), as integer pence."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> int:  # noqa: ARG002
        typed = str(value).replace("£", "").replace(",", "").replace(" ", "")
        try:
            amount = Decimal(typed)
        except InvalidOperation:
            raise ValidationError("Enter an amount in pounds, like 500 or 62.50") from None
        pence = amount * PENCE
        if not amount.is_finite() or pence != pence.to_integral_value() or not 0 <= amount <= LARGEST_POUNDS:
            raise ValidationError("Enter an amount in pounds, like 500 or 62.50")
        return int(pence)


def _day(missing: str) -> Any:
    """Declare a date, as `<input type=date>` sends it."""
    return fields.Date(required=True, error_messages={"required": missing, "null": missing, "invalid": missing})


class IssueForm(Form):
    """Which penalty, for how much; the person may be added later."""

    penalty = text("Select the offence", longest=100)
    amount = Pounds(load_default=None, allow_none=True)
    name = text("", longest=120, required=False)
    address = text("", longest=LONGEST_ADDRESS, required=False)
    particulars = text("", longest=LONGEST_PARTICULARS, required=False)


class RecipientForm(Form):
    """Whom the notice is for."""

    name = text("Enter the person’s name", longest=120)
    address = text("Enter the person’s address", longest=LONGEST_ADDRESS)


class ServeForm(Form):
    """When and how the notice reached the person."""

    served_on = _day("Enter the day on which it was served")
    how = choice("Select how the notice was served", SERVICE_METHODS)


class PaymentForm(Form):
    """Money that came in."""

    amount = Pounds(required=True, error_messages={"required": "Enter the amount that was paid"})
    paid_on = _day("Enter the day on which it was paid")
    method = choice("Select how it was paid", PAYMENT_METHODS)


class CancelForm(Form):
    """Why a notice no longer holds."""

    reason = choice("Select why the notice is cancelled", CANCEL_REASONS)


class CloseForm(Form):
    """Why a case is closed."""

    result = choice("Select why the case is closed", CLOSING_RESULTS)
