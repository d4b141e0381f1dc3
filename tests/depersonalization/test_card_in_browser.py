"""A card in a real browser: it opens without a complaint, asks nobody for anything and fits a narrow screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.depersonalization.world import make_world, publish

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]

pytestmark = [pytest.mark.browser,
              pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium: apt-get install chromium")]


def test_a_card_opens_without_complaint_draws_its_charts_and_fits(duckdb_url: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    world = make_world(duckdb_url, tmp_path / "world")
    publish(world)
    page_file = world.folder / "reports" / "release-orders.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        for width in (1000, 400):
            page = browser.new_page(viewport={"width": width, "height": 900})
            said: list[str] = []
            asked: list[str] = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(page_file.as_uri())
            assert said == []
            assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]
            assert page.locator("svg[role=img]").count() == 3
            assert page.locator(".verdict").first.inner_text() == "Pseudonymous and still personal."
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.close()
        browser.close()
