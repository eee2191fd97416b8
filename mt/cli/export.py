"""``zhen-mt export``."""

import click

from mt.errors import one_line


@click.command()
@click.argument("model", type=str)
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the converted model.")
@click.option(
    "--quantization",
    type=click.Choice(["int8", "int8_float32", "int16", "float32"]),
    default="int8",
    show_default=True,
    help="How weights are stored.",
)
def export(model: str, output: str, quantization: str) -> None:
    """Convert a trained MODEL folder for fast decoding on a CPU with CTranslate2.

    The folder also takes the tokenizer, so that `zhen-mt translate --model` accepts it.
    """
    from mt.io.files import check_directory

    check_directory(output, "model", [model])
    from mt.inference.export import export_ct2

    folder = export_ct2(model, output, quantization)
    click.echo(one_line(f"model: {folder}"))
