import { serveWorker } from '../../src/backend/serve-worker.ts';
import { bell, decay, toss } from './families.ts';

serveWorker([bell, decay, toss]);
