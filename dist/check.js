import { start } from './programs.js';
await start('check');
