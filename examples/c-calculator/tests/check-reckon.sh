#!/bin/sh
# usage: check-reckon.sh PROGRAM SUMS
# Each line of SUMS is `sum = result`, or `sum ! part of the complaint`.
set -eu
program=$1
passed=0
failed=0

while IFS= read -r line; do
  case $line in
    '' | '#'*) continue ;;
    *' = '*) sum=${line% = *} wanted=${line##* = } ;;
    *' ! '*) sum=${line% ! *} wanted=${line##* ! } ;;
  esac
  got=$("$program" "$sum" 2>&1) || :
  case $got in
    "$wanted" | *"^ $wanted") passed=$((passed + 1)) ;;
    *)
      failed=$((failed + 1))
      printf 'not so: %s\n  it said: %s\n' "$line" "$got"
      ;;
  esac
done <"$2"

echo "  sums:      $passed passed, $failed failed"
[ "$failed" -eq 0 ]
