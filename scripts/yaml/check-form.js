import * as v from 'valibot';
import { faultsOf } from './faults-of.js';

/** After docs.github.com, "Syntax for issue forms" and "Syntax for GitHub's form schema". */
const text = v.pipe(v.string(), v.trim(), v.nonEmpty());
const id = v.pipe(v.string(), v.regex(/^[\w-]+$/));
const described = { label: text, description: v.optional(text) };
const required = v.optional(v.strictObject({ required: v.optional(v.boolean()) }));
const typed = { placeholder: v.optional(text), value: v.optional(v.string()) };

const field = v.variant('type', [
  v.strictObject({ type: v.literal('markdown'), attributes: v.strictObject({ value: text }) }),
  v.strictObject({
    type: v.literal('input'),
    id: v.optional(id),
    attributes: v.strictObject({ ...described, ...typed }),
    validations: required,
  }),
  v.strictObject({
    type: v.literal('textarea'),
    id: v.optional(id),
    attributes: v.strictObject({ ...described, ...typed, render: v.optional(text) }),
    validations: required,
  }),
  v.strictObject({
    type: v.literal('dropdown'),
    id: v.optional(id),
    attributes: v.strictObject({
      ...described,
      multiple: v.optional(v.boolean()),
      options: v.pipe(v.array(text), v.minLength(1)),
      default: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    }),
    validations: required,
  }),
  v.strictObject({
    type: v.literal('checkboxes'),
    id: v.optional(id),
    attributes: v.strictObject({
      ...described,
      options: v.pipe(
        v.array(v.strictObject({ label: text, required: v.optional(v.boolean()) })),
        v.minLength(1),
      ),
    }),
    validations: required,
  }),
]);

const form = v.strictObject({
  name: text,
  description: text,
  title: v.optional(text),
  labels: v.optional(v.array(text)),
  assignees: v.optional(v.array(text)),
  projects: v.optional(v.array(text)),
  type: v.optional(text),
  body: v.pipe(
    v.array(field),
    v.check((fields) => fields.some(({ type }) => type !== 'markdown'), 'a form asks for something'),
    v.check((fields) => areDifferent(fields.map(({ id }) => id)), 'an id is given once'),
    v.check((fields) => areDifferent(fields.map((one) => one.attributes.label)), 'a label is given once'),
  ),
});

const chooser = v.strictObject({
  blank_issues_enabled: v.optional(v.boolean()),
  contact_links: v.optional(
    v.array(v.strictObject({ name: text, url: v.pipe(v.string(), v.url()), about: text })),
  ),
});

export const checkForm = ({ text }) => faultsOf(form, text);
export const checkChooser = ({ text }) => faultsOf(chooser, text);

function areDifferent(names) {
  const given = names.filter((name) => name !== undefined);
  return new Set(given).size === given.length;
}
