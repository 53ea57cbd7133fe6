"""Creates the bucket named in the settings unless it exists; for compose.grown.yaml."""

from __future__ import annotations

import os
from contextlib import suppress

import boto3
from botocore.config import Config


def bucket_make() -> None:
    """Raise botocore's errors: compose restarts this until the server responds."""
    client = boto3.client(
        "s3",
        endpoint_url=os.environ.get("AUDIOMUSIC_S3_ENDPOINT") or None,
        region_name=os.environ.get("AUDIOMUSIC_S3_REGION") or None,
        config=Config(signature_version="s3v4", connect_timeout=5, read_timeout=10),
    )
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=os.environ["AUDIOMUSIC_S3_BUCKET"])


if __name__ == "__main__":
    bucket_make()
