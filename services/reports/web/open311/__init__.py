"""Open311 GeoReport v2 with mySociety's updates, so that any app that speaks it can report here and follow a report.

XML and JSON, form-encoded posts, errors as arrays of code and description; `jurisdiction_id` is accepted and makes no
difference, as there is one. Free text and photos of reports are only given once staff have released them, as on the
public page. The key of a caller is a token of accounts, verified offline. ADR 0025, ADR 0026.
"""

from services.reports.web.open311 import discovery, service_requests, updates
from services.reports.web.open311.formats import register_errors

BLUEPRINTS = (discovery.bp, service_requests.bp, updates.bp)

__all__ = ["BLUEPRINTS", "register_errors"]
