// Puts the built service and every package that it uses into dist/bundle: it starts in a third of the
// time, and runs without node_modules.
//
//   npm run build
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './lib/commands.mjs';

/** Packages that their users load only when somebody has installed them. */
const OPTIONAL =
  /^(?:@nestjs\/(?:axios|microservices|mongoose|platform-express|sequelize|typeorm|websockets)|@fastify\/(?:multipart|static|view)|@mikro-orm\/|typeorm|mongoose|sequelize|class-transformer\/storage)/;

/** What dockerode loads for image builds and for engines behind SSH, neither of which is used here. */
const UNUSED = /^(?:ssh2|tar-fs|protobufjs|@grpc\/(?:grpc-js|proto-loader))$/;
const EMPTY = '\0empty';

const withoutUnused = {
  name: 'without-unused',
  resolveId: (id) => (UNUSED.test(id) ? EMPTY : null),
  load: (id) => (id === EMPTY ? 'module.exports = {};' : null),
};

/** docker-modem writes out each request for its debug log: a twentieth of the service's time. */
const REQUEST_DUMP = /debug\('Sending: %s', util\.inspect\(options, \{[^}]*\}\)\);/;

const withoutRequestDump = {
  name: 'without-request-dump',
  transform(code, id) {
    if (!id.endsWith('/docker-modem/lib/modem.js')) return null;
    if (!REQUEST_DUMP.test(code)) throw new Error('docker-modem writes its requests out otherwise');
    return { code: code.replace(REQUEST_DUMP, ''), map: null };
  },
};

const bundle = await rolldown({
  input: { main: join(ROOT, 'dist/main.js') },
  platform: 'node',
  external: OPTIONAL,
  plugins: [withoutUnused, withoutRequestDump],
  onLog(level, log, report) {
    // Of packages that nobody has installed; and of eval in one that asks for its own source.
    if (log.code === 'UNRESOLVED_IMPORT') return;
    report(level, log);
  },
});
const folder = join(ROOT, 'dist/bundle');
const { output } = await bundle.write({
  dir: folder,
  format: 'esm',
  keepNames: true,
  // The source stays in memory; without comments and blanks it is half as long.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
for (const { fileName, code } of output) await writeFile(join(folder, fileName), inAscii(code));
const modules = output.flatMap(({ moduleIds = [] }) => moduleIds);
await writeFile(join(folder, 'THIRD-PARTY-LICENSES'), await licensesOf(modules));

/** One letter beyond ASCII makes the runtime keep two bytes for each of the whole file. */
function inAscii(code) {
  const escape = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return code.replaceAll(/[^\0-\x7f]/g, escape);
}

/** The licences of all packages that a module is from, each under a line with name and version. */
async function licensesOf(moduleIds) {
  const roots = moduleIds.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]);
  const packages = [...new Set(roots.filter((root) => root !== undefined))].toSorted();
  return (await Promise.all(packages.map(licenseOf))).join('\n');
}

async function licenseOf(root) {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const files = (await readdir(root)).filter((file) =>
    /^(?:licen[cs]e|copying|notice)/i.test(file),
  );
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  return `\n${name} ${version} (${license})\n\n${texts.join('\n')}`;
}
