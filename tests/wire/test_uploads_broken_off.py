"""Clients that leave in the middle of what they upload."""

import asyncio

from tests.wire.conftest import Gateway, make_member_key


async def test_a_client_that_leaves_keeps_nothing(gateway: Gateway) -> None:
    key = await make_member_key(gateway, "member")
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    head = (
        f"POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    ).encode()
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head + b"x" * 3_000_000)
    await writer.drain()
    writer.transport.abort()
    client = gateway.openai(key)
    assert [file async for file in client.files.list()] == []
    kept = await client.files.create(file=("x", b"y"), purpose="batch")
    assert [file.id async for file in client.files.list()] == [kept.id]
