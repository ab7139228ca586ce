"""Files on todos: who sends, reads and deletes them, how they are served, and what stays on the disk."""

import hashlib
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from activity.models import Event
from config import stores
from config.ids import uuid7
from todos.domain.files import LONGEST_NAME, clean_file_name, media_type_of
from todos.models import Attachment, Membership, Tombstone
from todos.services import attachments
from todos.services.attachments import add_attachment, delete_attachment, sweep_orphans
from todos.services.comments import add_comment, delete_comment
from todos.services.purge import sweep_trash
from todos.services.todos import delete_todo, update_todo

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Keep files in a folder, as the embedded default does."""
    settings.STORAGES = settings.STORAGES | {"default": stores.files(bucket_url="", data_dir=tmp_path)}
    return tmp_path / "attachments"


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.fixture
def attach(owner, todo, now):
    """Attach bytes to the todo through the service."""

    def attach(content=b"Hello", name="note.txt", *, by=owner, to=todo, **options):
        upload = SimpleUploadedFile(name, content)
        return add_attachment(actor=by, todo_id=to.pk, upload=upload, now=now, **options)

    return attach


@pytest.fixture
def send(api, owner, todo):
    """Send a form with a file to the API."""

    def send(content=b"Hello", name="note.txt", kind="text/plain", *, by=owner, **extra):
        upload = SimpleUploadedFile(name, content, kind)
        return api(by).post(address(todo), {"file": upload} | extra, format="multipart")

    return send


def address(todo, attachment=None, *, end=""):
    return f"/api/v1/todos/{todo.pk}/attachments/" + (f"{attachment.pk}/{end}" if attachment else "")


def read(client, url, **headers):
    response = client.get(url, headers=headers)
    return response, b"".join(response.streaming_content) if response.streaming else response.content


# Sending and reading


def test_a_file_is_answered_whole_and_read_as_it_was_sent(send, api, owner, todo, folder):
    response = send(PNG, "cat.png")

    found = response.json()
    assert response.status_code == 201
    assert (found["name"], found["media_type"], found["size"]) == ("cat.png", "image/png", len(PNG))
    assert found["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (found["todo"], found["uploaded_by"], found["deleted_at"]) == (str(todo.pk), str(owner.pk), None)
    client = api(owner)
    assert client.get(response["Location"]).json() == found
    assert client.get(address(todo)).json()["results"] == [found]
    assert read(client, found["content_url"])[1] == PNG
    [path] = files_in(folder)
    assert path.read_bytes() == PNG
    assert path.stat().st_mode & 0o077 == 0


def test_an_event_tells_of_a_file(attach, todo, recorded, assert_gapless, owner, now):
    found = attach()
    delete_attachment(actor=owner, todo_id=todo.pk, attachment_id=found.pk, now=now)
    attachments.restore_attachment(actor=owner, todo_id=todo.pk, attachment_id=found.pk, now=now)
    attachments.restore_attachment(actor=owner, todo_id=todo.pk, attachment_id=found.pk, now=now)

    assert recorded(todo)[1:] == ["attachment.added", "attachment.deleted", "attachment.restored"]
    data = [event.data for event in Event.objects.journal().about(todo.pk).order_by("revision")][1:]
    assert data[0] == {"attachment": {"id": str(found.pk)}, "name": "note.txt", "size": 5}
    assert data[1]["changes"]["deleted_at"]["before"] is None
    assert_gapless(todo.project)


def test_a_large_file_comes_in_pieces(attach, api, owner, todo):
    content = bytes(range(256)) * 12_000

    found = attach(content, "large.bin")

    response, body = read(api(owner), address(todo, found, end="content/"))
    assert body == content
    assert response["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    ("asked", "status", "part", "where"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=0-", 200, b"0123456789", None),
        ("bytes=-99", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=a-b", 200, b"0123456789", None),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=5-2", 416, None, "bytes */10"),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(attach, api, owner, todo, asked, status, part, where):
    found = attach(b"0123456789")

    response, body = read(api(owner), address(todo, found, end="content/"), Range=asked)

    assert response.status_code == status
    assert response.get("Content-Range") == where
    if part is not None:
        assert body == part
        assert response["Content-Length"] == str(len(part))


def test_a_part_of_another_file_is_not_sent(attach, api, owner, todo):
    found = attach(b"0123456789")

    response, body = read(
        api(owner), address(todo, found, end="content/"), Range="bytes=0-1", **{"If-Range": '"another"'}
    )

    assert (response.status_code, body) == (200, b"0123456789")


def test_a_picture_is_served_to_who_accepts_pictures_alone(attach, api, owner, todo):
    found = attach(PNG, "cat.png")

    response, body = read(api(owner), address(todo, found, end="content/"), Accept="image/avif,image/*")

    assert (response.status_code, response["Content-Type"], body) == (200, "image/png", PNG)


# Rights


def test_S09_a_file_is_read_by_the_members_of_its_project_alone(attach, api, todo, viewer, editor, stranger, admin):
    found = attach()
    url = address(todo, found, end="content/")

    assert [read(api(person), url)[0].status_code for person in (viewer, editor)] == [200, 200]
    assert [api(person).get(url).status_code for person in (stranger, admin)] == [404, 404]
    assert api().get(url).status_code == 401


def test_S08_who_left_a_project_reads_no_file_of_it(attach, api, todo, viewer):
    found, client = attach(), api(viewer)
    Membership.objects.of(viewer.pk).filter(project=todo.project).delete()

    assert client.get(address(todo, found, end="content/")).status_code == 404


def test_S01_a_file_is_found_under_its_own_todo_alone(attach, api, owner, make_todo):
    found, other = attach(), make_todo("Other")

    for end in ("", "content/"):
        assert api(owner).get(address(other, found, end=end)).status_code == 404
    assert api(owner).delete(address(other, found)).status_code == 404


def test_S09_no_other_address_leads_to_a_file(attach, pages, owner):
    found = attach()

    for path in (f"/{found.file.name}", f"/media/{found.file.name}", f"/static/{found.file.name}"):
        assert pages(owner).get(path).status_code == 404


def test_S07_a_viewer_sends_and_deletes_no_file(attach, send, api, viewer, todo, folder):
    found = attach()

    assert send(by=viewer).status_code == 403
    assert api(viewer).delete(address(todo, found)).status_code == 403
    assert api(viewer).post(address(todo, found, end="restoration/")).status_code == 403
    assert len(files_in(folder)) == 1


def test_a_stranger_leaves_nothing_on_the_disk(send, stranger, folder):
    assert send(by=stranger).status_code == 404
    assert files_in(folder) == []


def test_a_file_is_deleted_by_who_sent_it_and_by_the_projects_owner(attach, api, owner, editor, todo):
    mine, theirs = attach(), attach(by=editor)

    assert api(editor).delete(address(todo, mine)).status_code == 403
    assert api(owner).delete(address(todo, theirs)).status_code == 204
    assert api(editor).post(address(todo, theirs, end="restoration/")).status_code == 200


def test_a_file_in_the_trash_is_listed_there_and_not_read(attach, api, owner, todo):
    found, client = attach(), api(owner)
    client.delete(address(todo, found))

    assert client.get(address(todo)).json()["results"] == []
    assert len(client.get(address(todo) + "?trashed=true").json()["results"]) == 1
    assert client.get(address(todo, found, end="content/")).status_code == 404
    client.post(address(todo, found, end="restoration/"))
    assert read(client, address(todo, found, end="content/"))[1] == b"Hello"


def test_a_stale_deletion_is_refused(attach, api, owner, todo):
    found = attach()

    assert api(owner).delete(address(todo, found), HTTP_IF_MATCH='"0"').status_code == 412
    assert api(owner).delete(address(todo, found), HTTP_IF_MATCH=f'"{found.etag}"').status_code == 204


def test_a_form_from_a_page_elsewhere_is_refused(pages, owner, todo, folder):
    client = pages(owner, enforce_csrf_checks=True)

    response = client.post(address(todo), {"file": SimpleUploadedFile("a.txt", b"Hello")})

    assert response.status_code == 403
    assert files_in(folder) == []


@pytest.mark.parametrize("path", ["/api/v1/todos/", "/api/v1/todos/{todo}/comments/", "/api/v1/labels/"])
def test_other_doors_take_no_forms(api, owner, todo, path):
    response = api(owner).post(path.format(todo=todo.pk), {"title": "x", "text": "x", "name": "x"}, format="multipart")

    assert response.status_code == 415


# What a browser may do with it


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (SVG, "cat.svg", "image/svg+xml"),
        (SVG, "cat.png", "image/png"),
        (HTML, "page.html", "text/html"),
        (HTML, "cat.gif", "image/gif"),
        (b"<?xml version='1.0'?>" + SVG, "a.xml", "application/xml"),
        (b"%PDF-1.7 \x00", "a.pdf", "application/pdf"),
        (b"\x00\x00\x01\x00", "favicon.ico", "image/x-icon"),
        (b"BM\x00\x00", "a.bmp", "image/bmp"),
        (b"alert(1)", "a.js", "text/javascript"),
    ],
)
def test_S24_what_is_not_plainly_a_picture_is_downloaded_and_never_runs(send, api, owner, content, name, said):
    url = send(content, name, said).json()["content_url"]

    response, body = read(api(owner), url)

    assert body == content
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; ")
    assert_locked_down(response)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a" + HTML, "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
    ],
)
def test_S24_a_picture_is_shown_under_its_own_type(send, api, owner, head, kind):
    url = send(head + b"rest", "page.html", "text/html").json()["content_url"]

    response, _ = read(api(owner), url)

    assert response["Content-Type"] == kind
    assert response["Content-Disposition"].startswith("inline; ")
    assert_locked_down(response)


def assert_locked_down(response):
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("note.txt", "note.txt"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\x\\a.txt", "a.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie x=1.txt"),
        ('a"; filename="b.exe', "a ; filename= b.exe"),
        ("gpj.\u202eexe.txt", "gpj.exe.txt"),
        ("a\x00b.png", "ab.png"),
        ("<img src=x onerror=alert(1)>.png", "img src=x onerror=alert(1) .png"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("", "file"),
        ("/", "file"),
        ("Grüße ✓ 日本.pdf", "Grüße ✓ 日本.pdf"),
        ("x" * 300 + ".tar.gz", "x" * 193 + ".tar.gz"[3:]),
    ],
)
def test_S23_S25_a_file_name_is_cleaned(given, kept):
    found = clean_file_name(given)

    if len(given) > LONGEST_NAME:
        assert len(found) <= LONGEST_NAME
        assert found.endswith(".gz")
    else:
        assert found == kept


@given(st.text(max_size=400))
def test_S25_any_file_name_is_one_safe_line(name):
    found = clean_file_name(name)

    assert 0 < len(found) <= LONGEST_NAME
    assert found.isprintable()
    assert not set(found) & set('/\\:*?"<>|\r\n')
    assert not found.startswith(".")
    assert clean_file_name(found) == found


def test_S25_a_name_of_any_letters_comes_back_in_the_header(attach, api, owner, todo):
    name = "Grüße ✓ 'a; b.txt"
    found = attach(name=name)

    response, _ = read(api(owner), address(todo, found, end="content/"))

    header = response["Content-Disposition"]
    assert "\n" not in header
    assert unquote(header.partition("filename*=utf-8''")[2]) == name


@given(st.binary(max_size=600))
def test_any_bytes_have_a_type(head):
    assert media_type_of(head)


def test_text_is_known_though_its_last_letter_is_cut():
    assert media_type_of(("ä" * 600).encode()[:512]) == "text/plain"
    assert media_type_of(("a" + "✓" * 600).encode()[:512]) == "text/plain"
    assert media_type_of(b"a\xffb" * 100) == "application/octet-stream"


# Limits


def test_S33_a_file_over_the_limit_is_refused_before_it_is_read(send, api, owner, todo, settings, folder):
    settings.ATTACHMENT_MAX = 1000

    assert send(b"x" * 1000).status_code == 201
    assert send(b"x" * 1001).status_code == 422
    assert send(b"x" * 100_000).status_code == 413
    forged = api(owner).generic(
        "POST", address(todo), b"--x\r\n", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(10**12)
    )
    assert (forged.status_code, forged["Content-Type"]) == (413, "application/problem+json")
    assert len(files_in(folder)) == 1


def test_S33_a_picture_bomb_is_kept_unread(send):
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x06\x00\x00\x00"

    assert send(header, "bomb.png").json()["size"] == len(header)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nHello\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(api, owner, todo, body, kind):
    response = api(owner).generic("POST", address(todo), body, content_type=kind)

    assert response.status_code in (400, 422)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("names", [("file", "file"), ("file", "other")])
def test_two_files_in_one_form_are_refused_rather_than_one_lost(api, owner, todo, names):
    files = [SimpleUploadedFile(f"{number}.txt", b"Hello") for number in range(2)]
    form = {"file": files} if names[0] == names[1] else dict(zip(names, files, strict=True))

    response = api(owner).post(address(todo), form, format="multipart")

    assert (response.status_code, list(response.json()["fields"])) == (422, ["file"])
    assert not Attachment.objects.exists()


def test_an_empty_file_is_refused(send):
    assert send(b"").status_code == 422


def test_a_todo_has_so_many_files_and_no_more(attach, send, monkeypatch, folder):
    monkeypatch.setattr(attachments, "MOST", 1)
    attach()

    assert send().status_code == 409
    assert len(files_in(folder)) == 1


def test_the_owners_room_is_what_all_files_in_their_projects_take(
    attach, send, editor, make_todo, work, settings, folder
):
    settings.ATTACHMENT_QUOTA = 12
    attach(to=make_todo(project=work.pk))
    attach(by=editor)

    refused = send(by=editor)

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert len(files_in(folder)) == 2
    settings.ATTACHMENT_QUOTA = None
    assert send(by=editor).status_code == 201


def test_an_id_is_taken_once_and_the_first_file_stays(send, folder):
    chosen = str(uuid7())

    assert send(b"One", id=chosen).json()["id"] == chosen
    assert send(b"Two", id=chosen).status_code == 409
    assert [path.read_bytes() for path in files_in(folder)] == [b"One"]


# What is left on the disk


def test_a_file_goes_when_the_change_that_brings_it_fails(attach, owner, todo, now, folder):
    delete_todo(actor=owner, todo_id=todo.pk, now=now)

    with pytest.raises(Exception, match="trash"):
        attach()

    assert files_in(folder) == []
    assert not Attachment.objects.exists()


def test_files_without_a_row_are_swept_once_they_are_a_day_old(attach, todo, folder):
    kept, lost = attach(), attach(b"Lost")
    Attachment.objects.filter(pk=lost.pk).delete()
    later = timezone.now() + timedelta(days=1, minutes=1)

    assert sweep_orphans(timezone.now()) == 0
    assert sweep_orphans(later) == 1
    assert sweep_orphans(later) == 0

    assert default_storage.exists(kept.file.name)
    assert not default_storage.exists(lost.file.name)


def test_a_sweep_of_no_files_finds_none(db):
    assert sweep_orphans(timezone.now()) == 0


def test_a_file_that_moved_with_its_todo_stays_where_it_lies(attach, api, owner, todo, work, now, assert_gapless):
    found = attach()
    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)

    assert sweep_orphans(timezone.now() + timedelta(days=2)) == 0
    assert read(api(owner), address(todo, found, end="content/"))[1] == b"Hello"
    found.refresh_from_db()
    assert found.project == work
    assert_gapless(work)


def test_what_was_in_the_trash_for_a_month_goes_for_good(attach, owner, todo, now, assert_gapless):
    old, kept = attach(), attach()
    said = add_comment(actor=owner, todo_id=todo.pk, text="Hello", now=now)
    delete_attachment(actor=owner, todo_id=todo.pk, attachment_id=old.pk, now=now)
    delete_comment(actor=owner, todo_id=todo.pk, comment_id=said.pk, now=now)
    month = timedelta(days=30)

    assert sweep_trash(now + month - timedelta(seconds=1)) == 0
    assert sweep_trash(now + month) == 2

    assert list(Attachment.objects.all()) == [kept]
    graves = set(Tombstone.objects.values_list("kind", "subject_id"))
    assert graves == {("attachment", old.pk), ("comment", said.pk)}
    assert_gapless(todo.project)
