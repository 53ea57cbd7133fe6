"""An S3 server on loopback that can be made unavailable. It is moto's, run in this process, so that it keeps
its contents while it is away."""

from contextlib import contextmanager
from urllib.request import Request, urlopen

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from moto.server import ThreadedMotoServer

BUCKET = "songs"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


def bucket_at(url, *, patience_s):
    """Return the storage setting for the server's own S3 backend with that bucket. Each call is tried
    once."""
    config = Config(
        connect_timeout=patience_s,
        read_timeout=patience_s,
        retries={"total_max_attempts": 1},
        signature_version="s3v4",
    )
    options = {
        "bucket_name": BUCKET, "endpoint_url": url, "region_name": "us-east-1",
        "access_key": "key", "secret_key": "secret", "file_overwrite": True,
        "client_config": config, "transfer_config": TransferConfig(num_download_attempts=1),
    }  # fmt: skip
    return {"BACKEND": "jobs.storage.s3.S3StorageWithBreaker", "OPTIONS": options}


class ObjectStore:
    """An S3 server. `url`: its address. `environment`: the settings with which a server keeps its audio
    here."""

    def __init__(self):
        self.server, self.port = None, 0
        self.come_back()
        urlopen(Request(f"{self.url}/moto-api/reset", method="POST"))
        self.client = boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret",
        )  # fmt: skip
        self.client.create_bucket(Bucket=BUCKET)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self):
        return KEYS | {
            "AUDIOMUSIC_STORAGE": "s3",
            "AUDIOMUSIC_S3_BUCKET": BUCKET,
            "AUDIOMUSIC_S3_ENDPOINT": self.url,
            "AUDIOMUSIC_S3_REGION": "us-east-1",
        }

    def names(self):
        listed = self.client.list_objects_v2(Bucket=BUCKET)
        return sorted(entry["Key"] for entry in listed.get("Contents", ()))

    def empty(self):
        for name in self.names():
            self.client.delete_object(Bucket=BUCKET, Key=name)

    def go_away(self):
        self.server.stop()
        self.server = None

    def come_back(self):
        self.server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self.server.start()
        self.port = self.server.get_host_and_port()[1]

    @contextmanager
    def away(self):
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    def close(self):
        if self.server:
            self.go_away()
