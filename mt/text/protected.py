"""Spans of a source that a translation must hold unchanged: addresses, paths, code, placeholders, tags, symbols.

One expression finds them all in time linear in the text: every repetition that could be tried from many places is
bounded or begins at a boundary, and a long run without white space is one span.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from mt.text.han import HAN, has_han
from mt.text.numbers.english import MONTHS

Kind = Literal[
    "custom", "code", "url", "email", "path", "placeholder", "tag", "mention", "hashtag", "timecode", "phone",
    "identifier", "emoji", "symbol", "foreign", "digits", "latin",
]  # fmt: skip

_TLD = (
    "com|org|net|gov|edu|mil|int|info|biz|name|pro|app|dev|xyz|top|site|online|shop|club|tech|cloud|wiki|test|example|"
    "local|cn|hk|tw|mo|jp|kr|uk|us|eu|de|fr|ru|io|ai|me|tv|cc|co|in|au|ca|sg|my|vn|th|id|br|es|it|nl|ch|se|no|pl|nz|za"
)
_EXTENSION = (
    "txt|md|rst|pdf|docx?|xlsx?|pptx?|odt|ods|rtf|csv|tsv|json|jsonl|ya?ml|xml|html?|css|jsx?|tsx?|vue|py|ipynb|sh|bat|"
    "exe|dll|so|cpp|hpp|java|jar|go|rs|sql|db|log|ini|cfg|conf|toml|env|lock|po|zip|tar|gz|tgz|bz2|xz|7z|rar|png|jpe?g|"
    "gif|bmp|svg|webp|mp[34]|wav|avi|mov|mkv|apk|ipa|iso|dmg|srt|vtt|ass|xlf|xliff|tmx|tbx|sdlxliff|mqxliff|spm|safetensors"
)
# What an address may hold after its host, brackets in pairs; it does not end in a mark of the sentence.
_ADDRESS = r"(?:[\w\-.~:/?#@!$&'*+,;=%]|\([\w\-.~:/?#@!$&'*+,;=%]*\)|\{\w*\})*(?<![.,:;!?'])"
# A Chinese part of an address must end visibly: "…/wiki/中国 ", "…/安装包.exe".
_HAN_PART = (
    rf"(?:(?<=[/=])[{HAN}]{{1,40}}(?=[\s/?&#]|$){_ADDRESS})*(?:(?<=/)[{HAN}\w()-]{{1,60}}\.(?:{_EXTENSION})(?![\w-]))?"
)
_HAN_TLD = "公司|中国|中國|网络|網絡|香港|台湾|台灣|网址|网站|网店|商城|商店|政务|公益|在线|中文网|集团|企业|机构|世界"
_HAN_HOST = rf"[{HAN}A-Za-z0-9.-]{{1,60}}?\.(?:{_HAN_TLD}|(?:{_TLD})(?![A-Za-z0-9.-]))"
_LABELS = r"(?:[A-Za-z0-9-]{1,63}\.){1,8}"
# A name in a path with Chinese in it, without what rather connects it to the sentence.
_HAN_NAME = rf"(?:(?![的了在是见请把将]|\.(?:{_EXTENSION})[{HAN}]|[A-Za-z][{HAN}])[{HAN}\w.+@~%()-]){{1,60}}"
_COMPONENT = rf"[{HAN}\w.+@~$%()-]{{1,80}}(?:\ [\w.()-]{{1,40}}){{0,4}}"

# Non-ASCII characters that no vocabulary is sure to have; not those that Chinese writes names, lists and numbers with
# (· • ∶ ─ ○), nor Roman numerals (Ⅲ), which tokenizers write as letters.
_SYMBOL = (
    "\u00a2-\u00a9\u00ac\u00ae-\u00b3\u00b4-\u00b6\u00b9\u00bc-\u00be\u00d7\u00f7\u2020\u2021\u2030-\u2034\u203b\u2044"
    "\u203c\u203d\u2047-\u2049\u2070-\u209f\u20a0-\u20cf\u2100-\u215f\u2189-\u2235\u2237-\u23ff\u2502-\u25ca\u25cc-\u25ff\u2600-\u2bff\uffe0-\uffe6"
)
# Numbers in circles, bullets: symbols that stand by themselves; and units that follow a number (㎡).
_ENCLOSED = "\u2460-\u24ff"
_UNIT = "\u3200-\u33ff"
_OPERAND = r"[\w.,%+\-*/=<>^$]"
_OPERATIONS = rf"(?:\ (?:[×÷±=≥≤≠≈−<>*+]|->|=>)\ (?:{_OPERAND}|[{_SYMBOL}{_UNIT}]){{1,40}}(?<![,.]))*"
_EMOJI_BASE = (
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\u231a\u231b\u23e9-\u23fa\u25aa\u25ab\u25b6\u25c0"
    "\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
)
_EMOJI_UNIT = (
    rf"(?:[{_EMOJI_BASE}]|[\u00a9\u00ae\u2122\u2139\u2190-\u21ff](?=\ufe0f))"
    r"[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?\u20e3?[\U000e0020-\U000e007f]*"
)
_EMOJI = (
    rf"(?:[\U0001f1e6-\U0001f1ff]{{1,2}}|[0-9\#*]\ufe0f?\u20e3|[\U0001f3fb-\U0001f3ff]|"
    rf"{_EMOJI_UNIT}(?:\u200d{_EMOJI_UNIT})*)"
)
# ヾ(≧▽≦*)o
_FACE = (
    rf"[ヾヽ＼o╮╭┗┏٩q]?\((?=[^()]{{0,12}}[≧≦▽ω╥﹏︿￣´・ᴗдД◕‿ಠ╹▿∀∇□╯╰^])[^()\n{HAN}（）A-Za-z0-9]{{3,14}}[)）]"
    r"(?:[ノﾉ╭╮┛┓۶／~～彡☆✧♡]{1,4}|[oOpb](?![A-Za-z]))?"
)
_CLOCK = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:[,.]\d{1,3})?)?"
_YEAR_MONTH = r"(?:19|20)\d{2}\.(?:0[1-9]|1[0-2])"
# The dates of a life or a term of office: （1962年3月—）.
_DATE = r"\d{3,4}年(?:(?:1[0-2]|0?[1-9])月(?:\d{1,2}日)?)?"
_TO = r"[\s\u3000\xa0]?[—－–~～-]{1,2}[\s\u3000\xa0]?"
# What ends a Chinese name after "@"; the words only from its third character on: 李在明.
_ENDS = r"\s|[，。！？：；、,!?:;)）@]|$"
_AFTER_NAME = "和(?![平谐])|[与及跟请您你说的在是]|同学|老师|先生|女士"
# Scripts that are neither Chinese nor Latin: Greek to Thai, Georgian, Hangul; kana from two characters on.
_FOREIGN = "\u0370-\u03ff\u0400-\u052f\u0531-\u06ff\u0900-\u0e7f\u10a0-\u11ff\u1e00-\u1fff\uac00-\ud7af"
# GDP80%: the number is not part of the name.
_LETTERS = r"(?:[A-Za-z_\u00c0-\u024f]|\d(?!\d{0,9}(?:[.,]\d{1,9})?\s?[%万亿元]|\d{3}年|\d?月))+"
_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff"

_ARGUMENT = rf"""(?:\w{{1,40}}\s?=\s?)?(?:"[^"\n]{{0,80}}"|'[^'\n]{{0,80}}'|[^()\s"',{HAN}，。]{{0,60}})"""

