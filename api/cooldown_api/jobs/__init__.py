"""Jobs: their states, how one is submitted, claimed, stopped and ended. One transaction each; no file is touched here."""
