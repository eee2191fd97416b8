"""Handed cases of lines, cells, long and cut sentences, through the command and the starter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mt import Translator
from mt.cli import main
from mt.config import DecodingConfig
from mt.inference.engines.torch_engine import TorchEngine

STARTER = Path(__file__).parents[2] / "models" / "starter"


@pytest.fixture(scope="module")
def starter(starter_engine: TorchEngine) -> Translator:
    return Translator(TorchEngine(starter_engine.model, starter_engine.tokenizer, DecodingConfig(num_beams=2)))


def translated(tmp_path: Path, text: str, *options: str) -> str:
    """Translate a file by the command with the starter."""
    (tmp_path / "in.txt").write_bytes(text.encode())
    arguments = ["translate", "-m", STARTER, "-i", tmp_path / "in.txt", "-o", tmp_path / "out.txt", *options]
    result = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return (tmp_path / "out.txt").read_text("utf-8")


def test_case_7_blank_lines_at_the_end(tmp_path: Path) -> None:
    assert re.fullmatch(r"\w+.\n\n", translated(tmp_path, "你好。\n\n"))


def test_case_13_tabs_between_cells(tmp_path: Path) -> None:
    assert re.fullmatch(r"[^\t\n]+\t[^\t\n]+\t[^\t\n]+\n", translated(tmp_path, "姓名\t职务\t单位\n"))


def test_case_16_address_in_a_long_sentence(tmp_path: Path) -> None:
    address = "https://www.example.com/activities/2023/10"
    text = (
        f"为了方便大家及时了解本次活动的具体安排和报名方式请各位同事登录我们的官方网站{address}查看详细信息"
        "并在规定时间内完成报名手续。\n"
    )
    assert address in translated(tmp_path, text)


def test_case_26_no_repetition_after_a_score(starter_engine: TorchEngine) -> None:
    # Two beams find another translation than four.
    words = Translator(starter_engine).translate("奥沙利文6比3丁俊晖").text.replace(",", "").split()
    assert len(words) == len(set(words))


def test_case_31_one_long_line_stops_no_document(tmp_path: Path) -> None:
    long = "、".join(["数据库、服务器、网络、安全"] * 50)
    first, second, third, end = translated(tmp_path, f"今天天气很好。\n{long}。\n再见。\n", "--num-beams", "2").split(
        "\n"
    )
    assert all((first, third))
    assert not end
    assert second.lower().count("server") == 50


def test_case_43_a_term_with_a_sentence_mark_inside(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("加油！少年\tGo, Boy!\n", "utf-8")
    report = tmp_path / "t.jsonl"
    text = translated(tmp_path, "电影加油！少年上映了。\n", "-g", str(tmp_path / "g.tsv"), "--report", str(report))
    assert "Go, Boy!" in text
    (record,) = map(json.loads, report.read_text("utf-8").splitlines())
    assert (record["source"], record["source_start"], record["source_end"]) == ("加油！少年", 2, 7)


def test_a_list_of_twenty_names_is_not_repeated(starter: Translator) -> None:
    surnames, given_names = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", ("伟", "芳", "娜", "磊", "静", "敏")
    names = [surname + given_names[number % 6] for number, surname in enumerate(surnames)]
    output = starter.translate(f"出席会议的有{'、'.join(names)}等。").text
    surnames_written = re.findall(
        r"\b(?:Wang|Li|Zhang|Liu|Chen|Yang|Zhao|Huang|Wu|Xu|Sun|Hu|Zhu|Gao|Lin|Guo)\b", output
    )
    assert len(set(surnames_written)) >= 14
    assert output.count(",") <= 24


def test_quotations_are_balanced_and_said_once(starter: Translator) -> None:
    text = (
        "某某表示：“甲公司是行业龙头之一，我们对未来的发展有信心。”他说，公司将继续加大研发投入，推动产业升级，"
        "为客户提供更好的产品和服务，实现高质量发展的目标。"
    )
    output = starter.translate(text).text
    assert output.count('"') == 2
    assert not re.search(r'\s"(?:\s|$)|,\s"$', output)
    assert output.count("he said") + output.count("He said") == 1
    assert not re.search(r", (?:The|We|It|And|But|To)\b", output)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("关于加强安全生产工作的通知", r".*\w"),
        ("一、总体要求\n二、主要任务\n（一）加强领导。\n1、落实责任", r"I\. \w.*\nII\. \w.*\n\(1\) \w.*\n1\. \w.*"),
        ("  - 第一项\n• 第二项\n　　今天天气很好。　", r"  - \w.*\n• \w.*\n　　The .*\.　"),
        ("| 时间 | 地点 |\n1 2 3\n张三 李四 王五", r"\| \w+ \| \w+ \|\n1 2 3\n\w+ \w+ \w+ \w+ \w+ \w+"),
        ("会议于11:30开始，见Node.js、Ph.D.和Baidu.com。", r"[^:]*11:30.*Node\.js.*Ph\.D\..*Baidu\.com.*"),
    ],
)
def test_layout_headings_and_marks_within_words(starter: Translator, text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, starter.translate(text).text)


PIECES = [
    "你好。",
    "谢谢",
    "\n",
    "\r\n",
    "\r",
    "\u2028",
    "\u3000",
    " ",
    "\t",
    "| ",
    "一、",
    "1. ",
    "- ",
    "abc",
    "“好，”他说。",
]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_line_breaks_and_white_space_at_both_ends_are_kept(starter: Translator, text: str) -> None:
    output = starter.translate(text).text
    breaks = re.compile("\r\n|[\n\r\u2028]")
    assert breaks.findall(output) == breaks.findall(text)
    for line, own in zip(breaks.split(text), breaks.split(output), strict=True):
        assert own[: len(own) - len(own.lstrip())] == line[: len(line) - len(line.lstrip())]
        assert own[len(own.rstrip()) :] == line[len(line.rstrip()) :]
        assert own.count("\t") == line.count("\t")
