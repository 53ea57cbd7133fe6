"""A helper that returns the values of a caption's wishes."""

from audiomusic.engines.captions.reader import read_wishes


def found(caption, aspect, polarity="want"):
    return [
        wish.value
        for wish in read_wishes(caption).wishes
        if (wish.aspect, wish.polarity) == (aspect, polarity)
    ]
