"""Nothing inside is reached: whatever form an address has, and wherever a name leads."""

import socket
from collections.abc import AsyncGenerator, Sequence
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.platform.http.conftest import PLAIN, KeptEntries
from tests.platform.http.peer import FakeNames, Peer, RecordingNetwork, redirect, reply

from vectal.platform.http import Caller, EgressRefusedError, HttpClient, HttpLimits, HttpRequest
from vectal.platform.http.addresses import Address, find_denial
from vectal.platform.http.errors import HttpCallError
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.network import GuardedNetwork, resolve

CALLER = Caller("testing")
PUBLIC = "93.184.215.14"

# Hosts that must never be connected to, in every way that somebody might write them.
INSIDE = [
    # loopback
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0x7f000001", "0x7f.0.0.1", "0x7f.1",
    "0177.0.0.1", "017700000001", "2130706433", "00127.0.0.1", "127.0.0.1.", "localhost",
    "LOCALHOST", "localhost.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::127.0.0.1]",
    "127%2e0%2e0%2e1", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛocalhost", "0",
    "\uff11\uff12\uff17.0.0.1", "0.0.0.0",  # noqa: S104 - refused, not bound
    # link-local and cloud metadata
    "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518",
    "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]", "168.63.129.16", "100.100.100.200", "192.0.0.192", "metadata.internal.test",
    # private, shared, reserved
    "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.257", "100.64.0.1",
    "198.18.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
    # IPv6 that leads to IPv4, and IPv6 of its own
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
    "[2001:0:53aa:64c:0:fbff:80ff:fffe]", "[2a00:1450::5efe:10.0.0.1]", "[fc00::1]", "[fec0::1]",
    "[ff02::1]", "[2001:db8::1]", "[100::1]", "[3fff::1]", "[::2]",
    # names that resolve inward, wholly or in part
    "inside.test", "mixed.test", "mapped.test", "nat64.test",
    # not hosts at all
    "", "a..b", "exam ple", "-", "..", "a" * 300, "x" * 64 + ".test", "[::1", "[not-an-address]",
    "127.0.0.1:99999", "user@127.0.0.1", "good.test@127.0.0.1", "127.0.0.1\\@good.test",
    "1.2.3", "1.2.3.4.5", "good.test.0x7f", "256.256.256.256",
]  # fmt: skip

NAMES: dict[str, list[Sequence[str]]] = {
    "inside.test": [["10.0.0.7"]],
    "mixed.test": [[PUBLIC, "127.0.0.1"]],
    "mapped.test": [["::ffff:10.0.0.1"]],
    "nat64.test": [["64:ff9b::a00:1"]],
    "metadata.internal.test": [["169.254.169.254"]],
    "good.test": [[PUBLIC]],
    "localhost": [["127.0.0.1", "::1"]],
}


