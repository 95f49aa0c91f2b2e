"""The commands of `streetscene`, by what they are for; `shared/cli.py` puts them together."""
