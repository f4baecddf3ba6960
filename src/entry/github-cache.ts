import { serveGithubCache } from '../cache/github/serve.js';

serveGithubCache();
