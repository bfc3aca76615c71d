# SPDX-License-Identifier: BSD-3-Clause
"""What every system test needs: the programs, and a folder of its own."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import lib  # noqa: E402


def pytest_sessionstart(session):
    for program in (lib.PROGRAM, lib.CLIENT):
        if not os.path.exists(program):
            pytest.exit(f'{program} is not there: ./run build', returncode=3)


@pytest.fixture
def folder(tmp_path):
    """A short path: the name of a UNIX socket has 107 bytes at most."""
    return tmp_path
