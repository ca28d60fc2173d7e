"""Arithmetic: what a load takes of every quota of AWS, its time, its cost, and what binds it."""
