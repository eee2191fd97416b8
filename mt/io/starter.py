"""Where the starter model is, and which folder a model's name means."""

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from mt.errors import ModelError
from mt.io.files import remove_leftovers

_STARTER = "models/starter"
_PACKAGE = "zhen_mt_starter"  # the wheel that models/pyproject.toml builds: a folder of data, never imported


def find_starter() -> Path | None:
    """Return the folder of the starter: of the checkout this package runs from, else of the installed wheel."""
    folders = [Path(__file__).resolve().parents[2] / _STARTER]
    spec = find_spec(_PACKAGE)
    if spec is not None:
        folders += [Path(folder) for folder in spec.submodule_search_locations or ()]
    return next((folder for folder in folders if (folder / "config.json").is_file()), None)


def resolve_model(name: str | Path, beside: Path | None = None) -> str:
    """Return the folder that a model's name means, or the name itself where it is no folder, such as a hub name.

    ``models/starter`` means the starter wherever it is installed. Relative names are looked for in the working
    directory, then in ``beside``, the folder of a configuration.
    """
    if not str(name):
        raise ModelError("the name of the model is empty", hint="give a model folder or a hub name")
    with suppress(OSError):  # a name too long
        if Path(name).parent.is_dir() and not Path(name).exists():
            remove_leftovers(Path(name).parent, Path(name).name)  # puts back a folder whose writer was killed
    if os.path.exists(name):  # noqa: PTH110  (Path.exists raises for a name too long for a file)
        return str(name)
    if beside is not None and (beside / name / "config.json").is_file():
        return str(beside / name)
    return str(find_starter() or name) if Path(name) == Path(_STARTER) else str(name)
