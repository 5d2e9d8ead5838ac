"""The networks of the five documents."""
