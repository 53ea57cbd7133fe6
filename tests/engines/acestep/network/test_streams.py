"""The CUDA stream in which songs are planned."""

import torch

from audiomusic.engines.acestep.network.streams import OwnStream


def test_without_a_card_it_changes_nothing():
    with OwnStream(torch.device("cpu")).used():
        assert float(torch.ones(2).sum()) == 2.0


def test_on_a_card_work_goes_into_it_once_the_weights_are_there(monkeypatch):
    done = []

    class Stream:
        def __init__(self, device):
            done.append(f"a stream of {device}")

        def __enter__(self):
            done.append("in")

        def __exit__(self, *error):
            done.append("out")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: done.append(f"waited for {device}"))
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: stream)
    with OwnStream(torch.device("cuda:1")).used():
        done.append("a plan")
    assert done == ["waited for cuda:1", "a stream of cuda:1", "in", "a plan", "out"]
