"""Tables as values, and the ways to write them: terminal, Markdown, HTML, CSV, files. Knows no mathematics."""
