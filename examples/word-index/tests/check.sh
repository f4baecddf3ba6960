#!/bin/sh
# usage: check.sh SITE
set -u
site=$1
passed=0
failed=0

expect() {
  what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not so: $what"
  fi
}

links_lead_somewhere() {
  sed -n 's/.*href="\([^"]*\)".*/\1/p' "$site"/*.html | sort -u | while read -r link; do
    page=${link%%#*}
    test -f "$site/$page" || exit 1
    case $link in *'#'*) grep -q "id=\"${link#*#}\"" "$site/$page" || exit 1 ;; esac
  done
}

under_rope() {
  sed -n '/<dt>rope</,/<dt>ropes</p' "$site/index.html" | grep -c '<dd>'
}

expect 'every text has a page' test "$(ls "$site" | wc -l)" -eq 4
expect 'every link leads somewhere' links_lead_somewhere
expect 'rope stands in four lines' test "$(under_rope)" -eq 4
expect 'a word is listed once' test "$(grep -c '<dt>bread<' "$site/index.html")" -eq 1
expect 'usual words are left out' test "$(grep -c '<dt>the<' "$site/index.html")" -eq 0
expect 'a title is a heading' grep -q '<h1>The harbour</h1>' "$site/harbour.html"

echo "  checks $passed passed, $failed failed"
[ "$failed" -eq 0 ]
