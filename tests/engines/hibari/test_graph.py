"""Cutting an ONNX graph: the parts compute what the whole computes."""

import numpy as np
import onnxruntime
import pytest

from audiomusic.engines.hibari.graph import GraphUnreadable, cut
from audiomusic.engines.hibari.package import read_model

IDS = {"ids": np.array([[0, 50, 86, 54, 31, 0]], np.int64), "speed": np.array([0.7], np.float32)}


@pytest.fixture(scope="module")
def model():
    return read_model()


def run(model, feed, names):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(names, feed)


def test_two_parts_make_what_the_whole_makes(model):
    [whole] = run(model, IDS, ["f0"])
    first = cut(model, {}, ["/Gather_33_output_0"])
    second = cut(model, {"/Gather_33_output_0": 3}, ["f0"])
    assert len(first) + len(second) < len(model)
    [features] = run(first, IDS, None)
    [parts] = run(second, {"/Gather_33_output_0": features}, None)
    [pruned] = run(cut(model, {}, ["f0"]), IDS, None)
    assert np.array_equal(parts, pruned)
    assert np.allclose(parts, whole, atol=2.0)  # Hz of about 260: other nodes are fused, with other rounding


def test_what_is_not_needed_is_left_out(model):
    session = onnxruntime.InferenceSession(cut(model, {"/Gather_33_output_0": 3}, ["f0"]))
    assert [each.name for each in session.get_inputs()] == ["/Gather_33_output_0"]
    assert [each.name for each in session.get_outputs()] == ["f0"]


def test_a_tensor_that_is_not_there_is_named(model):
    with pytest.raises(GraphUnreadable, match="with the tensor 'nothing'"):
        cut(model, {}, ["nothing"])


@pytest.mark.parametrize("keep", [0, 1, 1000, 1_000_000])
def test_a_file_that_breaks_off_is_refused(model, keep):
    with pytest.raises(GraphUnreadable, match="breaks off"):
        cut(model[:keep], {}, ["f0"])


def test_a_file_that_is_no_graph_is_refused():
    with pytest.raises(GraphUnreadable):
        cut(b"\x0fhello, this is a text and no graph", {}, ["f0"])
