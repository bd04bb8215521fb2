import { serveWorker } from '@emkit/core';
import { families } from '@emkit/families';
import { stickyChain } from './sticky.ts';

// The whole of a worker's script: what the models that are sent here may be made of.
serveWorker(families, undefined, [stickyChain]);
