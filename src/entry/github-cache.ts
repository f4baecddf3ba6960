import { serveGithubCache } from '../packs/transport/github/serve.js';

serveGithubCache();
