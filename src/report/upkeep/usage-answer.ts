import { alignColumns } from '../columns.js';
import type { UsageSection } from './usage-section.js';

/** What `cache usage` tells people; the sections after the first have a heading. */
export function usageLines(sections: readonly UsageSection[]): readonly string[] {
  return sections.flatMap(({ name, rows }, index) => [
    ...(index === 0 ? [] : ['', name]),
    ...alignColumns(rows),
  ]);
}

/** What `cache usage` tells programs: the first section itself, and the others under their names. */
export function usageDocument([first, ...others]: readonly UsageSection[]): Readonly<
  Record<string, unknown>
> {
  return {
    version: 1,
    ...first?.document,
    ...Object.fromEntries(others.map(({ name, document }) => [name, document])),
  };
}
