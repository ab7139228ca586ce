"""S30: requests that we make reach no place inside, and nothing holds us up."""

import datetime
import socket
import ssl
import threading
import time

import pytest
import urllib3.util.connection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from requests.exceptions import ReadTimeout, RequestException, SSLError
from requests_hardened.ip_filter import InvalidIPAddress

from config import outgoing

PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch):
    """Answer for DNS: each name's addresses in turn, the last one from then on. Returns what was asked."""
    real, asked, table = socket.getaddrinfo, [], {}

    def resolve(host, port, *args, **options):
        if host not in table:
            return real(host, port, *args, **options)
        asked.append(host)
        address = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
        return real(address, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    table["asked"] = asked
    return table


@pytest.fixture
def reached(monkeypatch):
    """Return the addresses that a connection was opened to; none is really opened."""
    found = []

    def connect(address, *args, **options):
        found.append(address)
        raise OSError("No network in tests")

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    return found


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.8.8.8", "localhost", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104
        "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
        "[::]", "[::1]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
        "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[100::1]", "[5f00::1]",
    ],
)  # fmt: skip
def test_S30_no_address_inside_is_asked(reached, host):
    with outgoing.Session() as session, pytest.raises((InvalidIPAddress, outgoing.Refused)):
        session.get(f"https://{host}/")

    assert reached == []


@pytest.mark.parametrize("address", ["10.1.2.3", "::1", "::ffff:10.1.2.3", "169.254.169.254", "fec0::1"])
def test_S30_no_name_leads_inside(names, reached, address):
    names["inside.example.org"] = [address]

    with outgoing.Session() as session, pytest.raises((InvalidIPAddress, outgoing.Refused)):
        session.get("https://inside.example.org/")

    assert reached == []


@pytest.mark.parametrize(("url", "address"), [("https://example.org/", PUBLIC), ("https://[2606:4700::1111]/", None)])
def test_a_public_address_is_asked(names, reached, url, address):
    names["example.org"] = [PUBLIC]

    with outgoing.Session() as session, pytest.raises(RequestException):
        session.get(url)

    assert reached == [(address or "2606:4700::1111", 443)]


def test_S30_a_name_cannot_point_elsewhere_a_moment_later(names, reached):
    names["rebind.example.org"] = [PUBLIC, "127.0.0.1"]

    with outgoing.Session() as session, pytest.raises(RequestException):
        session.get("https://rebind.example.org/")

    assert names["asked"] == ["rebind.example.org"]
    assert reached == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@example.org/",
        "https://user@example.org/",
        "https://@example.org/",
        "https://127.0.0.1\\@example.org/",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
    ],
)
def test_S30_credentials_and_other_schemes_are_refused(reached, url):
    with outgoing.Session() as session, pytest.raises(RequestException):
        session.get(url)

    assert reached == []


def test_S30_the_environment_lends_no_proxy_and_no_password(monkeypatch, names, reached, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine example.org login me password secret\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NETRC", str(netrc))
    names["example.org"] = [PUBLIC]

    with outgoing.Session() as session, pytest.raises(RequestException):
        session.get("https://example.org/")

    assert reached == [(PUBLIC, 443)]


# Hosts that the operator trusts, and answers


@pytest.fixture
def serve(settings):
    """Serve one connection: `serve(b"HTTP/1.1 …", …)` sends each piece, and returns the address."""
    listeners = []

    def serve(*pieces, pause=0.0, context=None):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        port = listener.getsockname()[1]

        def answer():
            try:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) if context else connection as talk:
                    talk.recv(65536)
                    for piece in pieces:
                        talk.sendall(piece)
                        time.sleep(pause)
            except OSError:
                pass  # the client has seen enough

        threading.Thread(target=answer, daemon=True).start()
        settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
        return f"http://127.0.0.1:{port}/"

    yield serve
    for listener in listeners:
        listener.close()


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def test_a_trusted_host_is_asked_even_here_and_without_tls(serve):
    url = serve(HEAD + b"Content-Length: 2\r\n\r\n{}")

    with outgoing.Session() as session:
        answer = session.get(url)

    assert (answer.status_code, answer.json()) == (200, {})


