import { contentOf, type HostTree } from '../host-tree.js';

/** What of os-release tells one release from another; names and addresses for people do not (os-release(5)). */
const FIELDS = ['ID', 'VERSION_ID', 'BUILD_ID', 'VARIANT_ID', 'IMAGE_ID', 'IMAGE_VERSION'];

/** The distribution in one line, such as `debian 12`. */
export function distributionOf(tree: HostTree): string {
  const text = contentOf(tree, '/etc/os-release') ?? contentOf(tree, '/usr/lib/os-release');
  const fields = parseOsRelease(text?.toString() ?? '');
  const values = FIELDS.flatMap((name) => fields.get(name) ?? []);
  return values.length === 0 ? 'unknown' : values.join(' ');
}

export function parseOsRelease(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z0-9_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
    if (match?.[1] !== undefined) fields.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  }
  return fields;
}
