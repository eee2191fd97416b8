"""Hypotheses for the evaluation tests: human references, damaged in known ways."""

from __future__ import annotations

import random
from collections.abc import Sequence

# The seed document's first segments and their human translation (origin: seeds/raw), punctuation as published.
SOURCES = [
    "重庆市政府外办二级巡视员鲁进率队赴成都开展专题调研。",
    "分别与四川省委外办机关党委书记杨东、四川省对外友协秘书长向琼花举行座谈交流。",
    "鲁进听取了四川省积极开展民间组织“走出去”工作有关情况。",
    "他表示，川促会的成功经验值得学习和借鉴，重庆市政府外办将加快推进渝促会的筹建工作。",
    "此外，鲁进还与向琼花就如何加强成渝两地友协合作展开深入交流。",
    "双方一致同意，进一步加强两部门沟通与合作，进一步实现资源互享、信息互通。",
]
REFERENCES = [
    "A delegation with Lu Jin, level-2 counselor of the FAOCMG, as its leader came to Chengdu for a thematic research.",
    "They were in discussion and exchange with Mr. Yang Dong, secretary of the Party committee of the FAOCSPC, and "
    "Ms. Xiang Qionghua, secretary-general of the SPPAFFC, respectively.",
    'Mr. Lu Jin, upon listening to Sichuan\'s briefings on the work of non-governmental organizations "going global".',
    "He held that the FAOCMG will draw on essence of the Sichuan Union Council for the Promotion of Enterprise "
    "Business (SUCPEB) to accelerate the preparatory work.",
    "Also, Mr. Lu Jin and Ms. Xiang Qionghua explored how to strengthen the cooperation between the two associations.",
    "Both agreed to further improve communication and cooperation in between and to achieve the sharing of resources "
    "and information.",
]


def damaged(references: Sequence[str], share: float, seed: int) -> list[str]:
    """Drop, swap or repeat a share of the words."""
    rng = random.Random(seed)
    result = []
    for reference in references:
        words = reference.split()
        kept = []
        for word in words:
            chance = rng.random()
            if chance < share / 3:
                continue
            kept.append(rng.choice(words) if chance < 2 * share / 3 else word)
            if chance > 1 - share / 3:
                kept.append(word)
        result.append(" ".join(kept))
    return result
