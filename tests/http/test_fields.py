"""Fields that accept exactly the JSON type and nothing similar."""

import pytest
from rest_framework import serializers

from audiomusic.http.fields import BooleanField, NumberField, TextField, WholeNumberField


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        (TextField(), " two\n words ", "two\n words"),
        (TextField(allow_blank=True), "", ""),
        (NumberField(), 1.5, 1.5),
        (NumberField(), 3, 3.0),
        (WholeNumberField(), 4, 4),
        (WholeNumberField(), 4.0, 4),
        (BooleanField(), False, False),
    ],
)
def test_it_is_read(field, sent, read):
    value = field.run_validation(sent)
    assert (value, type(value)) == (read, type(read))


@pytest.mark.parametrize(
    ("field", "sent", "sentence"),
    [
        (TextField(), 5, "Expected a text, got 5."),
        (TextField(), True, "Expected a text, got a boolean."),
        (TextField(), ["a"], "Expected a text, got a list."),
        (TextField(), "a\x00b", "Text must not contain the control character U+0000."),
        (TextField(), "a\x07b", "Text must not contain the control character U+0007."),
        (TextField(), "a\x9bb", "Text must not contain the control character U+009B."),
        (NumberField(), "1", "Expected a number, got '1'."),
        (NumberField(), True, "Expected a number, got a boolean."),
        (NumberField(), "1" * 41, "Expected a number, got a text."),
        (WholeNumberField(), 1.5, "Expected a whole number, got 1.5."),
        (WholeNumberField(), False, "Expected a whole number, got a boolean."),
        (BooleanField(), "yes", "Expected true or false, got 'yes'."),
        (BooleanField(), 1, "Expected true or false, got 1."),
        (BooleanField(), {}, "Expected true or false, got an object."),
    ],
)
def test_what_is_like_it_is_refused(field, sent, sentence):
    with pytest.raises(serializers.ValidationError) as refusal:
        field.run_validation(sent)
    assert refusal.value.detail == [sentence]
    assert refusal.value.get_codes() == ["invalid"]
