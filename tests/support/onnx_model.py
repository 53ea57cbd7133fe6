"""A separation model of a few hundred bytes in the ONNX format: a single 1x1 convolution."""

import numpy as np


def _varint(number):
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, content):
    content = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _value(name, shape):
    dims = b"".join(_bytes(1, _number(1, size)) for size in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, dims)))


def separation_model(weights, *, bins=1024, frames=16):
    """Return the model's bytes. `weights` [4, 4]: how each output stem mixes the four input channels."""
    shape = (1, 4, bins, frames)
    table = np.asarray(weights, "<f4").reshape(4, 4, 1, 1)
    tensor = b"".join(_number(1, size) for size in table.shape) + _number(2, 1)
    tensor += _bytes(8, "mix") + _bytes(9, table.tobytes())
    node = _bytes(1, "spectra") + _bytes(1, "mix") + _bytes(2, "stem") + _bytes(4, "Conv")
    graph = _bytes(1, node) + _bytes(2, "tiny") + _bytes(5, tensor)
    graph += _bytes(11, _value("spectra", shape)) + _bytes(12, _value("stem", shape))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))
