import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The name that this repository has in documents and examples, whoever owns it. */
const NAME = 'buildbox-action';

/**
 * What this repository's own actions take and give, by the way a step names them: `uses` → `{ inputs, outputs }`, or
 * undefined where it names another repository's action. Of an action that is not there both are empty.
 */
export function readActions(root) {
  return (uses) => {
    const folder = /^[^/]+\/([^/@]+)(\/[^@]+)?@/.exec(uses);
    if (folder !== null) return folder[1] === NAME ? readAction(root, folder[2] ?? '') : undefined;
    return uses.startsWith('./') ? readAction(root, uses) : undefined;
  };
}

function readAction(root, folder) {
  const file = join(root, folder, 'action.yml');
  if (!existsSync(file)) return { inputs: {}, outputs: {} };
  const { inputs = {}, outputs = {} } = parse(readFileSync(file, 'utf8'));
  return { inputs, outputs };
}
