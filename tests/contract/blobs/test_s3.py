"""What only buckets have to get right: checked uploads, parcels written once, and no answer but `StoreUnavailable`."""

import base64
import hashlib
from typing import Any

import boto3
import pytest

from shared.blobs import Corrupt, open_blobs
from shared.blobs.s3 import S3Blobs
from shared.errors import StoreUnavailable

PHOTO = b"photo" * 1000
KEY = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def blobs(bucket: str) -> S3Blobs:
    opened = open_blobs(bucket, "reports")
    assert isinstance(opened, S3Blobs)
    return opened


@pytest.fixture
def client(bucket: str) -> Any:
    return boto3.client("s3", region_name="us-east-1")


def test_objects_lie_under_the_prefix_of_their_service(blobs: S3Blobs, client: Any) -> None:
    blobs.put(PHOTO)
    blobs.hand_over("enforcement", PHOTO)

    names = [entry["Key"] for entry in client.list_objects_v2(Bucket="streetscene")["Contents"]]
    assert names == [f"council/enforcement/handover/{KEY}", f"council/reports/blobs/{KEY}"]


def test_the_bucket_is_told_the_seal(blobs: S3Blobs) -> None:
    sent: list[Any] = []
    blobs._client.meta.events.register_first("before-send.s3.PutObject", lambda request, **_: sent.append(request))

    blobs.put(PHOTO)

    (request,) = sent
    assert request.headers["x-amz-checksum-sha256"] in {seal := base64.b64encode(bytes.fromhex(KEY)), seal.decode()}


def test_a_damaged_blob_is_never_given_out(blobs: S3Blobs, client: Any) -> None:
    client.put_object(Bucket="streetscene", Key=f"council/reports/blobs/{KEY}", Body=b"forged")

    with pytest.raises(Corrupt):
        blobs.get(KEY)


def test_a_parcel_that_is_there_is_not_overwritten_and_a_forged_one_not_accepted(
    bucket: str, blobs: S3Blobs, client: Any
) -> None:
    name = f"council/reports/handover/{KEY}"
    client.put_object(Bucket="streetscene", Key=name, Body=b"forged")

    open_blobs(bucket, "enforcement").hand_over("reports", PHOTO)

    assert client.get_object(Bucket="streetscene", Key=name)["Body"].read() == b"forged"
    with pytest.raises(Corrupt):
        blobs.accept(KEY)


def test_a_bucket_that_is_not_there_is_unavailable(bucket: str) -> None:
    blobs = open_blobs("s3://elsewhere?region=us-east-1", "reports")

    for operation in (blobs.ping, lambda: blobs.put(PHOTO), lambda: blobs.hand_over("enforcement", PHOTO)):
        with pytest.raises(StoreUnavailable):
            operation()
