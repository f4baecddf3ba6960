const MOST_LINES = 14;
const LONGEST_LINE = 400;

/** Counts, and the words for them. */
export class Tally {
  #counts = new Map();
  violations = [];

  count(group, name) {
    const names = this.#counts.get(group) ?? new Map();
    this.#counts.set(group, names.set(name, (names.get(name) ?? 0) + 1));
  }

  sum(group) {
    return [...(this.#counts.get(group) ?? new Map()).values()].reduce((sum, count) => sum + count, 0);
  }

  /** @param where `seed` and `round` */
  violate(where, { what, detail }) {
    this.count('violations', what);
    this.violations.push({ ...where, what, detail });
  }

  /** The counts as a table in Markdown, and each violation with the seed that plays it again. */
  report() {
    const groups = [...this.#counts.keys()].filter((group) => group !== 'violations');
    const rows = [...groups, 'violations'].flatMap((group) => [
      `| **${group}** | **${this.sum(group)}** |`,
      ...this.#sorted(group).map(([name, count]) => `| ${name.replaceAll('|', '\\|')} | ${count} |`),
    ]);
    const told = this.#firstOfEach().map(({ seed, round, what, detail }) => {
      const lines = detail.trim().split('\n').slice(0, MOST_LINES);
      const text = lines.map((line) => `\n    ${line.slice(0, LONGEST_LINE)}`).join('');
      return `seed ${seed}, round ${round}: ${what}${text}`;
    });
    return ['| what | count |', '| --- | --- |', ...rows, ...(told.length > 0 ? ['', ...told] : [])].join(
      '\n',
    );
  }

  /** What went wrong in the same way in the same round is told once. */
  #firstOfEach() {
    const key = ({ seed, round, what }) => `${seed} ${round} ${what}`;
    return [...new Map([...this.violations].reverse().map((one) => [key(one), one])).values()].reverse();
  }

  #sorted(group) {
    return [...(this.#counts.get(group) ?? new Map())].sort(([, one], [, other]) => other - one);
  }
}
