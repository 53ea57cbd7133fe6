"""Cuts an ONNX graph: the part between named tensors becomes a graph of its own.

The format is Protocol Buffers, of which only the wire format is parsed here (onnx/onnx.proto3 in ONNX's
repository numbers the fields): the whole `onnx` package would be a dependency for one function. Cutting takes
30 ms, so a cut is never stored and cannot be outdated or damaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_VARINT, _EIGHT_BYTES, _SIZED, _FOUR_BYTES = 0, 1, 2, 5
_FIXED_BYTES = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
# The fields of ModelProto, GraphProto, NodeProto, TensorProto and ValueInfoProto that a cut uses.
_GRAPH = 7
_NODE, _GRAPH_NAME, _INITIALIZER, _INPUT, _OUTPUT = 1, 2, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_TENSOR_NAME, _VALUE_NAME, _VALUE_TYPE = 8, 1, 2
_FLOAT = 1


class GraphUnreadable(ValueError):
    """The file is not an ONNX graph, or lacks a requested tensor."""


class _Field(NamedTuple):
    number: int
    body: memoryview
    raw: memoryview  # with its key and size, to be copied unchanged


class _Node(NamedTuple):
    inputs: list[str]
    outputs: list[str]
    raw: memoryview


def cut(model: bytes, inputs: Mapping[str, int], outputs: Sequence[str]) -> bytes:
    """Return the part of an ONNX `model` that computes `outputs` from its own inputs and the float tensors
    `inputs` (name -> number of dimensions). Raises GraphUnreadable."""
    try:
        return _cut(memoryview(model), inputs, outputs)
    except (IndexError, StopIteration, UnicodeDecodeError) as error:
        raise GraphUnreadable(
            "Expected an ONNX graph, got a file that breaks off or is no such graph."
        ) from error


def _cut(model: memoryview, inputs: Mapping[str, int], outputs: Sequence[str]) -> bytes:
    parts = list(_fields(model))
    graph = list(_fields(next(part.body for part in parts if part.number == _GRAPH)))
    nodes = [_node(part) for part in graph if part.number == _NODE]
    kept = _needed_nodes(nodes, inputs, outputs)
    read = {name for node in kept for name in node.inputs}
    body = [bytes(node.raw) for node in kept]
    body += [bytes(part.raw) for part in graph if part.number == _GRAPH_NAME]
    for number, name_field in ((_INITIALIZER, _TENSOR_NAME), (_INPUT, _VALUE_NAME)):
        named = ((_text(part.body, name_field), part) for part in graph if part.number == number)
        body += [bytes(part.raw) for name, part in named if name in read and name not in inputs]
    body += [_sized(_INPUT, _value(name, dimensions)) for name, dimensions in inputs.items()]
    body += [_sized(_OUTPUT, _sized(_VALUE_NAME, name.encode())) for name in outputs]
    head = b"".join(bytes(part.raw) for part in parts if part.number != _GRAPH)
    return head + _sized(_GRAPH, b"".join(body))


def _needed_nodes(nodes: list[_Node], inputs: Mapping[str, int], outputs: Sequence[str]) -> list[_Node]:
    """Return the nodes that `outputs` depend on, in graph order, stopping at `inputs`."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.outputs if name}
    if missing := (set(outputs) | set(inputs)) - makers.keys():
        raise GraphUnreadable(f"Expected a graph with the tensor {min(missing)!r}, got one without it.")
    places: set[int] = set()
    waiting = [makers[name] for name in outputs]
    while waiting:
        place = waiting.pop()
        if place not in places:
            places.add(place)
            waiting += [makers[n] for n in nodes[place].inputs if n not in inputs and n in makers]
    return [nodes[place] for place in sorted(places)]


def _node(part: _Field) -> _Node:
    found: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: []}
    for field in _fields(part.body):
        if field.number in found:
            found[field.number].append(str(field.body, "utf-8"))
    return _Node(found[_NODE_INPUT], found[_NODE_OUTPUT], part.raw)


def _fields(message: memoryview) -> Iterator[_Field]:
    """Yield the fields of a message, in order. Raises IndexError if it is truncated."""
    at = 0
    while at < len(message):
        key, start = _varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            end = _varint(message, start)[1]
        elif wire == _SIZED:
            size, start = _varint(message, start)
            end = start + size
        elif wire in _FIXED_BYTES:
            end = start + _FIXED_BYTES[wire]
        else:
            raise GraphUnreadable(f"Expected a field of ONNX, got one of the wire type {wire}.")
        if end > len(message):
            raise IndexError(end)
        yield _Field(key >> 3, message[start:end], message[at:end])
        at = end


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return (the number that starts at `at`, its end)."""
    value = shift = 0
    while True:
        byte = message[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def _text(message: memoryview, number: int) -> str:
    return str(next(field.body for field in _fields(message) if field.number == number), "utf-8")


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _sized(number: int, body: bytes) -> bytes:
    return _number(number << 3 | _SIZED) + _number(len(body)) + body


def _value(name: str, dimensions: int) -> bytes:
    """Return a ValueInfoProto of a float tensor with dynamic dimensions."""
    any_length = _sized(1, b"")
    shape = _sized(2, any_length * dimensions)
    tensor = _number(1 << 3 | _VARINT) + _number(_FLOAT) + shape
    return _sized(_VALUE_NAME, name.encode()) + _sized(_VALUE_TYPE, _sized(1, tensor))
