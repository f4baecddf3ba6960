import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What the runner takes from an action.yml. */
export interface ActionFile {
  readonly main: string;
  readonly post: string | undefined;
  readonly postIf: string;
  /** The defaults of those inputs that have one. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}

interface RawAction {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown } | null>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly runs: {
    readonly using: string;
    readonly main: string;
    readonly post?: string;
    'post-if'?: string;
  };
}

/** Reads action.yml of a folder; it has to be one for Node without expressions in its defaults. */
export async function readActionFile(folder: string): Promise<ActionFile> {
  const raw = parse(await readFile(join(folder, 'action.yml'), 'utf8')) as RawAction;
  if (!/^node\d+$/.test(raw.runs.using)) throw new Error(`cannot play using: ${raw.runs.using}`);
  const defaults = Object.entries(raw.inputs ?? {}).map(
    ([name, input]) => [name, textOf(input?.default)] as const,
  );
  return {
    main: raw.runs.main,
    post: raw.runs.post,
    postIf: raw.runs['post-if'] ?? 'always()',
    inputs: Object.fromEntries(defaults),
    outputs: Object.keys(raw.outputs ?? {}),
  };
}

/** The runner sets every declared input, one without a default to the empty text. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new Error(`a default is a text: ${JSON.stringify(value)}`);
  }
  if (String(value).includes('${{')) throw new Error(`cannot play the expression ${String(value)}`);
  return String(value);
}
