"""Both adapters for one suite: every test here runs over folders and over a bucket (moto)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.blobs import Blobs, open_blobs

Open = Callable[[str], Blobs]


@pytest.fixture(scope="module")
def buckets() -> Iterator[Any]:
    """The service of buckets, as a client; one for many tests, because it forgets what a client learns slowly."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        with mock_aws():
            yield boto3.client("s3", region_name="us-east-1")


@pytest.fixture
def bucket(buckets: Any) -> Iterator[str]:
    """A bucket that nobody has used."""
    buckets.create_bucket(Bucket="streetscene")
    yield "s3://streetscene/council?region=us-east-1"
    while present := buckets.list_objects_v2(Bucket="streetscene").get("Contents"):
        buckets.delete_objects(Bucket="streetscene", Delete={"Objects": [{"Key": each["Key"]} for each in present]})
    buckets.delete_bucket(Bucket="streetscene")


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
