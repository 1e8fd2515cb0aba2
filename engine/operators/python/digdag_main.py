"""What `py>` starts with the user's Python: kept short, as it is compiled at each start."""

from digdag_runner import main  # type: ignore[import-not-found]

main()
