import { describe, expect, test } from '@jest/globals';
import { readRules } from '../../src/inputs/makefile-rules.js';

const linesOf = (text: string) =>
  readRules(text)
    .filter(({ targets }) => targets.length > 0)
    .map(({ targets, prerequisites }) => `${targets.join(' ')}: ${prerequisites.join(' ')}`);

describe('the rules of a Makefile', () => {
  test.each<[string, string, string[]]>([
    ['a rule', 'x: x.in\n\tcp x.in x\n', ['x: x.in']],
    ['one with its recipe beside it', 'x: x.in ; cp x.in x', ['x: x.in']],
    ['several targets and prerequisites', 'a b : c  d\n', ['a b: c d']],
    ['a rule on two lines', 'x: a \\\n  b\n', ['x: a b']],
    ['a double colon', 'x:: y', ['x: y']],
    ['order-only prerequisites', 'x: y | folder', ['x: y']],
    ['a comment', 'x: y # : z', ['x: y']],
    ['a name with ./', './x: ./y', ['x: y']],
    ['variables', 'OBJ = a.o $(MORE)\nMORE := b.o\nx: ${OBJ}', ['x: a.o b.o']],
    ['a variable that names itself', 'A = $(A) b\nx: $(A)', ['x: b b b b b']],
    ['a variable that multiplies itself', `A = ${'$(A) '.repeat(3000)}\nx: $(A)`, ['x: ']],
    ['what is added to a variable', 'A = b\nA += c\nx: $(A)', ['x: b c']],
    ['a line that never ends', `x${' '.repeat(500_000)}y`, []],
    ['what make alone can tell', '$(wildcard *.x): y $(shell ls) $(unknown)', []],
    ['pattern rules', '%.o: %.c\n$(OBJS): %.o: %.c', []],
    ['what is no file', '.PHONY: all\nall: x\nx: y', ['x: y']],
    ['assignments', 'A := b: c\nB ?= x: y\nC ::= d: e\nx: A = b: c\nx: private := y', []],
    ['recipes', 'x:\n\techo a: b\n', ['x: ']],
    ['defines', 'define text\na: b\nendef\nx: y', ['x: y']],
    ['Windows line ends', 'x: y\r\nz: x\r\n', ['x: y', 'z: x']],
    ['conditionals', 'ifdef A\nx: y\nendif', ['x: y']],
    ['no Makefile at all', '\0\u00ff{ "a": [1, 2] }\n', []],
  ])('%s', (_, text, rules) => expect(linesOf(text)).toEqual(rules));
});
