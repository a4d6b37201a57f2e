"""`python -m cooldown_kit.cli`: the same as `cooldown`."""

from cooldown_kit.cli.main import main

main()
