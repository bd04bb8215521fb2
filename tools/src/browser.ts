import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the Chromium that `chromium.ts` found. It opens pages of this workspace only: root, and a browser out of a package, have no sandbox. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env['EMKIT_CHROMIUM'];
  if (executablePath === undefined) throw new Error(process.env['EMKIT_NO_CHROMIUM']);
  return chromium.launch({ executablePath, args: [...QUIET, '--no-sandbox'] });
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** A folder served on this machine. */
export interface FolderServer {
  /** With a slash at the end. */
  readonly address: string;
  close(): void;
}

/** Serves the files of a folder, `index.html` for a folder and `.html` for a page without an ending. */
export async function serveFolder(folder: string): Promise<FolderServer> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const candidates = [join(folder, path), join(folder, path, 'index.html'), join(folder, `${path}.html`)];
    const file = candidates.find((candidate) => candidate.startsWith(folder) && existsSync(candidate) && statSync(candidate).isFile());
    if (file === undefined) {
      response.writeHead(404).end('not found');
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
