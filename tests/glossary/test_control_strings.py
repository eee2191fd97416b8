"""What looks like a model's control token is plain text in a glossary, on either side."""

from pathlib import Path

import pytest

from mt import Glossary, Translator

STARTER = Path(__file__).parents[2] / "models" / "starter"
STRINGS = ("<term>", "</s>", "<length-5>", ">>x<<")
NOUNS = ("数据库", "连接池", "服务器", "路由器")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The strings as targets of nouns, and as sources."""
    entries = dict(zip(NOUNS, STRINGS, strict=True))
    entries |= {text: f"Widget{number}" for number, text in enumerate(STRINGS)}
    path = tmp_path_factory.mktemp("glossary") / "terms.tsv"
    Glossary.from_dict(entries).save(path)
    return path


def test_they_are_written_found_and_translated_as_text(path: Path) -> None:
    glossary = Glossary.load(path)
    requested = [term.source for term in glossary]
    results = Translator.from_pretrained(str(STARTER), glossary=glossary, num_beams=1).translate(
        [f"我们昨天检查了{source}。" for source in requested]
    )
    for source, result in zip(requested, results, strict=True):
        assert [term.source for term in result.terms] == [source]
        assert glossary[source].targets[0] in result.text, result.text
        assert result.text.startswith(("We", "Yesterday", "The")), result.text  # nothing was steered or swallowed
