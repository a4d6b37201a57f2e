"""The commands `serve`, `worker`, `keys`, `db`, `config`, and the settings that they read."""
