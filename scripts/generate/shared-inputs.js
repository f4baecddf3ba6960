/** What `check` says with words of its own, or does not take, of the remote's inputs. */
const NOT_SHARED = ['on-unavailable', 'push-inputs'];
const FURTHER = ['cache-dir', 'summary'];

/**
 * The inputs that `check/action.yml` has in common with action.yml, word for word.
 *
 * @param groups the inputs of action.yml in their groups
 * @param text action.yml, of which each is copied as it is written
 */
export function sharedInputs(groups, text) {
  return groups
    .flatMap(({ group, inputs }) => {
      const shared = inputs.map(({ name }) => name).filter((name) => isShared(group, name));
      return shared.length === 0
        ? []
        : [[`  # group: ${group}`, ...shared.map((name) => entryOf(text, name))]];
    })
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function isShared(group, name) {
  return FURTHER.includes(name) || (group === 'remote' && !NOT_SHARED.includes(name));
}

/** An entry reaches as far as its lines are indented below its name. */
function entryOf(text, name) {
  return new RegExp(`^  ${name}:\n(?:    .*\n)+`, 'm').exec(text)[0].trimEnd();
}
