# Prints word, page and line, with tabs between, for each word that is not in the first file.
FNR == NR { usual[$1] = 1; next }
FNR == 1 {
  page = FILENAME
  sub(/.*\//, "", page)
  sub(/\.txt$/, "", page)
}
{
  text = tolower($0)
  gsub(/[^a-z]+/, " ", text)
  count = split(text, words, " ")
  for (i = 1; i <= count; i++) {
    if (!(words[i] in usual)) printf "%s\t%s\t%d\n", words[i], page, FNR
  }
}
