import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { house, rootFiles } from './scripts/house.js';

/** Who may import whom: a folder imports itself and what its room in the house allows, nothing else. */
const directions = Object.entries(house).map(([folder, { imports }]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...imports].map((name) => (rootFiles.includes(name) ? `./${name}.ts` : `./${name}`)),
  message: `src/${folder} may import only ${[folder, ...imports].join(', ')}: see scripts/house.js.`,
}));

const hostOnly = 'Only src/host and src/entry touch the CI system; take what you need as an argument.';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'src/gen/', 'examples/**/*', '!examples/*.js'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './__tests__/tsconfig.json'] } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off', // A status code comes over the wire as a number.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: directions }],
      'import-x/no-cycle': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/host/**', 'src/entry/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: [{ name: '@actions/core', message: hostOnly }] }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: hostOnly }],
      'no-console': 'error',
    },
  },
  {
    files: ['__tests__/**/*.ts'],
    rules: { '@typescript-eslint/require-await': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
  },
);
