/**
 * Holds every YAML that GitHub reads, or that a reader copies into a workflow, against what reads it: workflows, their
 * examples and the blocks of the documents, actions, issue forms, Dependabot. `node scripts/check-yaml.js [FOLDER]` names
 * each fault as `FILE:LINE: what` and exits with 1; what no check knows is a fault too.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDependabot } from './yaml/check-dependabot.js';
import { checkChooser, checkForm } from './yaml/check-form.js';
import { workflowCheck } from './yaml/check-workflow.js';
import { findTexts } from './yaml/find-texts.js';
import { readActions } from './yaml/read-actions.js';

const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
const checkWorkflow = workflowCheck(root, readActions(root));
const checks = {
  workflow: checkWorkflow,
  action: checkWorkflow,
  form: checkForm,
  chooser: checkChooser,
  dependabot: checkDependabot,
  unread: () => [{ line: 0, message: 'nothing here knows who reads this file' }],
  broken: ({ line, message }) => [{ line, message }],
};

const texts = findTexts(root);
const faults = [];
for (const text of texts) {
  for (const { line, message } of await checks[text.kind](text)) {
    faults.push(`${text.file}:${text.firstLine + line}: ${message}`);
  }
}
for (const fault of faults) console.error(fault);
if (faults.length === 0)
  console.log(`${texts.length} workflows, actions and settings are as GitHub reads them`);
process.exitCode = faults.length > 0 ? 1 : 0;
