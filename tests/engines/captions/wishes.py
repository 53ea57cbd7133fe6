"""The values of a caption's wishes, for tests."""

from audiomusic.engines.captions.reader import read_wishes


def found(caption, aspect, polarity="want"):
    return [
        wish.value
        for wish in read_wishes(caption).wishes
        if (wish.aspect, wish.polarity) == (aspect, polarity)
    ]
