"""SQLite or Postgres, one code: tables, sessions that see one project only, migrations."""