async def _system_or_fake(host: str, port: int) -> Sequence[Address]:
    """Names from the table; numeric forms as the system's resolver reads them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        return await FakeNames({k: list(v) for k, v in NAMES.items()}).resolve(host, port)
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@pytest.fixture
def network() -> RecordingNetwork:
    return RecordingNetwork()


@pytest.fixture
async def guarded(kept: KeptEntries, network: RecordingNetwork) -> AsyncGenerator[HttpClient]:
    guard = EgressGuard()
    inner = GuardedNetwork(guard, resolver=_system_or_fake, dialer=network)
    client = HttpClient(kept.as_ledger, guard, network=inner, tls=PLAIN)
    yield client
    await client.close()


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_form_leads_inside(
    guarded: HttpClient, network: RecordingNetwork, kept: KeptEntries, scheme: str, host: str
) -> None:
    with pytest.raises(HttpCallError) as caught:
        await guarded.send(HttpRequest("GET", f"{scheme}://{host}/latest/meta-data/"), CALLER)
    assert network.asked == []
    assert isinstance(caught.value, EgressRefusedError), host
    assert caught.value.status == 422
    (entry,) = kept.entries
    assert entry.policy.startswith("refused: ")


def test_the_corpus_is_large_enough() -> None:
    assert len(set(INSIDE)) >= 60


@pytest.mark.parametrize(
    "url",
    ["ftp://good.test/", "file:///etc/passwd", "gopher://good.test/", "javascript:alert(1)",
     "//good.test/", "good.test", "", "http:good.test", "http://", "data:text/html,x",
     "http://good.test:0/", "http://good.test:65536/", "http://" + "a/" * 5_000,
     "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/"],
)  # fmt: skip
async def test_only_plain_web_addresses(
    guarded: HttpClient, network: RecordingNetwork, url: str
) -> None:
    with pytest.raises(EgressRefusedError):
        await guarded.send(HttpRequest("GET", url), CALLER)
    assert network.asked == []


async def test_the_judged_address_is_the_one_connected_to(
    kept: KeptEntries, network: RecordingNetwork, peer: Peer
) -> None:
    """The name turns inward after the first answer; there is no second question."""
    names = FakeNames({"rebind.test": [[PUBLIC], ["127.0.0.1"]]})
    network.peer_port = peer.port
    peer.answers["/"] = reply(b"hello")
    guard = EgressGuard()
    client = HttpClient(
        kept.as_ledger,
        guard,
        network=GuardedNetwork(guard, resolver=names.resolve, dialer=network),
        tls=PLAIN,
    )
    answer = await client.send(HttpRequest("GET", "http://rebind.test/"), CALLER)
    assert answer.body == b"hello"
    assert names.asked == ["rebind.test"]
    assert network.asked == [(PUBLIC, 80)]
    assert peer.seen[0].headers["host"] == "rebind.test"
    await client.close()
    # A new connection asks again, and now it is refused.
    client = HttpClient(
        kept.as_ledger,
        guard,
        network=GuardedNetwork(guard, resolver=names.resolve, dialer=network),
        tls=PLAIN,
    )
    with pytest.raises(EgressRefusedError):
        await client.send(HttpRequest("GET", "http://rebind.test/"), CALLER)
    assert len(network.asked) == 1
    await client.close()


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "//10.0.0.1/",
     "http://inside.test/", "http://2130706433/", "http://mixed.test/", "file:///etc/passwd",
     "http://user:pw@good.test/", "gopher://good.test/", "http://[::ffff:127.0.0.1]/"],
)  # fmt: skip
async def test_a_redirect_does_not_lead_inside(
    guarded: HttpClient, network: RecordingNetwork, peer: Peer, location: str
) -> None:
    network.peer_port = peer.port
    peer.answers["/start"] = redirect(location)
    request = HttpRequest("GET", "http://good.test/start", limits=HttpLimits(redirects=3))
    with pytest.raises(EgressRefusedError):
        await guarded.send(request, CALLER)
    assert {address for address, _ in network.asked} == {PUBLIC}
    assert len(peer.seen) == 1


async def test_what_an_operator_opened_can_be_reached(
    kept: KeptEntries, network: RecordingNetwork, peer: Peer
) -> None:
    network.peer_port = peer.port
    peer.answers["/"] = reply(b"model")
    guard = EgressGuard.parse(["10.1.0.0/16", "Models.Lan.", "[fd00::1]"])
    names = FakeNames(
        {
            "models.lan": [["192.168.1.5"]],
            "other.lan": [["192.168.1.5"]],
            "tenth.lan": [["10.1.2.3"]],
        }
    )
    client = HttpClient(
        kept.as_ledger,
        guard,
        network=GuardedNetwork(guard, resolver=names.resolve, dialer=network),
        tls=PLAIN,
    )
    for host in ("models.lan", "tenth.lan", "10.1.9.9", "[fd00::1]"):
        answer = await client.send(HttpRequest("GET", f"http://{host}/"), CALLER)
        assert answer.body == b"model"
    assert {entry.policy for entry in kept.entries} == {"opened by operator"}
    for host in ("other.lan", "10.2.0.1", "[fd00::2]"):
        with pytest.raises(EgressRefusedError):
            await client.send(HttpRequest("GET", f"http://{host}/"), CALLER)
    await client.close()


@pytest.mark.parametrize(
    "entry", ["", "exa mple", "10.0.0.1/33", "http://x", "127.1", "*", "10.0.0.1/8"]
)
def test_a_broken_opening_is_refused_at_start(entry: str) -> None:
    with pytest.raises(ValueError, match="no host name, address or network"):
        EgressGuard.parse([entry])


@pytest.mark.parametrize(
    "text", [PUBLIC, "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:810::200e"]
)
def test_public_addresses_pass(text: str) -> None:
    assert find_denial(ip_address(text)) is None


@given(st.integers(0, 2**32 - 1))
def test_no_translated_form_says_more_than_its_ipv4(number: int) -> None:
    """An inner IPv4 address stays inner in every IPv6 dress."""
    for dressed in (
        IPv6Address(0xFFFF_0000_0000 | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x20010000 << 96) | (number ^ 0xFFFF_FFFF)),
        IPv6Address(number),
    ):
        assert find_denial(dressed) is not None


@given(st.ip_addresses())
def test_what_passes_is_global(address: Address) -> None:
    if find_denial(address) is None:
        assert address.is_global
        assert not address.is_multicast


async def test_the_systems_resolver_is_read_right() -> None:
    assert ip_address("127.0.0.1") in await resolve("localhost", 80)
    with pytest.raises(OSError, match=r"."):
        await resolve("no-such-host.invalid", 80)