_PATTERNS: dict[Kind, str] = {
    # A run of 200 characters is data, whatever it looks like.
    "code": rf"""
        (?<![!-~])[!-~]{{200,}}+
      | (?P<tick>`{{1,3}})(?=[^`\n])[^`\n]{{1,500}}(?P=tick)
      | '\{{[^'\n]{{1,300}}\}}' | '%[^'%\s]{{1,40}}%?'
      | (?:SELECT\s[^;\n{HAN}]{{1,200}}?\sFROM|INSERT\sINTO|DELETE\sFROM|UPDATE\s\w{{1,60}}\sSET)
          \s(?:[ -!\#-&(-:<-~]|'[^'\n]{{0,80}}'|"[^"\n]{{0,80}}"){{1,300}};?
      | (?<![!-~])(?=[!-~]{{0,100}}\\[dwsDWSbB](?![A-Za-z]))[!-~]{{2,150}}(?<![,;])
      | (?:\\[dwsDWSbB](?![A-Za-z])(?:[+*?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}})?-?)+(?<!-)
      | \\\([^\n{HAN}]{{1,200}}?\\\) | \\\[[^\n{HAN}]{{1,200}}?\\\] | \$\$[^$\n{HAN}]{{1,200}}\$\$
      | (?<![\w:.])[A-Za-z_]\w{{0,60}}(?:::~?[A-Za-z_]\w{{0,60}}){{1,6}}(?:\(\))?
      | \\[A-Za-z]{{2,30}}(?:\{{[^{{}}\n]{{0,60}}\}}){{0,4}} | \$(?=\S)[^$\n{HAN}]{{1,200}}(?<=\S)\$(?!\d)
      | (?<![\w.])(?:[a-z_]|[A-Z]\w{{0,60}}\.(?=\w))[\w.]{{0,60}}\({_ARGUMENT}(?:,\s?{_ARGUMENT}){{0,8}}\)
      | (?<![\w.])[A-Za-z_][\w.]{{0,60}}(?:\[(?:"[^"\n]{{1,80}}"|'[^'\n]{{1,80}}')\]){{1,4}}
    """,
    "url": rf"""
        (?<![\w.+-])[\w.+-]{{1,64}}@(?:{_LABELS}(?:{_TLD})|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|localhost)
          (?::\d{{1,5}}(?!\d)|:(?:[{HAN}\w.-]{{1,40}}/){{1,4}}[{HAN}\w.-]{{1,40}}\.git(?!\w)|:[\w.~-]{{0,60}}(?:/[\w.~-]{{1,60}}){{1,10}}(?<![.]))
      | (?<![\w.+-])[\w.+-]{{1,64}}@\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?!\w|\.\d)
      | (?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{{1,20}}://{_HAN_HOST}(?::\d{{1,5}})?(?:[/?\#]{_ADDRESS}{_HAN_PART})?
      | (?<![\w.])10\.\d{{4,9}}/[\w.;()/:-]{{1,100}}(?<![.;:)])
      | (?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}://|www\.|mailto:|tel:)(?=[\w\[{{]){_ADDRESS}{_HAN_PART}
      | (?<![\w.@-]){_LABELS}(?:{_TLD})(?![A-Za-z0-9-])(?!\.\w|@)(?::\d{{1,5}})?(?:[/?\#]{_ADDRESS}{_HAN_PART})?
    """,
    "email": rf"(?<![\w.+-])[\w.+-]{{1,64}}@(?:{_LABELS}[A-Za-z]{{2,24}}(?![A-Za-z0-9])|{_HAN_HOST})",
    "tag": rf"""
        &lt;(?:[^\n{HAN}<>&，。]|&(?![lg]t;)){{1,120}}&gt; |
        <!--[^\n]{{0,500}}?--> | \*{{2,3}}(?=\S) | (?<=\S)\*{{2,3}} | ~~
      | </?[A-Za-z][\w:.-]{{0,60}}
          (?:\s+[\w:@.-]{{1,60}}(?:\s?=\s?(?:"[^"\n]{{0,300}}"|'[^'\n]{{0,300}}'|[^\s"'<>]{{1,200}}))?){{0,30}}\s?/?>
      | &(?:[A-Za-z]{{2,12}}\d?|\#\d{{1,7}}|\#[xX][0-9A-Fa-f]{{1,6}});
    """,
    "placeholder": r"""
        \{\w{1,40},\s?\w{1,20},(?:[^{}\n]|\{[^{}\n]{0,80}\}){1,300}\}
      | \{\{[^{}\n]{1,80}\}\} | [$\#@%]\{[^{}\n]{1,80}\} | \{[\w.,:!\ \#-]{0,60}\} | \[\[\w{1,60}\]\]
      | %\(\w{1,40}\)[-\#0-9.+ ]{0,8}[diouxXeEfFgGcrsa] | %\d{1,2}\$[-\#0-9.+]{0,8}[a-zA-Z@]
      | (?<![\d%])%[-\#0+]{0,3}\d{0,4}(?:\.\d{1,3})?(?:hh?|ll?|[Lqjzt])?[diouxXeEfgGcsp@](?:%%)?(?![A-Za-z0-9])
      | (?<![%\w])(?:\d{1,3}(?:\.\d{1,3})?)?%%(?!%)
      | (?<!\w)%[A-Z][A-Z0-9_]{1,40}% | (?<![\w$])\$[A-Za-z_]\w{0,60} | \\[ntr"'](?![A-Za-z\\])
    """,
    "path": rf"""
        (?<![A-Za-z0-9])[A-Za-z]:[\\/](?:{_COMPONENT}[\\/](?!\\)){{0,20}}
          (?:[{HAN}\w+@~$%-]{{1,80}}\.[A-Za-z0-9]{{1,5}}(?![A-Za-z0-9])|[\w.+@~$%-]{{0,120}}(?<![.]))
      | (?<![\w/.~<-])(?:(?:~|\.{{1,2}})?/|[\w.~@-]{{1,60}}/)
          (?:{_HAN_NAME}/){{0,20}}{_HAN_NAME}\.(?:{_EXTENSION})(?![\w-])
      | (?<![\w/.~<-])(?:~|\.{{1,2}})?/[\w.@~-]{{1,60}}/(?:{_HAN_NAME}/){{1,20}}(?:[\w.+@%~-]{{0,80}}(?<![.]))
      | \\\\[\w.$-]{{1,80}}(?:\\[\w.$-]{{1,80}})+
      | (?<![\w/.~<-])(?:~|\.{{1,2}})?/(?:[\w.+@%~-]{{1,80}}/)+(?:[\w.+@%~-]{{0,80}}(?<![.]))
      | (?<![\w/.~-])(?:~|\.{{1,2}})/[\w.+-]{{1,80}}(?<![.])
      | (?:(?<=[\s“"'（(：])|^)/[a-z][\w.-]{{1,60}}(?<![.])(?![\w/])
      | (?<![\w/.-])[\w+-][\w.+-]{{0,80}}(?:/[\w.+-]{{1,80}}){{0,20}}\.(?:{_EXTENSION})(?![\w-])
      | (?<=[{HAN}）》”)])\.(?:{_EXTENSION})(?![\w-])
    """,
    "mention": rf"""
        (?<![\w.@＠])[@＠](?:\w[\w.-]{{0,40}}_[{HAN}]{{1,6}}?(?={_ENDS}|{_AFTER_NAME})|\w[\w.-]{{0,40}}(?<![.-])|[{HAN}](?:(?={_ENDS})|[{HAN}\w·-]{{1,20}}?(?={_ENDS}|{_AFTER_NAME})))
    """,
    "hashtag": r"(?<![\w&\#＃/])[\#＃](?:[^\s\#＃，。！？]{1,30}[\#＃](?![A-Za-z0-9])|[A-Za-z0-9_][\w-]{0,60})",
    "timecode": rf"""
        (?<![\d:：.])(?:{_CLOCK}\s?-->\s?{_CLOCK}|{_CLOCK}\s?[-–—~～]+\s?{_CLOCK}|\d{{1,2}}:\d{{2}}:\d{{2}}[,.]\d{{1,3}})
          (?![\d:：])
      | (?<![\d./-])(?:19|20)\d{{2}}(?:-\d{{1,2}}-\d{{1,2}}|/\d{{1,2}}/\d{{1,2}})
          (?:T[\d:.Z+-]{{2,20}}|\ {_CLOCK})?(?![\d./-]|\w)
      | (?<![\d./-])(?:19|20)\d{{2}}-?(?:W[0-5]\d(?:-[1-7])?|Q[1-4]|H[12])(?!\w)
      | (?<![\d./-]){_YEAR_MONTH}(?:\s?[-–—―~～]{{1,2}}\s?{_YEAR_MONTH})?(?![\d.%万亿])
      | (?<=[（(]){_DATE}(?:出生|生)?{_TO}(?:{_DATE}(?:逝世|去世|卒)?)?(?=[）)])
    """,
    "phone": r"""
        (?<![\w.+-])(?:\+\d{1,3}[\ -]?)?
          (?:1[3-9]\d[\ -]?\d{4}[\ -]?\d{4}|\(?0\d{2,3}\)?[\ -]\d{7,8}(?:-\d{1,6})?|[48]00-?\d{3,4}-?\d{3,4})(?![\w-])
      | (?<![\w.])\+\d{1,3}(?:[\ -]\(?\d{1,8}\)?){1,5}(?![\w-])
    """,
    "identifier": r"""
        (?<![\w:.-])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![\w:])
      | (?<![\w:.-])[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}(?![\w-])
      | (?<![\w:.-])(?=[0-9A-Fa-f:]{0,40}::|(?:[0-9A-Fa-f]{1,4}:){7})(?=:{0,2}[0-9A-Fa-f])[0-9A-Fa-f]{0,4}
          (?::[0-9A-Fa-f]{0,4}){2,8}(?:\.\d{1,3}){0,3}(?:%\w{1,16})?(?:/\d{1,3})?(?![\w:])
      | (?<![!-~])(?=[!-~]*\d)(?=[!-~]*[A-Za-z])[\w.-]{1,30}(?:[@\#!$%^&*]{1,3}[\w.-]{1,30}){2,6}[!@\#$]?(?![!-~])
      | (?<![\w.+-])[A-Za-z_]\w{1,30}[\#@]\d{2,10}[!$]?(?![\w.])
      | (?<!\w)\w{1,40}[！％＋－]{0,3}[＠＃＄＆＊＾｜][！％＋－＠＃＄＆＊＾｜]{0,5}(?![\w＃@]|[^\s＃]{1,30}＃)
      | (?<![\w.-])(?:\d{15,19}[xX]?|\d{4}(?:\ \d{4}){2,4}(?:\ \d{1,4})?
          |[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|97[89](?:-\d{1,7}){4}
          |(?!(?:19|20)\d\d-(?:19|20)\d\d(?!-))\d{3,5}(?:-\d{3,5}){1,6}
          |\d{1,5}(?:-\d{1,5}){2,6})(?![\w-])
      | (?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?:/\d{1,2})?
          |[vV]?\d{1,4}(?:\.\d{1,4}){2,4}(?:[-+][\w.]{1,30})?|[vV]\d{1,3}(?:\.\d{1,4})?)(?!\w|\.\d)
      | (?<!\w)(?=\w{0,60}_)\w{2,80}(?!\w) | (?<![\w-])--[A-Za-z][\w-]{0,40}(?:=[\w./-]{1,60})?
    """,
    "emoji": rf"(?:{_EMOJI})+ | {_FACE} | (?<!\w)(?:[:;]-?[()DPpOo]|\^_?\^|[:;]D|>_<|T_T|Orz)(?!\w)",
    "symbol": rf"""
        (?<![\w.])\d{{1,9}}(?:[.,]\d{{1,9}})*\s?[A-Za-zμΩ]{{1,4}}
          (?:[·⋅][A-Za-zΩ]{{1,4}}[²³]?){{1,3}}(?:/[A-Za-z]{{1,3}})?(?![\w·])
      | [{_ENCLOSED}]+ | [¥￥€£₩₹]\ ?\d[\d.,]*(?<![,.])[MKBmkb]?
      | (?<![\w.])(?:\w{{0,8}}\([\w.+\-*/^]{{1,40}}\))?{_OPERAND}{{0,40}}[{_SYMBOL}{_UNIT}]+
          (?:{_OPERAND}{{1,40}}(?<![,.])[{_SYMBOL}{_UNIT}]*)*{_OPERATIONS}
      | (?<![\w.])[\w.,%]{{1,20}}(?=\ [×÷±=≥≤≠≈−<>*+-]){_OPERATIONS[:-1]}+ | [{_SYMBOL}{_UNIT}]+
      | (?<![!-~])[\w.+\-*/^%]{{1,40}}(?:[=<>]{{1,3}}[\w.+\-*/^%]{{1,40}})+(?<![.])
      | [<>]{{2,}}+ | <?[-=]{{1,3}}> | [{{}}] | [\ue000-\uf8ff\ufffc\ufffd]+
    """,
    "foreign": rf"[{_FOREIGN}]+(?:[\ -][{_FOREIGN}]+)*|[{_KANA}]{{2,}}",
    "digits": r"(?<![\w.,])\d+(?:(?:[.,:：/]\d+)*%?|(?:[.,]\d+)+[A-Za-z]{1,5})(?![\w\u00c0-\u024f])",
    "latin": rf"(?<!\d[.,])(?=\d*[A-Za-z\u00c0-\u024f]){_LETTERS}"
    rf"(?:(?:[-'’.&+/]|\ (?=[A-Z]|\d{{1,3}}(?![\w.,-]))){_LETTERS})*(?:\+\+|\#)?",
}
# What begins with Chinese: plates (京A·12345), and files whose names have visible edges (“年度报告_v1.0.docx”).
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]"
    r"(?:[·•]|(?=[A-Z]{0,2}\d{3}))[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])"
)
_FILE_END = re.compile(rf"\.(?:{_EXTENSION})(?=([”\"'’》」）)】\]])|[,，。；;、]|(\s|$))", re.ASCII)
_FILE = rf"(?:(?![请的]|\.(?:{_EXTENSION})[{HAN}])[{HAN}\w.+()（）-]){{1,80}}$"
_FILE_NAME = re.compile(
    rf"(?<=[“\"'‘《「（(【\[])(?P<quoted>{_FILE})|(?:^|(?<=\s))(?P<alone>(?!下载|打开|查看|详?见|点击|保存|上传|附件){_FILE})"
    rf"|(?<=[：:]){_FILE}|(?<=查收|下载|打开|查看|参见|详见|上传|提交|发送|收到|附件)(?=[^\s_\d]{{0,40}}[_\d]){_FILE}",
    re.ASCII,
)
# *emphasis* of one mark; not 2*3, nor the marks of footnotes.
_EMPHASIS = re.compile(rf"(?<![\w*])\*(?=[{HAN}\w“《])[^*\n]{{1,100}}(?<=[{HAN}\w”》])\*(?![\w*（(])", re.ASCII)
# Chinese and its punctuation begin no span: most places of a text are passed over by one test.
_SPAN = re.compile(
    rf"(?![{HAN}，。、；：？！“”（）《》\s]|(?<=[A-Za-z0-9])[A-Za-z0-9])(?:"
    + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items())
    + ")",
    re.VERBOSE | re.ASCII | re.MULTILINE,
)


