import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';

/** Where and how a text departs from a schema: `[{ line, message }]`, lines from 0. */
export function faultsOf(schema, text) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const { issues = [] } = v.safeParse(schema, document.toJS());
  return issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => key);
    const place = path.length > 0 ? `${path.join('.')}: ` : '';
    return { line: lineOf(document, path, lines), message: place + issue.message };
  });
}

/** The line of a value or, where it is missing, of the nearest that holds it. */
function lineOf(document, path, lines) {
  const node = document.getIn(path, true);
  if (node?.range) return lines.linePos(node.range[0]).line - 1;
  return path.length > 0 ? lineOf(document, path.slice(0, -1), lines) : 0;
}
