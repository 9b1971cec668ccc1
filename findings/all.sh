#!/usr/bin/env bash
# Every finding, one after the other; ends with how many still hold.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
failed=()
for script in *.sh; do
  [ "$script" = all.sh ] && continue
  echo "== $script"
  bash "$script" || failed+=("$script")
done
echo "${#failed[@]} changed: ${failed[*]:-none}"
((${#failed[@]} == 0))