def test_answers_in_chunks_are_read_whole(serve):
    url = serve(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n", b"1\r\n \r\n0\r\n\r\n")

    with outgoing.Session() as session:
        assert session.get(url).content == b"{} "


def test_S30_trust_is_of_one_port(serve, settings):
    url = serve(HEAD)
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]

    with outgoing.Session() as session, pytest.raises(outgoing.Refused):
        session.get(url)


@pytest.mark.parametrize(
    ("allowed", "url", "expected"),
    [
        ("id.lan", "https://id.lan/x", True),
        ("id.lan", "https://ID.lan:443/", True),
        ("id.lan", "https://id.lan:8443/", False),
        ("id.lan:8443", "https://id.lan:8443/", True),
        ("id.lan:8443", "https://id.lan/", False),
        ("id.lan", "https://id.lan.example.org/", False),
        ("id.lan", "https://sub.id.lan/", False),
    ],
)
def test_S30_a_host_is_trusted_by_its_whole_name_and_port(settings, allowed, url, expected):
    settings.OUTGOING_ALLOWED_HOSTS = [allowed]

    assert outgoing.is_exempt(outgoing.parse_url(url)) is expected


def test_S30_redirects_are_not_followed(serve):
    url = serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")

    with outgoing.Session() as session:
        answer = session.get(url)

    assert (answer.status_code, answer.history) == (302, [])


@pytest.mark.parametrize("head", [b"Content-Length: 9000000\r\n\r\n", b"\r\n"], ids=["announced", "unannounced"])
def test_S33_an_answer_that_is_too_large_is_cut_off(serve, head):
    url = serve(HEAD + head, *[b"x" * 65536] * 64)

    with outgoing.Session() as session, pytest.raises(outgoing.Refused, match="too large"):
        session.get(url)


def test_S33_a_compressed_answer_is_refused(serve):
    url = serve(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")

    with outgoing.Session() as session, pytest.raises(outgoing.Refused, match="compressed"):
        session.get(url)


def test_S33_an_answer_that_drips_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(outgoing, "WHOLE", 0.3)
    url = serve(HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 40, pause=0.05)
    started = time.monotonic()

    with outgoing.Session() as session, pytest.raises(ReadTimeout):
        session.get(url)

    assert time.monotonic() - started < 1.5


def test_S33_an_answer_that_breaks_off_is_refused(serve):
    url = serve(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nab")

    with outgoing.Session() as session, pytest.raises(RequestException):
        session.get(url)


def test_timeouts_are_short():
    assert outgoing.POLICY.default_timeout == (3.0, 5.0)


# TLS: the address is pinned, and the certificate must be the name's all the same


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the files of a key and of a certificate for `right.example.org`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "right.example.org")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("right.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    return folder / "key.pem", folder / "certificate.pem"


@pytest.mark.parametrize(("host", "fine"), [("right.example.org", True), ("wrong.example.org", False)])
def test_the_certificate_must_be_that_of_the_name(serve, names, monkeypatch, certificate, host, fine):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    port = int(serve(HEAD + b"Content-Length: 2\r\n\r\n{}", context=context).split(":")[2].strip("/"))
    names[host] = [PUBLIC]
    real = urllib3.util.connection.create_connection
    # The public address is played by a server of this machine.
    monkeypatch.setattr(
        urllib3.util.connection,
        "create_connection",
        lambda address, *args, **options: real(
            ("127.0.0.1", port) if address[0] == PUBLIC else address, *args, **options
        ),
    )

    with outgoing.Session() as session:
        if fine:
            assert session.get(f"https://{host}/", verify=str(certificate[1])).json() == {}
        else:
            with pytest.raises(SSLError):
                session.get(f"https://{host}/", verify=str(certificate[1]))
