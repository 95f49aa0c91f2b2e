"""Sealed files: `open_blobs` gives every service its own prefix, by URL; see `port.py` for what it can do."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from shared.blobs.port import Blobs, Corrupt
from shared.errors import ConfigError

__all__ = ["Blobs", "Corrupt", "open_blobs"]


def open_blobs(url: str, service: str) -> Blobs:
    """Return a service's blobs: `file:///folder`, or `s3://bucket/prefix?endpoint=https://…&region=…`."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        from shared.blobs.folder import FolderBlobs

        return FolderBlobs(Path(unquote(f"{parts.netloc}{parts.path}")), service)
    if parts.scheme == "s3" and parts.netloc:
        # boto3 takes half a second to load, which the embedded mode need not wait for.
        from shared.blobs.s3 import S3Blobs

        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := options.keys() - {"endpoint", "region"}:
            raise ConfigError(f"a blob URL has no option {', '.join(sorted(unknown))}")
        return S3Blobs(
            parts.netloc,
            service,
            prefix=parts.path,
            endpoint=options.get("endpoint"),
            region=options.get("region"),
        )
    raise ConfigError(f"a blob URL is file:///folder or s3://bucket/prefix, not {url.partition('?')[0]!r}")
