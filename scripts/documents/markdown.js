/** What a page of Markdown names. Blocks of code are not looked at. */

/** The targets of its links and pictures. */
export function linksOf(page) {
  return [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
}

/** The texts in code quotes. */
export function codeSpansOf(page) {
  return [...withoutBlocks(page).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);
}

/** The anchors of its headings, as GitHub makes them. */
export function anchorsOf(page) {
  const seen = new Map();
  return [...withoutBlocks(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => {
    const anchor = anchorOf(heading);
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

function anchorOf(heading) {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function withoutBlocks(page) {
  return page.replace(/^( *)```[^]*?^\1```$/gm, '');
}

function withoutCode(page) {
  return withoutBlocks(page).replace(/`[^`\n]+`/g, '');
}
