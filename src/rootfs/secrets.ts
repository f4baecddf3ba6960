import { basename } from 'node:path';
import { contentOf, statusOf, type HostTree } from './host-tree.js';

/** What has no other use than to let somebody in. */
const SECRET_FILES =
  /^([._]?netrc|\.pypirc|\.git-credentials|\.pgpass|\.my\.cnf|\.dockercfg|\.vault-token|\.?credentials(\.(toml|json|xml|tfrc\.json|db))?|access_tokens\.db|application_default_credentials\.json)$/;
const SECRET_FOLDERS = /^\.(ssh|aws|azure|docker|gnupg|kube)$/;

/** Settings that may hold a secret, and private keys: their content tells. */
const SETTINGS =
  /^(\.?npmrc|\.yarnrc(\.yml)?|\.?pip\.conf|\.?wgetrc|\.?curlrc|\.?gitconfig|\.?condarc|auth\.json)$/;
const KEYS = /^(id_[a-z0-9_]+|.*\.(pem|key|ppk|p8))$/;

const HOLDS_SECRET =
  /(_auth|_authtoken|_password|npmauthtoken|npmauthident|password|passwd|secret|token|extraheader|http-basic)["']?\s*[=:]|:\/\/[^/\s@]+@/i;
const LOGIN = /:\/\/[^/\s@]+@/;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----|PuTTY-User-Key-File/;

/** Keys that come with the code of a package or its tests are known to everybody, where everybody may read them. */
const OF_CODE =
  /\/(site-packages|dist-packages|node_modules|gems|src|vendor|tests?|testing|testdata|test-data|__tests__|fixtures?|examples?|samples?|demos?)\//i;
const READABLE_FOR_ALL = 0o004;

/** No key and no settings are larger, in bytes. */
const MAX_SIZE = 256 * 1024;

/** Whether a folder of this name holds secrets alone. */
export function isSecretFolder(name: string): boolean {
  return SECRET_FOLDERS.test(name);
}

/** Whether a file that no package brought lets somebody in: by its name, or by what stands in it. */
export function isSecretFile(tree: HostTree, path: string): boolean {
  const name = basename(path);
  if (SECRET_FILES.test(name)) return true;
  if (SETTINGS.test(name)) return holds(tree, path, HOLDS_SECRET);
  return KEYS.test(name) && !isKnownToAll(tree, path) && holds(tree, path, PRIVATE_KEY);
}

function isKnownToAll(tree: HostTree, path: string): boolean {
  return OF_CODE.test(path) && ((statusOf(tree, path)?.mode ?? 0) & READABLE_FOR_ALL) !== 0;
}

/** A secret in XML: Maven's and NuGet's. Examples in comments are none. */
const HOLDS_SECRET_AS_XML =
  /<(password|passphrase|privateKey)>\s*[^<\s]|key=["'](clear_?text)?password["']\s+value=["'][^"']/i;
const XML_COMMENTS = /<!--.*?-->/gs;

/** Whether settings of a package manager hold something to log in with. */
export function holdsSecret(content: Buffer): boolean {
  const text = content.toString('latin1');
  if (!/^\s*</.test(text)) return HOLDS_SECRET.test(text) || PRIVATE_KEY.test(text);
  const bare = text.replace(XML_COMMENTS, '');
  return HOLDS_SECRET_AS_XML.test(bare) || LOGIN.test(bare);
}

/** Whether the settings of a git repository hold a secret: an address with a password, a header with a token. */
export function isSecretGitConfig(tree: HostTree, path: string): boolean {
  return holds(tree, path, HOLDS_SECRET);
}

function holds(tree: HostTree, path: string, what: RegExp): boolean {
  const size = statusOf(tree, path)?.size ?? Infinity;
  return size <= MAX_SIZE && what.test(contentOf(tree, path)?.toString('latin1') ?? '');
}
