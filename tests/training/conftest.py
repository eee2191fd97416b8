"""What the tests of training share: the helpers beside this file can be imported by those in the folders below it."""

from __future__ import annotations

import pytest

from mt.training.hardware.processes import Processes


@pytest.fixture
def processes() -> Processes:
    """This process alone, in fp32."""
    return Processes()
