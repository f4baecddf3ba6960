/** What must not be seen: shown to the CI system as secret, and taken out of what servers and programs say. */
export interface Secrets {
  add(secret: string): void;
  /** The text with every known secret replaced by `***`. */
  hide(text: string): string;
}

/** A shorter text than this is no secret, and to hide it would blot out words of the log that mean nothing by it. */
const SHORTEST_SECRET = 6;

/** @param mask tells the CI system to hide this text in its log */
export function keepSecrets(mask: (secret: string) => void): Secrets {
  const known = new Set<string>();
  return {
    add: (secret) => {
      if (secret.length < SHORTEST_SECRET || known.has(secret)) return;
      known.add(secret);
      mask(secret);
    },
    hide: (text) =>
      [...known]
        .sort((a, b) => b.length - a.length)
        .reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text),
  };
}

/** Makes secrets of the values of headers, and of what stands behind a scheme such as `Bearer`. */
export function addHeaders(secrets: Secrets, headers: Readonly<Record<string, string>>): void {
  for (const value of Object.values(headers)) {
    secrets.add(value);
    const [, secret] = /^\S+ +(.+)$/.exec(value) ?? [];
    if (secret !== undefined) secrets.add(secret);
  }
}
