import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom, as the house is drawn: entry → build → domains → model. A folder imports itself and
 * what stands behind it here, nothing else.
 */
const house = {
  entry: [
    'async',
    'cli',
    'build',
    'cache',
    'config',
    'host',
    'report',
    'casd',
    'process',
    'machine',
    'errors',
    'gen',
  ],
  cli: ['build', 'config', 'host', 'casd', 'report', 'process', 'errors', 'gen'],
  build: [
    'advice',
    'async',
    'cas',
    'files',
    'config',
    'inputs',
    'outputs',
    'sandbox',
    'casd',
    'cache',
    'tools',
    'report',
    'memory',
    'process',
    'reapi',
    'rpc',
    'remote',
    'trust',
    'host',
    'machine',
    'errors',
    'system-errors',
    'gen',
  ],
  advice: ['inputs', 'errors'],
  host: ['files', 'report', 'config', 'trust', 'machine', 'errors', 'gen'],
  config: ['files', 'reapi', 'process', 'machine', 'errors', 'gen'],
  outputs: ['cas', 'config', 'files', 'process', 'reapi', 'errors', 'gen'],
  inputs: ['async', 'files', 'reapi', 'memory', 'process', 'machine', 'errors', 'system-errors'],
  sandbox: ['async', 'files', 'reapi', 'memory', 'process', 'machine', 'errors'],
  cache: ['cas', 'files', 'async', 'zstd', 'report', 'reapi', 'process', 'trust', 'machine', 'errors', 'gen'],
  casd: [
    'async',
    'files',
    'cas',
    'reapi',
    'rpc',
    'process',
    'trust',
    'machine',
    'errors',
    'system-errors',
    'gen',
  ],
  remote: ['async', 'cas', 'zstd', 'config', 'report', 'rpc', 'reapi', 'process', 'machine', 'errors', 'gen'],
  tools: ['async', 'files', 'config', 'process', 'machine', 'errors', 'system-errors'],
  report: ['reapi', 'errors', 'system-errors'],
  zstd: ['errors'],
  memory: ['files', 'errors'],
  trust: [],
  rpc: ['errors', 'gen'],
  process: ['files', 'async', 'machine', 'errors'],
  reapi: ['errors', 'gen'],
  cas: ['files', 'reapi', 'errors', 'gen'],
  files: ['errors'],
  async: [],
};

/** The files that stand at the root of src and are open to all. */
const files = ['machine', 'errors', 'system-errors'];

const directions = Object.entries(house).map(([folder, allowed]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...allowed].map((name) => (files.includes(name) ? `./${name}.ts` : `./${name}`)),
  message: `src/${folder} may import only ${[folder, ...allowed].join(', ')}: see the house in CONTRIBUTING.md.`,
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
