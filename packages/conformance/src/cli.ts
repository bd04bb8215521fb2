#!/usr/bin/env node
import { isMainThread } from 'node:worker_threads';
import { main } from './cli/main.ts';
import { work } from './cli/worker.ts';

// The same file is the command and, in a thread of its own, what checks: a law that never ends can then be stopped.
if (isMainThread) process.exitCode = await main(process.argv.slice(2));
else await work();
