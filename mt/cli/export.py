"""``zhen-mt export``."""

import click

from mt.errors import one_line


@click.command()
@click.argument("model", type=str)
@click.option("-o", "--output", required=True, type=click.Path(), help="Folder for the converted model.")
def export(model: str, output: str) -> None:
    """Convert a trained MODEL folder to int8 for fast decoding on a CPU with CTranslate2.

    The folder also takes the tokenizer, so that `zhen-mt translate --model` accepts it.
    """
    from mt.io.files import check_directory

    check_directory(output, "model", [model])
    from mt.inference.export import export_ct2

    click.echo(one_line(f"model: {export_ct2(model, output)}"))
