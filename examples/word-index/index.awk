# Turns the sorted lines of words.awk into a list of words with links to where they stand.
BEGIN {
  FS = "\t"
  print "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Index</title>\n<h1>Index</h1>\n<dl>"
}
$1 != word { word = $1; print "<dt>" word "</dt>" }
{ print "<dd><a href=\"" $2 ".html" ($3 > 1 ? "#line-" $3 : "") "\">" $2 ", line " $3 "</a></dd>" }
END { print "</dl>" }
