// `npm run demo`, after the bootstrap: builds the page and serves it on this machine only.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';

const folder = dirname(fileURLToPath(import.meta.url));
process.stdout.write('emkit: building the page ...\n');
const build = spawnSync('turbo', ['run', 'build', '--filter=@emkit/demo', '--output-logs=errors-only'], {
  cwd: join(folder, '../..'),
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
if (build.status !== 0) {
  process.stderr.write(`${build.stdout ?? ''}${build.stderr ?? ''}${build.error?.message ?? ''}\nemkit: the page could not be built\n`);
  process.exit(1);
}
const server = await preview({
  root: folder,
  configFile: join(folder, 'vite.config.ts'),
  logLevel: 'error',
  preview: { host: '127.0.0.1', port: Number(process.env['PORT'] ?? 4173) },
});
process.stdout.write(`emkit: the page is at ${server.resolvedUrls?.local[0]}  (Ctrl+C ends it)\n`);
