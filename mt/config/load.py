"""Reading and writing configuration files."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import yaml
from pydantic import ValidationError

from mt.config.messages import explain
from mt.config.section import Section
from mt.config.tree import Config
from mt.errors import ConfigError
from mt.io.files import write_text
from mt.io.starter import resolve_model
from mt.io.text import read_text

C = TypeVar("C", bound=Section)


class _Loader(yaml.SafeLoader):
    """YAML with ``3e-4`` a number, as in YAML 1.2, and without what only an accident or an attack puts into a
    configuration: repeated keys and aliases.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, f"alias *{event.anchor} is not supported", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' is given twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_WRITTEN = "# Written by zhen-mt, with every default spelled out.\n"
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$", re.ASCII)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))


@overload
def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config: ...
@overload
def load_config(path: str | Path, overrides: Sequence[str] = (), *, cls: type[C]) -> C: ...
def load_config(path: str | Path, overrides: Sequence[str] = (), *, cls: type[Section] = Config) -> Section:
    """Read a YAML file, lay ``section.key=value`` overrides over it, and validate the result.

    ``cls`` is the tree to fill; another one where a recipe has sections of its own.

    Raises:
        ConfigError: the file is missing or not YAML, a key is unknown, a value has the wrong type or is out of range.
    """
    path = Path(path)
    tree = _parse(read_text(path, error=ConfigError, hint="give a YAML file, such as configs/demo.yaml"), path)
    if tree is None:
        raise ConfigError("is empty", path=path, hint="give it at least one section, such as 'data:'")
    if not isinstance(tree, dict):
        raise ConfigError("is not a mapping of sections", path=path, hint="begin with a section, such as 'data:'")
    for override in overrides:
        _lay_over(tree, override)
    try:
        config = cls.model_validate(tree)
    except ValidationError as error:
        raise explain(error, cls, path) from None
    except ConfigError as error:
        raise ConfigError(error.message, path=path, field=error.field, hint=error.hint) from None
    if isinstance(config, Config):
        return config.replace(model=config.model.replace(base=resolve_model(config.model.base, path.parent)))
    return config


def save_config(config: Section, path: str | Path) -> None:
    """Write the configuration with every default spelled out, as YAML that ``load_config`` reads back.

    Raises:
        ConfigError: there is a configuration that was not written here.
    """
    if Path(path).is_file() and not read_text(path, error=ConfigError).startswith(_WRITTEN):
        hint = "rename it, or choose another run.dir"
        raise ConfigError("would be replaced by the resolved configuration", path=path, hint=hint)
    write_text(path, _WRITTEN + yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


def _parse(text: str, path: Path | None = None, field: str | None = None) -> Any:
    """Parse YAML, or raise ``ConfigError`` with the line."""
    line = None
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        problem = f"is not YAML: {error.problem}"
        line = error.problem_mark.line + 1 if error.problem_mark and path else None
    except yaml.YAMLError:
        problem = "is not YAML: it holds a control character"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError as error:  # such as a date that does not exist, or an integer of 5,000 digits
        problem = f"has a value that cannot be read: {error}"
    raise ConfigError(problem, path=path, line=line, field=field)


def _lay_over(tree: dict[str, Any], override: str) -> None:
    """Put one ``section.key=value`` into a tree of mappings."""
    key, equals, text = override.partition("=")
    key = key.strip()
    if not equals or not key:
        raise ConfigError(f"'{override}' is not KEY=VALUE", hint="write for example training.max_steps=200")
    *sections, last = key.split(".")
    node = tree
    for section in sections:
        if node.get(section) is None:
            node[section] = {}
        node = node[section]
        if not isinstance(node, dict):
            raise ConfigError(f"'{section}' holds a value, not a section", field=key)
    node[last] = _parse(text, field=key)
