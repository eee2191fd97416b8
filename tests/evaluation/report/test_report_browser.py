"""The report driven in a real browser: Debian's headless Chromium through ChromeDriver."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from systems import REFERENCES, SOURCES, damaged

from mt.evaluation.compare import ComparisonOptions, compare
from mt.evaluation.report.outputs import write
from mt.evaluation.significance import Resampling
from mt.evaluation.test_sets import TestSet
from mt.glossary.glossary import Glossary

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver"),
]

GLOSSARY = Glossary.from_pairs([("鲁进", "Lu Jin"), ("秘书长", "secretary-general"), ("渝促会", "CUCPEB")])
NASTY = (
    "<script>document.title='run'</script></script><img src=x onerror=\"document.title='run'\">"
    "<a href=\"javascript:document.title='run'\">x</a>\u202eevil\u2066 \x07\u200f 'q\" & {{7*7}}"
)


# How it begins where it is shown.
NASTY_SHOWN = "<script>document.title='run'</script></script><img src=x"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1400,1000",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.get("about:blank")
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    systems = {
        "base": [damaged(REFERENCES, 0.7, 1)[0], "a secretary", *REFERENCES[2:]],
        "tuned": [*REFERENCES[:5], "nothing of the kind"],
    }
    comparison = compare(
        TestSet(SOURCES, REFERENCES, glossary=GLOSSARY),
        systems,
        ComparisonOptions(labels={"tuned": "trained on this text"}),
    )
    return write(comparison, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    glossary = Glossary.from_pairs([("鲁进", "Lu Jin" + NASTY)])
    comparison = compare(
        TestSet(["鲁进" + NASTY], ["Lu Jin" + NASTY], [NASTY], [NASTY], glossary),
        {NASTY: [NASTY], "other": ["fine"]},
        ComparisonOptions(labels={NASTY: NASTY}, title=NASTY),
    )
    return write(comparison, tmp_path_factory.mktemp("nasty"))


@pytest.fixture
def opened(browser: Any, report: Path) -> Any:
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(report.as_uri())
    return browser


def numbers(browser: Any) -> list[int]:
    """The segments shown, in the order they stand on the page."""
    return browser.execute_script(
        "return [...document.querySelectorAll('.segment')].filter(e => e.offsetParent !== null)"
        ".sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map(e => +e.dataset.n + 1)"
    )


def choose(browser: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(browser.find_element("id", name)).select_by_value(value)


def requests(browser: Any) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def test_opens_from_disk_without_errors_or_requests(opened: Any, report: Path) -> None:
    assert numbers(opened) == [1, 2, 3, 4, 5, 6]
    assert opened.find_element("id", "shown").text == "6 of 6"
    assert opened.get_log("browser") == []
    assert requests(opened) == [report.as_uri()]


def test_filters(opened: Any) -> None:
    # base lost 鲁进 of the first and 秘书长 of the second segment; nobody wrote 渝促会 in the fourth.
    choose(opened, "filter", "missed")
    assert numbers(opened) == [1, 2, 4]
    choose(opened, "filter", "missed:1")
    assert numbers(opened) == [4]
    choose(opened, "filter", "changed")
    assert numbers(opened) == [1, 2, 6]
    assert opened.find_element("id", "shown").text == "3 of 6"


def test_sorts(opened: Any) -> None:
    choose(opened, "sort", "worst:1")
    assert numbers(opened) == [6, 1, 2, 3, 4, 5]
    choose(opened, "sort", "worst:0")
    assert numbers(opened)[0] == 2
    assert set(numbers(opened)[:2]) == {1, 2}
    choose(opened, "sort", "missed")
    assert numbers(opened)[0] == 4
    choose(opened, "sort", "order")
    assert numbers(opened) == [1, 2, 3, 4, 5, 6]


def search(browser: Any, text: str) -> list[int]:
    box = browser.find_element("id", "search")
    box.clear()
    box.send_keys(text)
    time.sleep(0.4)
    return numbers(browser)


def test_searches_source_reference_and_output_whatever_the_case(opened: Any) -> None:
    assert search(opened, "走出去") == [3]
    assert search(opened, "XIANG qionghua") == [2, 5]
    assert search(opened, "nothing of the kind") == [6]
    assert search(opened, "no such words") == []
    assert opened.find_element("id", "none").is_displayed()
    opened.find_element("id", "reset").click()
    assert numbers(opened) == [1, 2, 3, 4, 5, 6]


def test_a_term_of_the_table_shows_its_segments(opened: Any) -> None:
    (button,) = [b for b in opened.find_elements("css selector", ".find") if b.text == "秘书长"]
    button.click()
    assert numbers(opened) == [2]


def listed(browser: Any) -> dict[str, list[int]]:
    """The lists shown: title -> segments."""
    return {
        found.find_element("tag name", "h4").text: [int(a.text) for a in found.find_elements("tag name", "a")]
        for found in browser.find_elements("css selector", ".list")
        if found.is_displayed()
    }


def test_lists_follow_the_chosen_system_and_lead_to_segments(opened: Any) -> None:
    tuned = listed(opened)
    assert tuned == {
        "Worst": [6, 1, 2],
        "Best": [1, 2, 3],
        "Lost most against base": [6],
        "Gained most against base": tuned["Gained most against base"],
    }
    assert set(tuned["Gained most against base"]) == {1, 2}
    choose(opened, "chosen", "0")
    base = listed(opened)
    assert list(base) == ["Worst", "Best"]
    assert set(base["Worst"][:2]) == {1, 2}
    choose(opened, "chosen", "1")
    # A link shows its segment even when the search has hidden it.
    assert search(opened, "走出去") == [3]
    next(a for a in opened.find_elements("css selector", ".list.changed a") if a.text == "6").click()
    time.sleep(0.3)
    assert numbers(opened) == [1, 2, 3, 4, 5, 6]
    top, bottom = opened.execute_script(
        "const box = document.querySelector(':target').getBoundingClientRect(); return [box.top, innerHeight];"
    )
    assert 0 <= top < bottom
    assert opened.current_url.endswith("#s6")


def test_a_system_alone_has_lists_too(browser: Any, tmp_path: Path) -> None:
    report = write(compare(TestSet(SOURCES, REFERENCES), {"one": damaged(REFERENCES, 0.5, 1)}), tmp_path)
    browser.get(report.as_uri())
    lists = listed(browser)
    assert list(lists) == ["Worst", "Best"]
    assert set(lists["Worst"]) | set(lists["Best"]) == {1, 2, 3, 4, 5, 6}
    assert browser.find_elements("id", "chosen") == []


def test_paper_has_what_the_screen_folds_away(opened: Any) -> None:
    look = (
        "return [document.querySelectorAll('details:not([open])').length, document.querySelectorAll('details').length]"
    )
    closed, every = opened.execute_script(look)
    assert 0 < closed < every
    opened.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert opened.execute_script(look)[0] == 0
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not opened.find_element("id", "tools").is_displayed()
        assert opened.find_element("css selector", ".signatures").is_displayed()
        assert listed(opened)["Worst"] == [6, 1, 2]
        assert "tuned" in [h.text for h in opened.find_elements("css selector", ".notable h3")]
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    opened.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert opened.execute_script(look)[0] == closed


def test_marks_do_not_get_into_copied_text(opened: Any) -> None:
    mark = opened.find_element("css selector", ".output mark.met")
    assert opened.execute_script("return arguments[0].textContent", mark) == "Lu Jin"
    assert "✓" in opened.execute_script("return getComputedStyle(arguments[0], '::before').content", mark)


def test_theme_follows_the_system_and_the_button(opened: Any) -> None:
    def page() -> str:
        return opened.execute_script("return getComputedStyle(document.body).backgroundColor")

    found = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        found.append(page())
    light, dark = found
    assert light != dark
    button = opened.find_element("id", "theme")
    button.click()
    assert (button.text, page()) == ("Theme: light", light)
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    button.click()
    assert (button.text, page()) == ("Theme: dark", dark)
    button.click()
    assert button.text == "Theme: auto"


@pytest.mark.parametrize("name", ["report", "nasty"])
def test_nothing_sticks_out_at_400_pixels(browser: Any, name: str, request: pytest.FixtureRequest) -> None:
    browser.get(request.getfixturevalue(name).as_uri())
    metrics = {"width": 400, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 400
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_differences_show_on_request(opened: Any) -> None:
    word = opened.find_element("css selector", ".output .d")
    look = "return getComputedStyle(arguments[0]).textDecorationLine"
    assert opened.execute_script(look, word) == "none"
    opened.find_element("id", "differences").click()
    assert opened.execute_script(look, word) == "underline"


def test_hostile_text_is_shown_and_does_nothing(browser: Any, nasty: Path) -> None:
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(nasty.as_uri())
    time.sleep(0.3)
    assert browser.title != "run"
    assert browser.execute_script("return document.scripts.length") == 1
    assert browser.execute_script("return document.images.length") == 0
    assert browser.execute_script("return document.querySelectorAll('a:not([href^=\"#\"])').length") == 0
    text = browser.find_element("css selector", ".output p").text
    assert text.startswith(NASTY_SHOWN)
    assert "⟨U+202E⟩evil⟨U+2066⟩ ⟨U+0007⟩⟨U+200F⟩" in text
    assert "{{7*7}}" in text
    (control,) = browser.find_elements("css selector", "#filter option[value='missed:0']")
    assert "<script>" in control.get_attribute("textContent")
    choose(browser, "sort", "worst:1")
    assert NASTY_SHOWN in browser.find_element("css selector", ".list.changed h4").get_attribute("textContent")
    browser.find_element("css selector", ".find").click()
    assert numbers(browser) == [1]
    assert browser.get_log("browser") == []
    assert requests(browser) == [nasty.as_uri()]


def test_ten_thousand_outputs_open_and_filter_without_lag(browser: Any, tmp_path: Path) -> None:
    size, names = 2000, ["one", "two", "three", "four", "five"]
    references = (REFERENCES * (size // len(REFERENCES) + 1))[:size]
    sources = (SOURCES * (size // len(SOURCES) + 1))[:size]
    short = [reference[:60] for reference in references]
    systems = {name: short if place else references for place, name in enumerate(names)}
    # One system is scored, the others carry its scores: what is measured here is the page.
    report = _large_report(sources, references, systems, tmp_path)
    started = time.monotonic()
    browser.get(report.as_uri())
    assert browser.find_element("id", "shown").text == f"{size} of {size}"
    assert time.monotonic() - started < 120  # seconds where it is idle; minutes if quadratic
    milliseconds = browser.execute_script(
        "const filter = document.getElementById('filter'), sort = document.getElementById('sort');"
        "const start = performance.now();"
        "filter.value = 'missed'; filter.dispatchEvent(new Event('change'));"
        "sort.value = 'worst:1'; sort.dispatchEvent(new Event('change'));"
        "document.body.offsetHeight; return performance.now() - start;"
    )
    assert milliseconds < 20_000
    assert 0 < int(browser.find_element("id", "shown").text.split()[0]) < size


def _large_report(sources: list[str], references: list[str], systems: dict[str, list[str]], folder: Path) -> Path:
    import dataclasses

    from mt.evaluation.report.render import render_html

    names = list(systems)
    two = {name: systems[name] for name in names[:2]}
    options = ComparisonOptions(resampling=Resampling(1, 10))
    comparison = compare(TestSet(sources, references, glossary=GLOSSARY), two, options)
    copies = [dataclasses.replace(comparison.systems[1], name=name) for name in names[2:]]
    comparison = dataclasses.replace(comparison, systems=(*comparison.systems, *copies))
    path = folder / "report.html"
    path.write_text(render_html(comparison), "utf-8")
    return path
