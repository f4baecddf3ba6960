import { serveFolder } from '../packs/transport/folder/folder-serve.js';

serveFolder();
