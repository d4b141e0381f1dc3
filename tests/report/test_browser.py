"""The pages in a real browser: they open without a complaint and ask nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.report import build_report, build_request, render_html, render_request
from tests.report.conftest import Story
from tests.report.report_samples import sample

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]

pytestmark = [pytest.mark.browser,
              pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium: apt-get install chromium")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


def opened(browser: Any, path: Path, **context: Any) -> tuple[Any, list[str], list[str]]:
    """(page, what its console said, what it asked for)."""
    page = browser.new_context(**context).new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, said, asked


def pages(story: Story, folder: Path) -> dict[str, Path]:
    texts = {"sample": render_html(sample()), "report": render_html(build_report(story.ledger, story.loaded)),
             "request": render_request(build_request(story.ledger, story.loaded, "R-1"))}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def test_pages_open_without_complaint_and_ask_nobody(browser: Any, story: Story, tmp_path: Path):
    for path in pages(story, tmp_path).values():
        page, said, asked = opened(browser, path)
        assert said == []
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert page.locator("h1").count() == 1


def test_the_style_is_applied_and_the_charts_are_drawn(browser: Any, tmp_path: Path, story: Story):
    page, _, _ = opened(browser, pages(story, tmp_path)["sample"])
    assert page.locator(".verdict").evaluate("e => getComputedStyle(e).borderLeftWidth") == "6px"
    assert page.locator("figure svg").count() == 3
    heights = page.locator("figure svg").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert min(heights) > 20
    held = page.locator("svg .bar.held").first.evaluate("e => getComputedStyle(e).fill")
    assert "p-held" in held


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(browser: Any, tmp_path: Path, story: Story, width: int):
    for path in pages(story, tmp_path).values():
        page, _, _ = opened(browser, path, viewport={"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Any, tmp_path: Path, story: Story, scheme: str):
    page, _, _ = opened(browser, pages(story, tmp_path)["sample"], color_scheme=scheme)
    ratios = page.evaluate("""() => {
      const part = n => n / 255 <= .03928 ? n / 255 / 12.92 : ((n / 255 + .055) / 1.055) ** 2.4;
      const lum = c => { const [r, g, b] = c.match(/\\d+/g).map(part); return .2126 * r + .7152 * g + .0722 * b };
      const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
                            if (!/, 0\\)$/.test(c) && c !== 'transparent') return c } return 'rgb(255,255,255)' };
      return [...document.querySelectorAll('p, li span, td, th, dt, dd, caption, .mark')].map(e => {
        const a = lum(getComputedStyle(e).color), b = lum(ground(e));
        return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) }) }""")
    assert min(ratios) >= 4.5


def test_it_prints_with_everything_unfolded(browser: Any, tmp_path: Path, story: Story):
    page, _, _ = opened(browser, pages(story, tmp_path)["sample"])
    assert len(page.pdf(format="A4")) > 10_000
    folded = page.get_by_text("user.contact.email", exact=True).first
    assert not folded.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    page.emulate_media(media="print")
    assert folded.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
