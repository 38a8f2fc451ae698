#!/usr/bin/env bash
# Installs a lock into the Python that comes first on PATH: what `make setup`, conda and Apptainer have in common.
# LOCK names the lock, WHEELHOUSE a folder of packages to be content with instead of an index. Run it in the root.
set -euo pipefail

lock=${LOCK:-envs/$(if command -v nvidia-smi >/dev/null; then echo gpu; else echo cpu; fi).txt}
python=$(command -v python)
source=()
if [[ -n ${WHEELHOUSE:-} ]]; then
  source=(--no-index --find-links "$(realpath "$WHEELHOUSE")")
fi
echo "installing $lock into $(dirname "$(dirname "$python")") (about 7 GB, a few minutes at most)"
"$python" -m pip install --quiet --disable-pip-version-check "${source[@]}" --require-hashes -r envs/uv.txt
export UV_CONCURRENT_INSTALLS=${UV_CONCURRENT_INSTALLS:-4}
uv pip install --quiet --python "$python" "${source[@]}" --no-deps --require-hashes -r "$lock" -r envs/model.txt
