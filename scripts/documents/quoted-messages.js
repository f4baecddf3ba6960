/**
 * The messages that a page quotes: what stands in code quotes in the first column of its tables. `…` stands for what the
 * program fills in, so a message is given as the pieces between.
 */
export function quotedMessages(page) {
  return page
    .split('\n')
    .flatMap((line) => /^\| (`+)(.*?)\1 .*?\|/.exec(line)?.[2] ?? [])
    .map((message) => ({ message, pieces: piecesOf(message) }));
}

function piecesOf(message) {
  return message
    .split(/…|`/)
    .map((piece) => piece.trim())
    .filter((piece) => /[a-z]{3}/i.test(piece));
}
