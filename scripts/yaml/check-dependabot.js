import * as v from 'valibot';
import { faultsOf } from './faults-of.js';

/** After docs.github.com, "Dependabot options reference"; of its options those that this repository uses. */
const names = v.array(v.pipe(v.string(), v.nonEmpty()));
const days = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(90));

const update = v.strictObject({
  'package-ecosystem': v.picklist(['npm', 'github-actions']),
  directory: v.pipe(v.string(), v.startsWith('/')),
  schedule: v.strictObject({
    interval: v.picklist(['daily', 'weekly', 'monthly', 'quarterly', 'semiannually', 'yearly']),
    day: v.optional(
      v.picklist(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']),
    ),
  }),
  cooldown: v.optional(
    v.strictObject({
      'default-days': days,
      'semver-major-days': v.optional(days),
      'semver-minor-days': v.optional(days),
      'semver-patch-days': v.optional(days),
    }),
  ),
  groups: v.optional(
    v.record(
      v.string(),
      v.strictObject({
        'applies-to': v.optional(v.picklist(['version-updates', 'security-updates'])),
        'dependency-type': v.optional(v.picklist(['development', 'production'])),
        patterns: v.optional(names),
        'exclude-patterns': v.optional(names),
        'update-types': v.optional(v.array(v.picklist(['major', 'minor', 'patch']))),
      }),
    ),
  ),
  ignore: v.optional(
    v.array(
      v.strictObject({
        'dependency-name': v.string(),
        versions: v.optional(names),
        'update-types': v.optional(
          v.array(
            v.picklist([
              'version-update:semver-major',
              'version-update:semver-minor',
              'version-update:semver-patch',
            ]),
          ),
        ),
      }),
    ),
  ),
  labels: v.optional(names),
  'open-pull-requests-limit': v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

const settings = v.strictObject({
  version: v.literal(2),
  updates: v.pipe(v.array(update), v.minLength(1)),
});

export const checkDependabot = ({ text }) => faultsOf(settings, text);
