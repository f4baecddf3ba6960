#!/bin/sh
# Makes build/site from pages/: a page for each text, and an index of all words but the most usual.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
site=build/site
rm -rf build
mkdir -p "$site"

for text in pages/*.txt; do
  page=$(basename "$text" .txt)
  awk -f page.awk "$text" >"$site/$page.html"
  echo "  page   $page.html"
done

words=build/words.txt
awk -f words.awk usual.txt pages/*.txt | sort -u -k 1,1 -k 2,2 -k 3,3n >"$words"
awk -f index.awk "$words" >"$site/index.html"
echo "  index  index.html, $(cut -f 1 "$words" | sort -u | wc -l | tr -d ' ') words"

sh tests/check.sh "$site"
