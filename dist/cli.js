#!/usr/bin/env node
import { start } from './programs.js';
await start('cli');
