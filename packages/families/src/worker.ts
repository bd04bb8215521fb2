import { serveWorker } from '@emkit/core';
import { allFamilies } from './index.ts';

// The whole of the script that `startFamiliesWorker` runs: a worker that knows every family of this package.
serveWorker(allFamilies);
