"""Tables as values, and how to write them: terminal, Markdown, HTML, CSV, files. This package knows no mathematics."""
