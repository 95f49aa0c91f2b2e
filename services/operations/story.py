"""One report's story, gathered from the archive."""

from services.operations.domain.archiving import archived_event, links_to_follow
from services.operations.domain.journey import Journey, journey
from services.operations.store import archive_of_links, archive_of_report, report_id_of
from shared.errors import NotFound
from shared.ids import normalise_reference
from shared.store.port import Store


def read_story(store: Store, reference: str) -> Journey:
    """Return the story of the report with a reference, however it was typed; raises `NotFound`."""
    canonical = normalise_reference(reference)
    report_id = report_id_of(store, canonical)
    if report_id is None:
        raise NotFound(f"There is no report {canonical}.", field="reference")
    own = [archived_event(document) for document in archive_of_report(store, report_id)]
    linked = [archived_event(document) for document in archive_of_links(store, links_to_follow(own))]
    # A receipt hangs on a ticket that may itself only hang on a tip: one more round finds it.
    further = [archived_event(document) for document in archive_of_links(store, links_to_follow([*own, *linked]))]
    return journey(report_id, [*own, *linked, *further])
