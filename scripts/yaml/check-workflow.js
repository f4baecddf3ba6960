import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { DescriptionDictionary } from '@actions/expressions';

register('./json-imports.js', import.meta.url);
const { registerLogger, validate } = await import('@actions/languageservice');

// It would log that it broke, and find no fault.
registerLogger({
  error: (message) => {
    throw new Error(message);
  },
  warn: () => undefined,
  info: () => undefined,
  log: () => undefined,
});

/** Of the severities of a diagnostic those that are faults; one without is the schema's own. */
const FAULTS = [undefined, 1, 2];

/**
 * GitHub's own language service, which knows the schema of workflows and actions, and what an expression may name. From
 * us it learns the inputs and outputs of this repository's actions, and the workflows that are called by their path; other
 * actions it takes as they come.
 */
export function workflowCheck(root, actionOf) {
  const config = {
    fileProvider: {
      getFileContent: async ({ path }) => ({ name: path, content: readFileSync(join(root, path), 'utf8') }),
    },
    actionsMetadataProvider: {
      fetchActionMetadata: async ({ owner, name, path, ref }) => ({
        name,
        description: '',
        inputs: actionOf([owner, name, path].filter(Boolean).join('/') + `@${ref}`)?.inputs,
      }),
    },
    contextProviderConfig: {
      getContext: async (name, context, { job }) =>
        name === 'steps' ? withOutputs(context, job?.steps ?? [], actionOf) : undefined,
    },
  };
  // It tells an action by its name, and remembers what it has read by its address.
  let number = 0;
  return async ({ kind, text }) => {
    number += 1;
    const uri =
      kind === 'action' ? `file:///${number}/action.yml` : `file:///.github/workflows/${number}.yml`;
    const diagnostics = await validate({ uri, getText: () => text }, config);
    return diagnostics
      .filter(({ severity }) => FAULTS.includes(severity))
      .map(({ range, message }) => ({ line: range.start.line, message }));
  };
}

/** The context `steps`, in which a step of ours has the outputs of its action and no others. */
function withOutputs(context, steps, actionOf) {
  for (const { id, uses } of steps) {
    const outputs = actionOf(uses?.value ?? '')?.outputs;
    const step = context.get(id);
    if (outputs === undefined || step === undefined) continue;
    for (const output of Object.keys(outputs)) step.get('outputs').add(output, new DescriptionDictionary());
    step.get('outputs').complete = true;
  }
  return context;
}
