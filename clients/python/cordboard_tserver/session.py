"""One session: requests go out in any thread, events come in from one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from cordboard.tserver.v1 import tserver_pb2 as pb
from cordboard.tserver.v1 import tserver_pb2_grpc as stubs

from cordboard_tserver.values import Pairs, kv_list

Event = pb.Event
REQUESTS = {one.name: one for one in pb.ClientMessage.DESCRIPTOR.oneofs_by_name["request"].fields}


class Refused(Exception):
    """EventError: `event.error_name` for programs, the text for people."""

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event.error_name} ({event.error_code}): {event.error_message}")
        self.event = event


class Closed(Exception):
    """The session is over; the text says why."""


class TServer:
    """A session with the T-Server at `host:port`; `with` ends it."""

    def __init__(self, place: str, application: str = "python", timeout: float = 30) -> None:
        self.timeout = timeout
        self._last_reference = 0
        self._lock = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Event | None]] = {}
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._sending: queue.SimpleQueue[pb.ClientMessage | None] = queue.SimpleQueue()
        self._ended: str | None = None
        self._channel = grpc.insecure_channel(place)
        self._stream = stubs.TServerStub(self._channel).Session(
            iter(self._sending.get, None), metadata=[("application-name", application)]
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def register(self, this_dn: str, mode: str = "SHARE") -> Event:
        """Asks for a DN's events; `mode` is SHARE, PRIVATE or MONITOR."""
        return self.register_address(this_dn=this_dn, register_mode=f"REGISTER_MODE_{mode}")

    def resume(self, last: int, server_start_time: int, *dns: str) -> Event:
        """Goes on after a lost connection: events since number `last`, then EventRegistered."""
        addresses = [pb.RegisterAddressRequest(this_dn=dn) for dn in dns]
        return self.ask(
            "resume",
            event_sequence_number=last,
            server_start_time=server_start_time,
            addresses=addresses,
        )

    def ask(
        self, request: str, *, reasons: Pairs = (), extensions: Pairs = (), **fields: Any
    ) -> Event:
        """Sends a request and waits for the event that it causes.

        Dicts become KvLists. Raises `Refused`, `Closed`, or `TimeoutError` when the request was
        taken and nothing came of it.
        """
        fields = {key: kv_list(v) if isinstance(v, dict) else v for key, v in fields.items()}
        kind = REQUESTS[request].message_type.name
        answer: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        with self._lock:
            if self._ended is not None:
                raise Closed(self._ended)
            self._last_reference += 1
            reference = self._last_reference
            self._waiting[reference] = answer
        message = pb.ClientMessage(
            reference_id=reference,
            reasons=kv_list(reasons),
            extensions=kv_list(extensions),
            **{request: getattr(pb, kind)(**fields)},
        )
        self._sending.put(message)
        try:
            event = answer.get(timeout=self.timeout)
        except queue.Empty:
            raise TimeoutError(f"{request} was taken, but no event came of it") from None
        finally:
            self._waiting.pop(reference, None)
        if event is None:
            raise Closed(self._ended)
        if event.name == "EventError":
            raise Refused(event)
        return event

    def __getattr__(self, request: str) -> Callable[..., Event]:
        """Every request of the .proto file is a method: `answer_call`, `make_call`, …"""
        if request not in REQUESTS:
            raise AttributeError(request)
        return lambda **fields: self.ask(request, **fields)

    def events(self) -> Iterator[Event]:
        """Every event from EventLinkConnected on, once; ends when this side closes."""
        while (event := self._events.get()) is not None:
            yield event
        self._events.put(None)
        if self._ended:
            raise Closed(self._ended)

    def close(self) -> None:
        """Ends the session."""
        self._sending.put(None)
        self._stream.cancel()
        self._channel.close()

    def __enter__(self) -> TServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        ended = ""
        try:
            for message in self._stream:
                self._events.put(message.event)
                if answer := self._waiting.get(message.event.reference_id):
                    answer.put(message.event)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.CANCELLED:
                ended = f"{error.code().name}: {error.details()}"
        with self._lock:
            self._ended = ended
            waiting = list(self._waiting.values())
        for answer in waiting:
            answer.put(None)
        self._events.put(None)
