/** An explicit rule of a Makefile. */
export interface Rule {
  readonly targets: readonly string[];
  readonly prerequisites: readonly string[];
}

type Variables = Map<string, string>;

const REFERENCE = /\$[({]([\w.-]+)[)}]/g;

/** A variable may name others; one that names itself would never end, and a hostile one would fill the memory. */
const DEEPEST = 5;
const MOST_REFERENCES = 1000;
const LONGEST = 16_000;

/**
 * The explicit rules of a Makefile whose names can be read without running make: words, and variables that hold words.
 * Pattern rules, functions and what other files define are passed over, and so is what is no file: `.PHONY`.
 */
export function readRules(text: string): readonly Rule[] {
  const variables: Variables = new Map();
  const rules: Rule[] = [];
  for (const line of linesOf(text)) {
    if (!assign(line, variables)) rules.push(...ruleIn(line, variables));
  }
  const isPhony = ({ targets }: Rule) => targets.includes('.PHONY');
  const phony = new Set(rules.filter(isPhony).flatMap(({ prerequisites }) => prerequisites));
  return rules
    .filter((rule) => !isPhony(rule))
    .map((rule) => ({ ...rule, targets: rule.targets.filter((word) => !phony.has(word)) }));
}

/** Logical lines, without recipes, comments and what stands between `define` and `endef`. */
function* linesOf(text: string): Generator<string> {
  let inDefine = false;
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    if (/^ *define\b/.test(line)) inDefine = true;
    else if (/^ *endef\b/.test(line)) inDefine = false;
    else if (!inDefine && !line.startsWith('\t')) yield upTo(line, '#');
  }
}

/** Notes a variable, where the line sets one. */
function assign(line: string, variables: Variables): boolean {
  const equals = line.indexOf('=');
  if (equals < 0) return false;
  const [name, ...more] = line
    .slice(0, equals)
    .split(/[:?+!\s]/)
    .filter((word) => word !== '' && word !== 'export' && word !== 'override');
  if (name === undefined || more.length > 0) return false;
  const value = line.slice(equals + 1).trim();
  const before = line[equals - 1] === '+' ? `${variables.get(name) ?? ''} ` : '';
  if (before.length + value.length < LONGEST) variables.set(name, before + value);
  return true;
}

function ruleIn(line: string, variables: Variables): readonly Rule[] {
  const colon = line.indexOf(':');
  if (colon < 0) return [];
  const right = upTo(line.slice(colon + 1).replace(/^:/, ''), ';');
  // With another colon it is a static pattern rule; with a sign of equality it sets a variable for its targets.
  if (/[:=]/.test(right)) return [];
  const targets = wordsOf(line.slice(0, colon), variables);
  return [{ targets, prerequisites: wordsOf(upTo(right, '|'), variables) }];
}

function upTo(text: string, mark: string): string {
  const end = text.indexOf(mark);
  return end < 0 ? text : text.slice(0, end);
}

function wordsOf(text: string, variables: Variables): readonly string[] {
  let expanded = text;
  let references = 0;
  for (let depth = 0; depth < DEEPEST && expanded.includes('$'); depth++) {
    if (expanded.length > LONGEST) return [];
    expanded = expanded.replace(REFERENCE, (reference, name: string) =>
      ++references > MOST_REFERENCES ? '' : (variables.get(name) ?? reference),
    );
  }
  return expanded
    .split(/\s+/)
    .filter((word) => word !== '' && !/[$%*?[\](){}"',]/.test(word))
    .map((word) => word.replace(/^\.\//, ''));
}
