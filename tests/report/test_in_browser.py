"""The page in a real browser: headless Chromium from the system's packages, without a network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from imagelab.report import evidence
from imagelab.report import page as report_page
from tests.conftest import REPOSITORY
from tests.report.repository import MOST_BYTES, add_whole_run, data, lay_out

pytestmark = pytest.mark.slow

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SWITCHES = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


class Opened(NamedTuple):
    file: Path
    page: Page
    said: list[str]  # warnings and errors of the console, and exceptions
    asked: list[str]  # addresses


@pytest.fixture(scope="module", params=["as committed", "a whole run"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The page of this run, its charts drawn: with the evidence that is committed, and with that of a whole run."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        reason = "no Chromium (apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = lay_out(tmp_path_factory.mktemp("browser") / "repository")
    if request.param == "a whole run":
        add_whole_run(folder)
    file = folder / "index.html"
    file.write_bytes(report_page.render(folder, data=data()))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=list(SWITCHES))
        page = running.new_page(viewport=DESKTOP, color_scheme="light")
        page.set_default_timeout(120_000)
        found = Opened(file, page, [], [])
        page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_function("document.documentElement.dataset.drawn === 'all'")
        yield found
        running.close()


def test_the_page_is_not_too_heavy(opened: Opened) -> None:
    assert opened.file.stat().st_size <= MOST_BYTES


def test_no_errors_and_no_request_to_any_network(opened: Opened) -> None:
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(("data:", opened.file.as_uri()))] == []


def test_every_picture_loads_and_says_what_it_shows(opened: Opened) -> None:
    found = opened.page.evaluate(
        """async () => {
            const pictures = [...document.images];
            for (const picture of pictures) picture.loading = "eager";
            await Promise.all(pictures.map((picture) => picture.decode()));
            return pictures.map((picture) => [picture.naturalWidth, picture.alt]);
        }"""
    )
    assert len(found) > 40
    assert all(width > 100 and len(text) > 20 for width, text in found)


def test_every_chart_is_drawn_and_described(opened: Opened) -> None:
    found = opened.page.evaluate(
        """() => [...document.querySelectorAll(".chart")].map((chart) => {
            const drawn = chart.querySelector("svg");
            const marks = drawn.querySelectorAll(".mark-line path, .mark-rect path, .mark-symbol path");
            return [drawn.clientWidth, chart.getAttribute("aria-label"), marks.length];
        })"""
    )
    assert len(found) > 50
    assert all(width > 200 and label and marks > 1 for width, label, marks in found), found


def test_numbers_are_sorted_by_size_and_missing_ones_stay_last(opened: Opened) -> None:
    column = """(up) => {
        const table = document.querySelector("#score .exhibit table");
        const heads = [...table.tHead.rows[0].cells];
        const place = heads.findIndex((head) => head.textContent === "Difference");
        heads[place].querySelector("button").click();
        const order = (cell) => cell.dataset.order ?? cell.textContent;
        return [heads[place].ariaSort, [...table.tBodies[0].rows].map((row) => order(row.cells[place]))];
    }"""
    for direction in ("ascending", "descending"):
        said, orders = opened.page.evaluate(column)
        assert said == direction
        numbers = [float(order) for order in orders if order]
        assert len(numbers) > 20
        assert numbers == sorted(numbers, reverse=direction == "descending")
        assert all(orders[: len(numbers)])


def test_the_table_of_every_number_shows_all_its_columns(opened: Opened) -> None:
    """Sentences among its numbers are wrapped; otherwise the verdicts would be far to the right."""
    opened.page.evaluate('for (const part of document.querySelectorAll("#score details")) part.open = true')
    widths = "tables => tables.map((table) => [table.scrollWidth, table.clientWidth])"
    found = opened.page.locator("#score .exhibit .scroll").evaluate_all(widths)
    assert len(found) == 2
    assert all(whole <= shown for whole, shown in found), found


def test_missing_texts_stay_last_when_a_table_is_sorted_by_them(opened: Opened) -> None:
    sorted_by_data = """() => {
        const table = document.querySelector("#score .exhibit table");
        const place = [...table.tHead.rows[0].cells].findIndex((head) => head.textContent === "Our data");
        table.tHead.rows[0].cells[place].querySelector("button").click();
        return [...table.tBodies[0].rows].map((row) => row.cells[place].textContent);
    }"""
    texts = opened.page.evaluate(sorted_by_data)
    there = texts.index("–")
    assert there > 0
    assert set(texts[there:]) == {"–"}


def test_a_click_in_a_legend_shows_one_line_alone_and_a_pointer_its_values(opened: Opened) -> None:
    chart = opened.page.locator("#run-classify .chart").first
    chart.scroll_into_view_if_needed()
    opacities = 'chart => [...chart.querySelectorAll(".mark-line path")].map((line) => line.getAttribute("opacity"))'
    before = chart.evaluate(opacities)
    assert len(set(before)) == 1
    legend = chart.locator(".role-legend-label text").first
    legend.click()
    after = chart.evaluate(opacities)
    assert len(set(after)) == 2
    assert len(after) == len(before)
    legend.click()
    assert chart.evaluate(opacities) == before
    chart.locator(".mark-symbol path").first.hover(force=True)
    tooltip = opened.page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    assert "accuracy" in tooltip.inner_text()


def test_a_stage_lights_its_lines_and_opens_its_description(opened: Opened) -> None:
    node = opened.page.locator('.node[data-stage="rank_grid"]')
    node.hover()
    assert opened.page.locator(".edge.lit").count() > 1
    node.click()
    assert opened.page.locator("#stage-rank_grid").evaluate("stage => stage.open")
    assert "python -m stages.rank_grid" in opened.page.locator("#stage-rank_grid").inner_text()


def test_nothing_is_wider_than_a_phone_and_the_charts_follow(opened: Opened) -> None:
    opened.page.set_viewport_size(PHONE)
    opened.page.wait_for_function(
        '[...document.querySelectorAll(".chart svg")].every((drawn) => drawn.clientWidth <= 390)'
    )
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert opened.said == []


def test_on_paper_everything_is_open_and_nothing_is_cut_off(opened: Opened) -> None:
    opened.page.evaluate('dispatchEvent(new Event("beforeprint"))')
    assert opened.page.evaluate('[...document.querySelectorAll("details:not(.made)")].every((part) => part.open)')
    opened.page.emulate_media(media="print")
    is_seen = opened.page.locator("nav").is_visible()
    whole = '[...document.querySelectorAll(".scroll")].every((table) => table.scrollHeight <= table.clientHeight + 1)'
    is_whole = opened.page.evaluate(whole)
    opened.page.emulate_media(media="screen")
    assert is_whole and not is_seen


def test_the_committed_page_opens_without_errors_and_fits_a_phone(opened: Opened) -> None:
    said: list[str] = []
    browser = opened.page.context.browser
    assert browser is not None
    page = browser.new_page(viewport=PHONE)
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((REPOSITORY / evidence.COMMITTED_PAGE).as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn === 'all'")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.close()


@pytest.fixture(scope="module")
def thinned(opened: Opened) -> Page:
    """The page without what is like the rest: axe takes minutes for all of it. It comes after the other tests."""
    opened.page.set_viewport_size(DESKTOP)
    opened.page.evaluate(
        """(alike) => {
            for (const chart of document.querySelectorAll(".chart")) chart.replaceChildren();
            for (const part of document.querySelectorAll(alike)) part.remove();
        }""",
        "tbody tr:nth-child(n+4), .stage:nth-child(n+4), .settings div:nth-child(n+3), #run-clocks *, #run-leaves *",
    )
    return opened.page


def broken_rules(page: Page, rules: list[str]) -> list[str]:
    """What axe-core finds, with the first place of each."""
    response: dict[str, Any] = Axe().run(page, options={"runOnly": rules}).response
    assert response["passes"]
    return [f"{found['id']}: {found['help']}: {found['nodes'][0]['html'][:200]}" for found in response["violations"]]


def test_contrast_landmarks_and_names_follow_the_rules_of_axe(thinned: Page) -> None:
    assert broken_rules(thinned, RULES) == []


def test_contrast_follows_the_rules_of_axe_in_the_dark(thinned: Page) -> None:
    thinned.emulate_media(color_scheme="dark")
    assert broken_rules(thinned, ["color-contrast"]) == []
