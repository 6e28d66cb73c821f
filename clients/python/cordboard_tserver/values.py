"""KvLists as lists of pairs: a key may come more than once, and values may be lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Union

from cordboard.tserver.v1 import tserver_pb2 as pb

Value = Union[int, str, "list[tuple[str, Value]]"]
Pairs = Union[Mapping[str, Value], Iterable["tuple[str, Value]"]]


def kv_list(values: Pairs) -> pb.KvList:
    """The wire's form of a dict or of pairs."""
    items = values.items() if isinstance(values, Mapping) else values
    return pb.KvList(pairs=[_pair(key, value) for key, value in items])


def pairs(values: pb.KvList) -> list[tuple[str, Value]]:
    """The pairs of a list that came; `dict(pairs(event.user_data))` when keys are unique."""
    return [(pair.key, _value(pair)) for pair in values.pairs]


def _pair(key: str, value: Value) -> pb.KvPair:
    if isinstance(value, int):
        return pb.KvPair(key=key, int=value)
    if isinstance(value, str):
        return pb.KvPair(key=key, str=value)
    return pb.KvPair(key=key, list=kv_list(value))


def _value(pair: pb.KvPair) -> Value:
    kind = pair.WhichOneof("value")
    return pairs(pair.list) if kind == "list" else getattr(pair, kind or "str")
