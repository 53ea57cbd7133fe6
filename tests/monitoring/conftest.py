"""Clear the cached readiness before and after each test."""

import pytest

from audiomusic.monitoring.readiness import READINESS


@pytest.fixture(autouse=True)
def looked_at_again():
    READINESS.forget()
    yield
    READINESS.forget()
