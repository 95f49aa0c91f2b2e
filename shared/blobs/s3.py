"""Blobs in an S3-compatible bucket: `<prefix>/<service>/blobs/<key>`, parcels in `<prefix>/<service>/handover/<key>`.

Credentials come from the environment, per service (`AWS_ACCESS_KEY_ID` and so on): a service may do anything below its
own prefix, and only put below another's `handover/`. The bucket checks every upload against the SHA-256 that names it.
"""

import base64
import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.blobs.port import check_key, check_service, key_of, verified
from shared.errors import NotFound, StoreUnavailable

CLIENT = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})
"""A photo or a parcel is a few megabytes; a bucket that takes longer does not answer."""

MISSING = {"404", "NoSuchKey", "NotFound"}
PRESENT = {"412", "PreconditionFailed"}


class S3Blobs:
    """One service's blobs in a bucket that all services share, each with its own prefix and credentials."""

    def __init__(
        self, bucket: str, service: str, *, prefix: str = "", endpoint: str | None = None, region: str | None = None
    ) -> None:
        self.service = check_service(service)
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=CLIENT)

    def put(self, content: bytes) -> str:
        """Store bytes durably and return their SHA-256 in hex, the key; the same bytes again change nothing.

        They are sent even where they are there: that renews the object's time, which the sweep of orphans goes by.
        """
        key = key_of(content)
        with _unavailable_on_client_error():
            self._client.put_object(**self._upload(self._name(key), key, content))
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes, verified against the key; raises `NotFound`, or `Corrupt` where they differ."""
        content = self._content(self._name(key))
        if content is None:
            raise NotFound("This file is no longer kept")
        return verified(key, content)

    def exists(self, key: str) -> bool:
        """Say whether the blob is there."""
        name = self._name(key)
        with _unavailable_on_client_error():
            try:
                self._client.head_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if _code(error) in MISSING:
                    return False
                raise
        return True

    def delete(self, key: str) -> None:
        """Remove a blob (retention and sweeping only)."""
        self._delete(self._name(key))

    def keys(self, *, written_before: datetime) -> Iterator[str]:
        """Yield the keys of blobs written before an instant, for the sweep of orphans."""
        pages = self._client.get_paginator("list_objects_v2")
        folder = f"{self._prefix}{self.service}/blobs/"
        with _unavailable_on_client_error():
            for page in pages.paginate(Bucket=self._bucket, Prefix=folder):
                for entry in page.get("Contents", ()):
                    if entry["LastModified"] < written_before:
                        yield entry["Key"].removeprefix(folder)

    def hand_over(self, receiver: str, content: bytes) -> str:
        """Write a sealed parcel into another service's `handover/` prefix, once, and return its SHA-256.

        What is there already is left as it is: only the receiver may read it, and verifies it when accepting.
        """
        key = key_of(content)
        upload = self._upload(self._handover(receiver, key), key, content)
        with _unavailable_on_client_error():
            try:
                self._client.put_object(**upload, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) not in PRESENT:
                    raise
        return key

    def accept(self, key: str) -> bytes:
        """Move a parcel from this service's `handover/` prefix into its own, verified; return its bytes.

        Its own copy is durable before the parcel is removed, so that a crash in between repeats and loses nothing.
        """
        handed_over = self._handover(self.service, check_key(key))
        content = self._content(self._name(key))
        if content is None:
            content = self._content(handed_over)
            if content is None:
                raise NotFound("No such parcel was handed over")
            self.put(verified(key, content))
        self._delete(handed_over)
        return verified(key, content)

    def ping(self) -> None:
        """Prove that the blobs can be read and written; raises `StoreUnavailable`."""
        with _unavailable_on_client_error():
            self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}{self.service}/ping", Body=b"ping")

    def _name(self, key: str) -> str:
        """Return the object's name of a blob of this service."""
        return f"{self._prefix}{self.service}/blobs/{check_key(key)}"

    def _handover(self, receiver: str, key: str) -> str:
        """Return the object's name of a parcel for a service."""
        return f"{self._prefix}{check_service(receiver)}/handover/{key}"

    def _upload(self, name: str, key: str, content: bytes) -> dict[str, Any]:
        """Return the request that stores bytes, with the seal for the bucket to check."""
        checksum = base64.b64encode(bytes.fromhex(key)).decode()
        return {"Bucket": self._bucket, "Key": name, "Body": content, "ChecksumSHA256": checksum}

    def _content(self, name: str) -> bytes | None:
        """Return an object's bytes, or None where there is none."""
        with _unavailable_on_client_error():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if _code(error) in MISSING:
                    return None
                raise
            with contextlib.closing(answer["Body"]) as body:
                content: bytes = body.read()
        return content

    def _delete(self, name: str) -> None:
        """Remove an object; one that is not there is removed already."""
        with _unavailable_on_client_error():
            self._client.delete_object(Bucket=self._bucket, Key=name)


def _code(error: ClientError) -> str:
    """Return the bucket's code for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def _unavailable_on_client_error() -> Iterator[None]:
    """Turn a bucket's refusal or silence into `StoreUnavailable`."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"the bucket does not answer as it should: {error}") from error
