"""`onrecord try`: the main job on the sample desk."""

import typer


def sample(ctx: typer.Context) -> None:
    """Run the main job on a desk of made-up outlets, and show what comes of it."""
