import { serveFolder } from '../cache/folder-serve.js';

serveFolder();
