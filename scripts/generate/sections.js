/**
 * Fills sections of a page: `{ NAME: text }`. A section stands between the marks `NAME: …` and `/NAME`, which are
 * comments: `<!-- NAME: … -->` in Markdown, `# NAME: …` in YAML.
 *
 * @param path names the page where a mark is missing
 */
export function fillSections(path, page, texts) {
  return Object.entries(texts).reduce((filled, [name, text]) => fillSection(path, filled, name, text), page);
}

function fillSection(path, page, name, text) {
  const section = new RegExp(`(\n *(?:<!--|#) ${name}:.*\n)[^]*?(\n *(?:<!--|#) /${name}\\b)`);
  if (!section.test(page)) throw new Error(`${path} lacks the marks \`${name}: …\` and \`/${name}\``);
  return page.replace(section, (_, start, end) => `${start}\n${text}\n${end}`);
}
