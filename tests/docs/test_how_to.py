"""How-to pages are run as they are written, like the tutorials."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_tutorial import typed


@pytest.mark.slow
def test_a_recognizer_can_be_added_as_the_page_says(tmp_path: Path) -> None:
    done = typed("../how-to/add_a_recognizer.md", tmp_path)
    assert "member7@example.org" not in done.stdout + done.stderr
    assert "KRG-70" not in done.stdout + done.stderr


@pytest.mark.slow
def test_tags_can_be_exchanged_as_the_page_says(tmp_path: Path) -> None:
    done = typed("../how-to/exchange_tags.md", tmp_path)
    assert "@example.org" not in done.stdout + done.stderr
    assert "+994" not in done.stdout + done.stderr
