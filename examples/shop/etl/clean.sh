#!/bin/sh
# Keep the lines of orders that have an amount; say how many had none.
set -eu
lake="${SHOP_LAKE:-${TMPDIR:-/tmp}/shop-lake}/$hour"

for file in "$lake"/raw/*.csv; do
    region=$(basename "$file" .csv)
    mkdir -p "$lake/clean"
    grep -v ',$' "$file" > "$lake/clean/$region.csv"
    echo "$region: $(grep -c ',$' "$file" || true) orders without an amount dropped"
done
