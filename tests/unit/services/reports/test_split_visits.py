from datetime import UTC, datetime
from itertools import permutations

import pytest

from services.reports.domain.jobs import JobNews, follow_job

from .test_report import assessed

NOW = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
WHOLE, PART = "job-whole", "job-part"


def news(job_id, state, outcome=None, *, sequence=5, **changes):
    family = {"parts": (PART,)} if job_id == WHOLE else {"part_of": WHOLE}
    return JobNews(job_id, 1, state, outcome, NOW, sequence, **{**family, **changes})


def follow(report, *told):
    for each in told:
        report, _ = follow_job(report, each)
    return report


@pytest.fixture
def waiting():
    return assessed()


def test_a_report_stays_open_until_both_crews_are_done(waiting):
    half = follow(waiting, news(WHOLE, "completed", "cleared"))
    assert half.is_open

    assert follow(half, news(PART, "completed", "cleared")).closure == "cleared"


def test_the_order_of_the_news_does_not_matter(waiting):
    told = [news(WHOLE, "completed", "cleared"), news(PART, "completed", "not-found")]

    for order in permutations(told):
        assert follow(waiting, *order).closure == "cleared"


def test_the_same_news_again_changes_nothing(waiting):
    told = news(WHOLE, "completed", "cleared")
    once = follow(waiting, told)

    assert follow(once, told) == once


def test_what_keeps_it_open_goes_before_what_closes_it(waiting):
    report = follow(waiting, news(PART, "completed", "refused"), news(WHOLE, "completed", "cleared"))

    assert report.is_open
    assert report.needs_decision


def test_a_cancelled_part_is_no_longer_waited_for(waiting):
    report = follow(waiting, news(WHOLE, "completed", "cleared"), news(PART, "cancelled"))

    assert report.closure == "cleared"


def test_proof_that_was_sent_back_is_waited_for_again(waiting):
    report = follow(
        waiting,
        news(PART, "completed", "cleared", sequence=5),
        news(PART, "assigned", sequence=6),
        news(WHOLE, "completed", "cleared"),
    )

    assert report.is_open


def test_a_whole_job_closes_its_report_as_ever(waiting):
    report = follow(waiting, JobNews(WHOLE, 1, "completed", "cleared", NOW, 5))

    assert (report.closure, report.parts) == ("cleared", {})
