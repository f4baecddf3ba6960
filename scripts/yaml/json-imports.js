/**
 * A hook of Node's for `register`: has a module import JSON that does not say so. GitHub's packages are written for
 * bundlers, which do not ask for it.
 */
export function load(url, context, next) {
  if (!url.endsWith('.json')) return next(url, context);
  return next(url, { ...context, importAttributes: { type: 'json' } });
}
