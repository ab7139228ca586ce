"""Files in a bucket: Django's client of S3 against a stand-in for its server."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from config import stores
from todos.models import Attachment
from todos.services.attachments import add_attachment, sweep_orphans

pytest.importorskip("storages.backends.s3", reason="the embedded default has no client of S3")
DAY = "Mon, 02 Mar 2026 09:00:00 GMT"


class Bucket(BaseHTTPRequestHandler):
    """Keeps objects by their path, and lists them, as S3 does (REST API, 2006-03-01)."""

    objects: dict[str, bytes]

    def do_PUT(self):
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200)

    def do_HEAD(self):
        self.answer(200 if self.path in self.objects else 404, self.objects.get(self.path, b""))

    def do_GET(self):
        parts = urlsplit(self.path)
        if "prefix" in parts.query:
            self.answer(200, self.listed(parse_qs(parts.query)["prefix"][0]), "application/xml")
        else:
            self.answer(200, self.objects[self.path])

    def do_DELETE(self):
        self.objects.pop(self.path, None)
        self.answer(204)

    def listed(self, prefix: str) -> bytes:
        keys = [path.removeprefix("/box/") for path in self.objects]
        rest = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
        folders = {f"{key.split('/')[0]}/" for key in rest if "/" in key}
        found = "".join(f"<CommonPrefixes><Prefix>{prefix}{name}</Prefix></CommonPrefixes>" for name in folders)
        found += "".join(f"<Contents><Key>{prefix}{key}</Key></Contents>" for key in rest if "/" not in key)
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def answer(self, status: int, body: bytes = b"", kind: str = "application/octet-stream") -> None:
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), "Content-Type": kind, "Last-Modified": DAY, "ETag": '"1"'}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def objects(settings) -> Iterator[dict[str, bytes]]:
    """Keep files in the stand-in's bucket, and return what it holds."""
    found: dict[str, bytes] = {}
    handler = type("Objects", (Bucket,), {"objects": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = quote(f"http://127.0.0.1:{server.server_port}", safe="")
        url = f"s3://key:se%2Fcret@box/in?region=eu-central-1&endpoint={endpoint}"
        storage = stores.files(bucket_url=url, data_dir=Path())
        settings.STORAGES = settings.STORAGES | {"default": storage}
        yield found
        server.shutdown()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_file_lies_in_the_bucket_and_is_served_by_us(owner, todo, now, api, objects):
    upload = SimpleUploadedFile("note.txt", b"Hello from afar")

    found = add_attachment(actor=owner, todo_id=todo.pk, upload=upload, now=now)

    url = f"/api/v1/todos/{todo.pk}/attachments/{found.pk}/content/"
    assert list(objects) == [f"/box/in/attachments/{todo.project_id}/{found.pk}"]
    assert b"".join(api(owner).get(url).streaming_content) == b"Hello from afar"
    part = api(owner).get(url, headers={"Range": "bytes=6-9"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"from")

    assert sweep_orphans(timezone.now()) == 0
    Attachment.objects.all().delete()
    assert sweep_orphans(timezone.now() + timedelta(days=2)) == 1
    assert objects == {}


def test_the_secret_of_a_bucket_may_have_any_character():
    found = stores.files(bucket_url="s3://ke%3Ay:s%2Fe%40c@box/a/b?region=eu", data_dir=Path())["OPTIONS"]

    assert (found["access_key"], found["secret_key"]) == ("ke:y", "s/e@c")
    assert (found["bucket_name"], found["location"], found["region_name"]) == ("box", "a/b", "eu")
    assert (found["endpoint_url"], found["default_acl"]) == (None, None)
