import { isUtf8 } from 'node:buffer';

/**
 * A file's name, or a path of names joined by '/', as the bytes that the file system holds, one character a byte
 * (latin1). It compares, sorts and splits as bytes do, and holds names that are not UTF-8. It is no text to show.
 */
export type RawName = string & { readonly raw: unique symbol };

const NOT_ASCII = /[^\0-\x7f]/;

export function rawName(text: string): RawName {
  return (NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text) as RawName;
}

/** What node:fs takes for the path of this name below a folder. */
export function pathOf(folder: string, name: RawName): string | Buffer {
  if (NOT_ASCII.test(name)) return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
  return name === '' ? folder : `${folder}/${name}`;
}

/** The name as text; undefined when its bytes are not UTF-8. */
export function textOf(name: RawName): string | undefined {
  if (!NOT_ASCII.test(name)) return name;
  const bytes = Buffer.from(name, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** The name to be read by a person: as it is where it is UTF-8, else with every byte beyond ASCII as `\xe9`. */
export function shownName(name: RawName): string {
  return (
    textOf(name) ??
    name.replace(/[^\0-\x7f]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  );
}

/** A git pathspec of plain ASCII that selects this name: what it cannot spell, `?` stands for. */
export function pathspecFor(name: RawName): string {
  return name.replace(/[^\x20-\x7e]|[*?[\\]/g, '?');
}

export function joinNames(folder: RawName, name: RawName): RawName {
  if (folder === '' || name === '') return folder === '' ? name : folder;
  return `${folder}/${name}` as RawName;
}

export function parentOf(name: RawName): RawName {
  return name.slice(0, Math.max(0, name.lastIndexOf('/'))) as RawName;
}

/** Whether `name` is `folder` or lies below it; everything lies below ''. */
export function isWithin(name: RawName, folder: RawName): boolean {
  return folder === '' || name === folder || (name.startsWith(folder) && name[folder.length] === '/');
}

/**
 * Whether a part of the path is `.git`, in any letter case as git itself forbids it: the repository is never input,
 * for it holds the checkout's credentials.
 */
export function isGitOwned(name: RawName): boolean {
  return /(^|\/)\.git(\/|$)/i.test(name);
}
