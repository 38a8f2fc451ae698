"""A proxy that misbehaves in all the ways that servers do: before a server, it must cost retries and no results."""

import asyncio
import hashlib
import threading
import time

FAULTS = ("busy", "error", "cut", "torn", "stall", "broken", "page")
JSON = "Content-Type: application/json"


class Proxy:
    """Passes HTTP on to a port of this machine, from a free one of its own, in a thread of its own.

    Every `every`-th request that was not seen before meets the next of `faults`; its repetition is passed on.

    - busy: 429 with Retry-After of `wait` seconds. error: 500.
    - cut: the connection ends without an answer. torn: in the middle of one.
    - stall: nothing comes for `stall` seconds.
    - broken: JSON that is none. page: a gateway's HTML, both under 200.
    """

    def __init__(self, upstream, faults=FAULTS, every=1, wait=1.0, stall=2.0):
        self.upstream, self.faults, self.every, self.wait, self.stall = upstream, faults, every, wait, stall
        self.requests, self.served = 0, []  # of fault and time
        self._seen = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._handle, "127.0.0.1", 0), self._loop
        ).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        async def end():
            self._server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def fault(self, body):
        """The fault that a request meets, if any."""
        digest = hashlib.sha256(body).digest()
        if digest in self._seen:
            return None
        self._seen.add(digest)
        if len(self._seen) % self.every:
            return None
        return self.faults[(len(self._seen) // self.every - 1) % len(self.faults)]

    async def _handle(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [line.lower().partition(b":") for line in head.split(b"\r\n")]
            length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
            body = await reader.readexactly(length)
            self.requests += 1
            fault = self.fault(body)
            if fault:
                self.served.append((fault, time.monotonic()))
            answer = await self._misbehave(fault) if fault else await self._pass_on(head, body)
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # server, client or test is at an end: so is the connection
        finally:
            writer.close()

    async def _misbehave(self, fault):
        if fault == "busy":
            text = '{"error": {"message": "slow down"}}'
            return _answer("429 Too Many Requests", text, JSON, f"Retry-After: {self.wait:g}")
        if fault == "error":
            return _answer("500 Internal Server Error", "oops")
        if fault == "torn":
            return _answer("200 OK", '{"id": "1", "object": "chat.completion", "choices": [' + " " * 99, JSON)[:-60]
        if fault == "stall":
            await asyncio.sleep(self.stall)
        if fault == "broken":
            return _answer("200 OK", '{"id": "1", "object": "chat.completion", "choices": [{"mess', JSON)
        if fault == "page":
            return _answer("200 OK", "<html>Bad day</html>", "Content-Type: text/html")
        return b""

    async def _pass_on(self, head, body):
        """The server's answer, byte for byte, up to the end of its connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            lines = [line for line in head.decode().split("\r\n")[:-2] if not line.lower().startswith("connection:")]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


def _answer(status, text, *headers):
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(text)}", "Connection: close", "", text]
    return "\r\n".join(lines).encode()
