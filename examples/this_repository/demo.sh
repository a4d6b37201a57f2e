#!/usr/bin/env bash
# Runs the main job on this repository. Usage: demo.sh FOLDER_OF_THE_PROGRAMS (such as .venv/bin)
set -eu
programs=$(cd "$1" && pwd)
cd "$(dirname "$0")"
git -C ../.. rev-parse --git-dir >/dev/null 2>&1 || {
  echo "The demo reads this repository's history, and there is none here. Clone the repository instead of unpacking an archive." >&2
  exit 2
}
"$programs/python" python_reference.py data/python_reference.jsonl
"$programs/cooldown" plan recipe.yaml
"$programs/cooldown" run recipe.yaml
echo
echo "Look further:  cd examples/this_repository"
echo "               $programs/cooldown inspect latest"
echo "               $programs/cooldown trace latest --sequence 17"
