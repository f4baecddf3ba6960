/** One source of packages, as apt is told of it (sources.list(5)). */
export interface AptEntry {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** `Signed-By`: a keyring, fingerprints or a key; undefined where the entry names none. */
  readonly signedBy: string | undefined;
}

/** Reads the one-line style of `sources.list` and `*.list`. Lines that make no sense are passed over, as apt warns of them itself. */
export function parseOneLineSources(text: string): readonly AptEntry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    return [
      {
        uris: [uri],
        suites: [suite],
        components: words(components),
        signedBy: /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1],
      },
    ];
  });
}

/** Reads the deb822 style of `*.sources`: stanzas of `Field: value`, continued by indented lines. */
export function parseStanzaSources(text: string): readonly AptEntry[] {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]?.trim();
    const enabled = !/^(no|false|without|off|disable)$/i.test(field('Enabled') ?? 'yes');
    if (!enabled || !words(field('Types') ?? '').includes('deb')) return [];
    return [
      {
        uris: words(field('URIs') ?? ''),
        suites: words(field('Suites') ?? ''),
        components: words(field('Components') ?? ''),
        signedBy: field('Signed-By'),
      },
    ];
  });
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}
