"""Office documents: ECMA-376 (Word, PowerPoint, Excel) and OpenDocument."""
