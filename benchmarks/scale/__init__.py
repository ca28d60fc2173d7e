"""Large files, many files, the same file many times, files that mean harm: on a local stack of their own."""
