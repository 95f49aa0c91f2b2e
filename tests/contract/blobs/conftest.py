"""Both adapters for one suite: every test here runs over folders and over a bucket (moto)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from shared.blobs import Blobs, open_blobs

Open = Callable[[str], Blobs]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="streetscene")
        yield "s3://streetscene/council?region=us-east-1"


@pytest.fixture(params=["folder", "s3"])
def blobs_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return f"file://{tmp_path}/blobs"
    url: str = request.getfixturevalue("bucket")
    return url


@pytest.fixture
def opened(blobs_url: str) -> Open:
    return lambda service: open_blobs(blobs_url, service)


@pytest.fixture
def blobs(opened: Open) -> Blobs:
    return opened("reports")
