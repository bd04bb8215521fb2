import { serveWorker } from '@emkit/core';
import { families, regressionFamilies } from './index.ts';

// The whole of the script that `startFamiliesWorker` runs: a worker that knows every family of this package.
serveWorker([...families, ...regressionFamilies]);
