/** Tables and a module out of action.yml, whose comments `# group: NAME` put its inputs into groups. */

const HEADER = '// Written by `npm run gen` from action.yml. Do not edit.\n';

/** The inputs in their groups: `[{ group, inputs: [{ name, description, default, required }] }]`. */
export function groupedInputs(document) {
  const groups = [];
  for (const { key, value } of document.get('inputs').items) {
    const group = /group: (.*)/.exec(key.commentBefore ?? '')?.[1] ?? commentBeforeFirst(document, groups);
    if (group) groups.push({ group, inputs: [] });
    groups.at(-1).inputs.push({
      name: key.value,
      description: value.get('description').trim(),
      default: value.get('default') ?? '',
    });
  }
  return groups;
}

/** YAML gives a comment above the first entry of a map to the map itself. */
function commentBeforeFirst(document, groups) {
  if (groups.length > 0) return undefined;
  return /group: (.*)/.exec(document.get('inputs').commentBefore ?? '')?.[1];
}

export function inputsModule(document) {
  const entries = groupedInputs(document).flatMap(({ group, inputs }) =>
    inputs.map(
      (input) =>
        `  ${JSON.stringify(input.name)}: { group: ${JSON.stringify(group)}, default: ${JSON.stringify(input.default)}, description: ${JSON.stringify(input.description)} },\n`,
    ),
  );
  return `${HEADER}\nexport const INPUTS = {\n${entries.join('')}} as const;\n\nexport type InputName = keyof typeof INPUTS;\n`;
}

export function versionModule(version) {
  return `// Written by \`npm run gen\` from package.json. Do not edit.\n\nexport const VERSION = '${version}';\n`;
}

export function inputTables(document) {
  return groupedInputs(document)
    .map(({ group, inputs }) => {
      const rows = inputs.map(
        ({ name, description, default: value }) =>
          `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${cell(description)} |`,
      );
      return [`**${group}**`, '', '| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
    })
    .join('\n\n');
}

export function outputTable(document) {
  const rows = document
    .get('outputs')
    .items.map(({ key, value }) => `| \`${key.value}\` | ${cell(value.get('description').trim())} |`);
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n');
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
