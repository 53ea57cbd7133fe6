"""A master's curves are restored bit for bit, and other files are refused."""

import io

import numpy as np
import pytest
import torch

from audiomusic.engines.studio.master import MasterCurves
from audiomusic.engines.studio.mixdown import MixCurves
from audiomusic.engines.studio.rework.curves_file import CurvesNotReadable, dump_curves, load_curves


@pytest.fixture
def curves():
    gains = torch.rand(5000, generator=torch.Generator().manual_seed(1))
    gains[1000:4000] = 0.7
    master = MasterCurves(((40.0, 1.5), (16_000.0, -2.25)), gains[:500].clone(), gains, True)
    return MixCurves(master, {0: -3.5, 4: 2.0}, [(10, 20), (30, 45)])


def test_every_bit_comes_back(curves):
    again = load_curves(dump_curves(curves))
    assert torch.equal(again.master.limiter, curves.master.limiter)
    assert torch.equal(again.master.glue, curves.master.glue)
    assert (again.master.tone_db, again.master.fades_in) == (curves.master.tone_db, True)
    assert (again.line_gains_db, again.lead_spans) == (curves.line_gains_db, curves.lead_spans)


def test_steps_that_had_nothing_to_do_stay_so():
    again = load_curves(dump_curves(MixCurves(MasterCurves((), None, None, False))))
    assert again.master == MasterCurves((), None, None, False) or again.master.limiter is None
    assert (again.master.glue, again.line_gains_db, again.lead_spans) == (None, {}, [])


def test_the_same_curves_are_the_same_bytes(curves):
    assert dump_curves(curves) == dump_curves(curves)


def test_a_still_curve_takes_hardly_any_room():
    still = MasterCurves((), None, torch.full((600_000,), 0.5), False)
    assert len(dump_curves(MixCurves(still))) < 10_000


def planted():
    file = io.BytesIO()
    np.savez(file, version=np.array([print], dtype=object))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", planted()])
def test_what_is_no_curves_is_refused(content):
    with pytest.raises(CurvesNotReadable, match="stored curves cannot be read"):
        load_curves(content)


def test_another_version_is_refused(curves):
    file = io.BytesIO()
    np.savez(file, version=np.array(2))
    with pytest.raises(CurvesNotReadable, match="Expected curves of version 1, got 2"):
        load_curves(file.getvalue())
