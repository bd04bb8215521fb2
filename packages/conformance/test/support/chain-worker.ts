import { markovChain, serveWorker } from '@emkit/core';
import { families } from '@emkit/families';
import { stickyChain } from '../../example/sticky.ts';

serveWorker(families, undefined, [stickyChain, markovChain]);
