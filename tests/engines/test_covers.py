import io

import numpy as np
from PIL import Image

from audiomusic.engines.covers.picture import cover_png
from audiomusic.engines.file_metadata import COVER_PX


def test_a_cover_is_a_picture_of_its_number_alone():
    first, again, other = (Image.open(io.BytesIO(cover_png(str(number), 64))) for number in (1, 1, 2))
    assert (first.format, first.size) == ("PNG", (64, 64))
    pixels = [np.asarray(picture.convert("RGB")) for picture in (first, again, other)]
    assert np.array_equal(pixels[0], pixels[1]) and not np.array_equal(pixels[0], pixels[2])
    assert len(np.unique(pixels[0].reshape(-1, 3), axis=0)) > 4


def test_a_cover_is_small_in_a_file():
    assert max(len(cover_png(str(number), COVER_PX)) for number in range(3)) < 40_000
