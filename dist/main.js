import { start } from './programs.js';
await start('main');
