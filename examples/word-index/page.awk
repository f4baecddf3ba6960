# A text becomes a page: its first line is the title, an empty line ends a paragraph, every line has a number to link to.
function escape(text) {
  gsub(/&/, "\\&amp;", text)
  gsub(/</, "\\&lt;", text)
  return text
}
FNR == 1 {
  print "<!doctype html>\n<meta charset=\"utf-8\">"
  print "<title>" escape($0) "</title>\n<h1>" escape($0) "</h1>"
  next
}
/^$/ { if (open) print "</p>"; open = 0; next }
{
  if (!open) print "<p>"
  open = 1
  print "<span id=\"line-" FNR "\">" escape($0) "</span>"
}
END {
  if (open) print "</p>"
  print "<p><a href=\"index.html\">index</a></p>"
}
