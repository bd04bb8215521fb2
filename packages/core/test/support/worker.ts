import { serveWorker } from '../../src/source/serve-worker.ts';
import { bell, decay, toss } from './families.ts';

serveWorker([bell, decay, toss]);
