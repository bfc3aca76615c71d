# SPDX-License-Identifier: BSD-3-Clause
"""The parts of devtools/check-docs: pages, the place where they are typed, and who types."""


class Wrong(Exception):
    """What a page says is not so."""
