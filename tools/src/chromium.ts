// Vitest's global set-up of the projects that test in a browser. It leaves the path of a Chromium that starts in EMKIT_CHROMIUM: the one named
// there, or one of the machine, or the one of the package @sparticuz/chromium, or Debian's. Without any, the tests that open a browser fail.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { inflate } from '@sparticuz/chromium';
import { root, say } from './run.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export default async function setup(): Promise<void> {
  if (process.env['EMKIT_NO_CHROMIUM'] !== undefined) return; // another project of this run has looked
  const named = process.env['EMKIT_CHROMIUM'] || undefined;
  const path = named ?? onPath() ?? (await packaged()) ?? installed();
  if (path !== undefined && starts(path)) process.env['EMKIT_CHROMIUM'] = path;
  else {
    delete process.env['EMKIT_CHROMIUM'];
    const found = path === undefined ? `there is none for ${process.platform} ${process.arch}` : `${path} does not start`;
    process.env['EMKIT_NO_CHROMIUM'] =
      `the browser tests need Chromium, and ${found}: install Chromium or Chrome, and if it is not on the PATH say in EMKIT_CHROMIUM where it is`;
  }
}

function starts(path: string): boolean {
  return spawnSync(path, ['--version'], { timeout: 60_000 }).status === 0;
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path) && starts(path));
}

/** The browser that an npm package carries, for Linux on x64, with the libraries and the font that a bare machine lacks. */
async function packaged(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const content = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..');
  const { version } = JSON.parse(readFileSync(join(content, 'package.json'), 'utf8')) as { version: string };
  const folder = join(root, 'node_modules/.cache', `chromium-${version}`);
  if (!existsSync(folder)) await unpack(join(content, 'bin'), folder);
  const path = join(folder, 'start');
  return starts(path) ? path : undefined;
}

/** The folder appears whole or not at all: another run may look for it at the same time, and this one may be interrupted. */
async function unpack(archives: string, folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  const temporary = process.env['TMPDIR'];
  try {
    // `inflate` writes to the folder of temporary files, whose names any other program of the machine could have taken.
    process.env['TMPDIR'] = draft;
    await Promise.all(['chromium.br', 'al2023.tar.br', 'fonts.tar.br'].map((name) => inflate(join(archives, name))));
    // The package's own fonts.conf names folders of another system.
    writeFileSync(join(draft, 'fonts.conf'), '<fontconfig><dir prefix="relative">fonts</dir></fontconfig>\n');
    writeFileSync(
      join(draft, 'start'),
      `#!/bin/sh
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
`,
    );
    chmodSync(join(draft, 'start'), 0o755);
    chmodSync(draft, 0o755);
    try {
      renameSync(draft, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Debian's Chromium, where this process may install it. */
function installed(): string | undefined {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return undefined;
  say('installing Chromium with apt-get ...');
  const apt = 'apt-get -qq -y -o DPkg::Lock::Timeout=300';
  const { status, stderr } = spawnSync(`${apt} update && ${apt} install --no-install-recommends chromium`, {
    shell: true,
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) say(`apt-get could not install it:\n${stderr.trimEnd()}`);
  return onPath();
}
