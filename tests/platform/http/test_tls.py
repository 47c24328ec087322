"""TLS is made for the name that was asked for, at the address that was judged."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.platform.http.conftest import KeptEntries
from tests.platform.http.peer import FakeNames, Peer, RecordingNetwork, reply

from vectal.platform.clock import utc_now
from vectal.platform.http import Caller, ConnectionFailedError, HttpClient, HttpRequest
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.network import GuardedNetwork

CALLER = Caller("testing")
PUBLIC = "93.184.215.14"


def _make_certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "peer.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return _make_certificate(tmp_path, "good.test")


@pytest.fixture
async def tls_peer(pem: Path) -> AsyncGenerator[Peer]:
    peer = Peer(answers={"/": reply(b"private")})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    tasks: list[asyncio.Task[None]] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(peer.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    peer.port = server.sockets[0].getsockname()[1]
    yield peer
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_certificate_must_carry_the_name(
    kept: KeptEntries, pem: Path, tls_peer: Peer
) -> None:
    network = RecordingNetwork(tls_peer.port)
    names = FakeNames({"good.test": [[PUBLIC]], "other.test": [[PUBLIC]]})
    guard = EgressGuard()
    client = HttpClient(
        kept.as_ledger,
        guard,
        network=GuardedNetwork(guard, resolver=names.resolve, dialer=network),
        tls=ssl.create_default_context(cafile=str(pem)),
    )
    answer = await client.send(HttpRequest("GET", "https://good.test/"), CALLER)
    assert answer.body == b"private"
    assert network.asked == [(PUBLIC, 443)]
    assert tls_peer.seen[0].headers["host"] == "good.test"
    for url in ("https://other.test/", f"https://{PUBLIC}/"):
        with pytest.raises(ConnectionFailedError):
            await client.send(HttpRequest("GET", url), CALLER)
    assert len(tls_peer.seen) == 1
    await client.close()
