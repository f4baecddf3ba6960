import { basename } from 'node:path';

/** What a tool leaves in its own folder while it runs, and documentation: neither makes another toolchain. */
const ANYWHERE = new Set(['__pycache__', '.git', '.lock', '.DS_Store', '.uuid', 'lost+found']);
const BELOW_SHARE = new Set(['doc', 'man', 'info', 'gtk-doc']);
const AT_TOP = new Set(['cache', 'tmp', '.tmp', 'downloads']);
/** The last ones are there for a moment, while packages are installed. */
const ENDINGS = ['.pyc', '.pyo', '.pid', '.log', '.dpkg-new', '.dpkg-tmp'];

/** The package manager's own folders of programs. */
const SYSTEM_PROGRAM_FOLDERS = ['/bin', '/sbin', '/usr/bin', '/usr/sbin'];
const SANDBOX_PROGRAMS = /^(bwrap|fusermount3?|mount\.fuse3?|buildbox-.*)$/;

/** Whether an entry of a folder is no part of a tool. */
export function isLeftOut(name: string, folder: string): boolean {
  if (ANYWHERE.has(name) || ENDINGS.some((ending) => name.endsWith(ending))) return true;
  if (isSystemPrograms(folder)) return SANDBOX_PROGRAMS.test(name);
  return BELOW_SHARE.has(name) && basename(folder) === 'share';
}

/** Whether an entry of a tool's own folder is what it keeps for itself. */
export function isUncounted(name: string, depth: number): boolean {
  return name === '.cache' || (depth === 0 && AT_TOP.has(name));
}

function isSystemPrograms(folder: string): boolean {
  return SYSTEM_PROGRAM_FOLDERS.includes(folder);
}
