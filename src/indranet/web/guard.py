"""What stands between a request and the page: host, token, size, and headers of every answer."""

import json
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qsl

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Names under which this machine calls itself."""
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104
"""Hosts that stand for every address of this machine."""
MOST_BYTES = 64 * 1024
"""Largest body of a request."""
COOKIE = "indranet"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a page of ours may load: files of this server and nothing else."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
"""Headers of every answer."""


class Guard:
    """Lets through what is meant for this server, small enough, and from someone who may ask.

    Parameters
    ----------
    inner
        The application.
    hosts
        Names that the header Host may hold, besides those of this machine to itself. One that
        stands for every address lets any address in figures through.
    token
        What every request must show, None where none is asked for.
    """

    def __init__(self, inner: Application, hosts: Collection[str], token: str | None) -> None:
        self.inner = inner
        self.hosts = {*LOOPBACK, *(host.lower() for host in hosts)}
        self.token = token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it before the application sees it."""
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        if not self._is_host(headers.get(b"host", b"").decode("latin-1")):
            await _answer(send, 421, "this server does not go by that name: check the address")
            return
        if self.token is not None and not self._has_token(headers):
            given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token", "")
            if scope["path"] == "/" and self._is_token(given):
                await _welcome(send, given)
                return
            await _answer(send, 401, "a token is needed: open /?token=... or send it as a bearer")
            return
        body = await _body(headers.get(b"content-length", b""), receive)
        if body is None:
            await _answer(send, 413, f"a request holds at most {MOST_BYTES:,} bytes")
            return
        await self.inner(scope, _replay(body, receive), _with_headers(send))

    def _is_host(self, text: str) -> bool:
        name = _without_port(text).lower()
        if name in self.hosts:
            return True
        return bool(self.hosts & set(ANY_ADDRESS)) and _is_address(name)

    def _is_token(self, given: str) -> bool:
        return self.token is not None and compare_digest(given.encode(), self.token.encode())

    def _has_token(self, headers: MutableMapping[bytes, bytes]) -> bool:
        scheme, _, bearer = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(bearer):
            return True
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        return COOKIE in cookies and self._is_token(cookies[COOKIE].value)


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.rpartition(":")[2].isdigit() else text


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def _body(length: bytes, receive: Receive) -> bytes | None:
    """Return the body of a request, None where it is too large; no more than that is read."""
    if length.isdigit() and int(length) > MOST_BYTES:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: Iterable[Message] = iter([{"type": "http.request", "body": body}])

    async def again() -> Message:
        for message in messages:
            return message
        return await receive()

    return again


def _with_headers(send: Send) -> Send:
    """Add the headers of every answer; what the application set itself stays."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *_encoded(HEADERS, there)]
        await send(message)

    return sending


def _encoded(
    headers: MutableMapping[str, str], there: Collection[bytes] = ()
) -> list[tuple[bytes, bytes]]:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return [pair for pair in pairs if pair[0] not in there]


async def _answer(send: Send, status: int, words: str) -> None:
    body = json.dumps({"error": words}).encode()
    kind = {"content-type": "application/json", "content-length": str(len(body))}
    headers = _encoded(kind) + _encoded(HEADERS)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _welcome(send: Send, token: str) -> None:
    """Keep the token as a cookie that no script reads, and leave it out of the address."""
    cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
    headers = _encoded({"location": "/", "set-cookie": cookie, "content-length": "0"})
    start = {"type": "http.response.start", "status": 303, "headers": headers + _encoded(HEADERS)}
    await send(start)
    await send({"type": "http.response.body", "body": b""})
