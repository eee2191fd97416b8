"""Export to CTranslate2: the same folder, with quantised weights for fast CPU decoding added."""

from __future__ import annotations

import shutil
from pathlib import Path

from mt.errors import ModelError
from mt.files import replaced_directory

__all__ = ["CT2_FOLDER", "export_ct2"]

# Beside the transformers files: CTranslate2's config.json is another than theirs, and the hard
# constraints need the original weights.
CT2_FOLDER = "ct2"


def export_ct2(model: str | Path, output: str | Path, quantization: str = "int8") -> Path:
    """Write a folder that holds ``model`` and, under ``ct2/``, its CTranslate2 conversion.

    Args:
        model: a local model folder.
        output: the new folder, replaced as a whole; may be ``model`` itself.
        quantization: CTranslate2's name of the weights' type.

    Raises:
        ModelError: ctranslate2 is not installed, or cannot convert such a model.
    """
    source = Path(model)
    if not (source / "config.json").is_file():
        raise ModelError("holds no model (no config.json)", path=source, mend="give a folder save_pretrained wrote")
    try:
        from ctranslate2.converters import TransformersConverter
    except ImportError:
        raise ModelError("ctranslate2 is not installed", mend="pip install 'zhen-mt[ct2]'") from None
    with replaced_directory(output) as temporary:
        for path in source.iterdir():
            if path.is_file():
                shutil.copy2(path, temporary / path.name)
        try:
            TransformersConverter(str(source)).convert(str(temporary / CT2_FOLDER), quantization=quantization)
        except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
            raise ModelError(f"CTranslate2 cannot convert it ({error})", path=source) from None
    return Path(output)
