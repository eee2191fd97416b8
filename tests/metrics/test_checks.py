from __future__ import annotations

from pathlib import Path

import pytest

from mt.evaluation.json_lines import read_segments
from mt.metrics.checks import CHECKS, missing_numbers, quality_checks


@pytest.mark.parametrize(
    ("source", "hypothesis", "lost", "count"),
    [
        ("6月3日至4日", "on June 3rd and 4th", [], 3),
        ("6月3日至4日", "from 3 to 4 June", [], 3),
        ("6月3日至4日", "on July 3", ["6", "4"], 3),
        ("共1,234.5元", "1234.5 yuan in all", [], 1),
        ("共１２３４元", "1,243 yuan", ["1234"], 1),
        ("3名男子，3名女子", "three men and 3 women", [], 2),
        ("3名男子，3名女子", "three men and women", ["3"], 2),
        ("投资20多万元，11万7015辆，90年代", "invested", ["200000", "117015", "1990"], 3),
        ("投资20多万元，11万7015辆，90年代", "over 200,000 yuan, 117,015 cars, the 1990s", [], 3),
        ("三亿五千万人，数十亿元，一个人", "three hundred and fifty million, billions, a man", [], 1),
        ("百分之三十，约1/3，3.5‰", "30 per cent, a third, 0.35%", [], 3),
        ("下午3点半，24时，14:30", "3:30 p.m., midnight, 2.30 pm", [], 5),
        ("2025年1—6月，98年", "January–June 2025, in 1998", [], 4),
        ("29.2015年3月，42.2015-2016年", "29. March 2015; 42. 2015-2016", [], 6),
        ("增长30%和40%", "by 30 and 40 percent", [], 2),
        ("增长30%，2025年6月3日", "30 people on July 3, 2024", ["30", "2025", "6"], 4),
        ("14:00至15:30，上午9时", "2-3:30 p.m., at nine", [], 4),
        ("电话13800001234", "tel. 1380000001234", ["13800001234"], 1),
        ("4G网络，RMB5.5万元", "4G network, RMB55,000", [], 1),
        ("天气", "weather", [], 0),
    ],
)
def test_numbers(source: str, hypothesis: str, lost: list[str], count: int) -> None:
    assert missing_numbers(source, hypothesis) == (lost, count)


def test_each_check_fails_alone() -> None:
    reference = "The two sides agreed to deepen their exchanges and their cooperation."
    outputs = {
        "missing_numbers": "The sides agreed to deepen their exchanges and their cooperation.",
        "untranslated": "The two sides agreed to deepen 交流 and their cooperation.",
        "repetition": "The two sides agreed to deepen, to deepen, to deepen their cooperation.",
        "too_short": "The two sides",
        "too_long": "The two sides " + reference * 2,
        "empty": " ",
    }
    for name, output in outputs.items():
        found = quality_checks(["2 方同意"], [output], [reference])
        expected = dict.fromkeys(CHECKS, 0.0) | {name: 100.0}
        if name == "empty":
            expected["missing_numbers"] = 100.0
        assert found == expected, name


def test_no_numbers_no_share() -> None:
    assert quality_checks(["天气"], ["weather"], ["weather"])["missing_numbers"] is None


def test_a_looping_output_does_not_hang() -> None:
    assert quality_checks(["天气"], ["the " * 5000], ["weather"])["repetition"] == 100
    words = " ".join(f"w{number}" for number in range(20000))
    assert quality_checks(["天气"], [words], ["weather"])["repetition"] == 0
    assert quality_checks(["天气"], ["a" * 100000], ["weather"])["repetition"] == 0


@pytest.mark.shared
def test_human_translations_have_few(shared: Path) -> None:
    sources, references = (read_segments(shared / f"testsets/wmt-news/wmt2020.{side}") for side in ("zh", "en"))
    found = quality_checks(sources, references, references)
    assert found["missing_numbers"] is not None
    assert found["missing_numbers"] < 3
    assert max(value or 0 for name, value in found.items() if name != "missing_numbers") < 0.2