# A model mostly copies these by itself.
COPIED_BY_MODELS: frozenset[Kind] = frozenset(("digits", "latin"))
# Tags of blocks and line breaks; arrows, numbers in circles, bullets, braces, ">>": no words of a sentence.
_SEPARATOR = re.compile(
    r"</?(?:br|hr|p|div|li|ul|ol|d[dlt]|h[1-6]|t[rdh]|table|tbody|thead|section|article|title|img)\b[^<>]*>"
    r"|[<>]{2,}|<?[-=]+>|[{}]|[\u2190-\u21ff\u2460-\u24ff\u2502-\u27bf\u27f0-\u27ff\u2b00-\u2bff\ue000-\uf8ff\ufffc\ufffd]+",
    re.ASCII | re.IGNORECASE,
)
_SCALED = re.compile(rf"([{_SYMBOL}]+)[\d.,]+[万亿千百]$")
_HALF_WIDTH: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict(zip(range(0xFFE0, 0xFFE7), "¢£¬¯¦¥₩", strict=True)),
}
_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ％]+|(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")


@dataclass(frozen=True, slots=True)
class ProtectedSpan:
    """``text[start:end]``, in characters, is to be copied."""

    start: int
    end: int
    kind: Kind


def find_protected(text: str, patterns: Sequence[re.Pattern[str]] = ()) -> list[ProtectedSpan]:
    """Find what a translation of a Chinese text must hold unchanged, in order and without overlaps.

    The text is as it was given, not cleaned; ``patterns`` are the user's own, which have priority.
    """
    found: list[ProtectedSpan] = []
    taken = bytearray(len(text))
    for pattern in patterns:
        for match in pattern.finditer(text):
            start, end = match.span()
            if start < end and taken.find(1, start, end) < 0:
                taken[start:end] = b"\x01" * (end - start)
                found.append(ProtectedSpan(start, end, "custom"))
    if _FULL_WIDTH.search(text):
        text = _FULL_WIDTH.sub(lambda match: match[0].translate(_HALF_WIDTH), text)
    for match in _SPAN.finditer(text):
        start, end = match.span()
        if match.lastgroup == "symbol" and (scaled := _SCALED.match(text, start, end + 1)) is not None:
            end = scaled.end(1)  # ￥1.2亿, ≥3亿: the number is to be translated
        if not patterns or taken.find(1, start, end) < 0:
            found.append(ProtectedSpan(start, end, cast(Kind, match.lastgroup)))
    if names := [span for span in _begun_in_chinese(text) if taken.find(1, span.start, span.end) < 0]:
        candidates, found = sorted((*names, *found), key=lambda span: (span.start, -span.end)), []
        for span in candidates:
            if not found or found[-1].end <= span.start:
                found.append(span)
    for match in _EMPHASIS.finditer(text):
        pair = [ProtectedSpan(start, start + 1, "tag") for start in (match.start(), match.end() - 1)]
        if not any(span.start <= mark.start < span.end for span in found for mark in pair):
            found += pair
    return sorted(found, key=lambda span: span.start)


def _begun_in_chinese(text: str) -> list[ProtectedSpan]:
    spans = [ProtectedSpan(*match.span(), "identifier") for match in _PLATE.finditer(text)]
    for end in _FILE_END.finditer(text):
        name = _FILE_NAME.search(text, max(0, end.start() - 80), end.end())
        if name and has_han(name[0]) and not (name["quoted"] and not end[1]) and not (name["alone"] and end[2] is None):
            spans.append(ProtectedSpan(*name.span(), "path"))
    return spans


def separates(text: str, kind: Kind) -> bool:
    """Whether a span stands between sentences or cells rather than in one: emoji, tags of blocks, bullets, arrows."""
    return kind == "emoji" or (kind in ("tag", "symbol") and _SEPARATOR.fullmatch(text) is not None)


def as_copied(text: str, kind: Kind) -> str:
    """Return how English has a span: as it is, but numbers and symbols in half width (￥20 → ¥20), dates in English."""
    if kind == "timecode" and "年" in text:
        dates = re.findall(r"(\d+)年(?:(\d+)月(?:(\d+)日)?)?", text.translate(_HALF_WIDTH))
        begin, *end = (
            f"{MONTHS[int(month) - 1]} {f'{int(day)}, ' if day else ''}{year}" if month else year
            for year, month, day in dates
        )
        return " ".join([begin, "–", *end])
    return text.translate(_HALF_WIDTH) if kind in ("symbol", "timecode", "phone", "identifier") else text


def copied_forms(text: str, kind: Kind) -> tuple[str, ...]:
    """Return how English may have a span that models copy, if it is a name, or a score (3:2); other words need not."""
    if kind == "latin":
        return (text,) if len(text) > 1 and re.search("[A-Z0-9]", text) else ()
    score = text.replace("：", ":")
    return (score, score.replace(":", "-")) if ":" in score else ()
