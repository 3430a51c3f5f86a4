"""Plain values: settings, samples, traces and their files, floating-point formats. They import `reference` alone."""
