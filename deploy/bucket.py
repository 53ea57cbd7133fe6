"""Creates the bucket that the settings name if it does not exist yet; for compose.grown.yaml."""

from __future__ import annotations

import os
from contextlib import suppress

import boto3
from botocore.config import Config


def bucket_make() -> None:
    """Create the bucket. Raises botocore's errors: compose restarts this until the server answers."""
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
