// Installs, builds and starts the service on the engine it finds, and runs the README's job on it.
//
//   npm run quickstart [-- [--once] [--port N]]
//
// --once ends after the job. The environment narrows the search: DOCKER_HOST, CONTAINER_ENV=process.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findEngine } from './lib/engine.mjs';
import { findStaticBusybox, importJobImage, LOCAL_IMAGE } from './lib/job-image.mjs';
import { buildService, installPackages } from './lib/packages.mjs';
import { INPUT_FILE, INPUT_TEXT, SAMPLE_IMAGE, sampleJob } from './lib/sample-job.mjs';
import { freePort, Service } from './lib/service.mjs';

const DEFAULT_PORT = 5010;
const POLL_MS = 250;
const JOB_MS = 180_000;
const FINAL = new Set(['finishedSuccessfully', 'finishedWithError', 'undefined']);

const begun = Date.now();
const say = (text = '') => console.log(text);
const indent = (text) => text.trimEnd().replace(/^/gm, '    ');

const { values: options } = parseArgs({
  options: { once: { type: 'boolean', default: false }, port: { type: 'string' } },
});

const state = join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'pman');
const store = join(state, 'store');
const jid = `quickstart-${begun.toString(36)}`;

/** What must be undone when this script ends, last first. */
const undo = [];

async function main() {
  await installPackages(say);
  await buildService(say);
  const engine = await chooseEngine();
  const service = await startService(engine);
  const succeeded = await showJob(service, engine);
  if (options.once || !succeeded) return succeeded ? 0 : 1;
  await writeSecondJob();
  sayHowToGoOn(service);
  const why = await service.ended;
  throw new Error(`the service ended: ${why}`);
}

async function chooseEngine() {
  const engine = await findEngine(process.env);
  engine.missed.forEach((sentence) => say(`Not used: ${sentence}`));
  if (engine.backend === 'process') {
    say('No container engine: jobs run as processes of this machine, without their images.');
  } else {
    say(`Jobs run as containers on ${engine.name} at ${engine.address}`);
  }
  return engine;
}

async function startService(engine) {
  const wished = Number(options.port ?? DEFAULT_PORT);
  const port = await freePort(wished);
  if (port !== wished) say(`Port ${wished} is taken; taking ${port}.`);
  await mkdir(store, { recursive: true });
  const settings = {
    ...process.env,
    CONTAINER_ENV: engine.backend,
    STORAGE_TYPE: 'host',
    STOREBASE: store,
    // Empty is not set: what these would say is decided here.
    STOREBASE_MOUNT: '',
    COMPUTE_VOLUME_TYPE: '',
    VOLUME_NAME: '',
    DOCKER_HOST: engine.address ?? '',
    PROCESS_RECORDS: engine.address ? '' : join(state, 'jobs'),
  };
  const logFile = join(state, `quickstart-${port}.log`);
  const service = new Service({ port, settings, logFile, folder: state });
  const start = Date.now();
  undo.push(async () => {
    await service.stop();
    say('The service has ended.');
  });
  await service.start();
  say(`The service answers at ${service.url} after ${seconds(start)} (its log: ${logFile})`);
  return service;
}

async function showJob(service, engine) {
  await mkdir(join(store, jid, 'in'), { recursive: true });
  await writeFile(join(store, jid, 'in', INPUT_FILE), INPUT_TEXT);
  say();
  say(`Input: ${join(store, jid, 'in', INPUT_FILE)}`);
  say(indent(INPUT_TEXT));
  let job = await runJob(service, SAMPLE_IMAGE);
  if (job.refusal) job = await runWithoutPull(service, engine, job.refusal);
  return job !== undefined && (await report(job));
}

/** @returns the job at its end, or `{ refusal }`, in words, when its image cannot be had. */
async function runJob(service, image) {
  const posted = await submit(service, image);
  if (posted.refusal) return posted;
  const job = await follow(service, posted);
  if (job.status !== 'finishedWithError' || !/image/i.test(job.message)) return job;
  await service.call('DELETE', `/api/v1/${jid}/`);
  return { refusal: job.message };
}

/** POSTs the sample job and tells the answer. */
async function submit(service, image) {
  const request = sampleJob({ jid, inputDir: `${jid}/in`, outputDir: `${jid}/out`, image });
  const where = image === SAMPLE_IMAGE ? image : `${image} (this machine's own busybox)`;
  say(`POST ${service.url}/api/v1/   job ${jid}, image ${where}`);
  const start = Date.now();
  const { status, body } = await service.call('POST', '/api/v1/', request);
  say(`  ${status} after ${seconds(start)}: ${body.status ?? 'refused'}`);
  if (status === 201) {
    undo.push(() => removeJob(service));
    return body;
  }
  const refusal = typeof body.message === 'string' ? body.message : JSON.stringify(body.message);
  if (status === 422) return { refusal };
  throw new Error(`the job was refused: ${refusal}`);
}

async function removeJob(service) {
  const { status } = await service.call('DELETE', `/api/v1/${jid}/`).catch(() => ({}));
  if (status === 204) say(`Job ${jid} is removed; its files stay in ${join(store, jid)}`);
}

/** GETs the job until its status is final, telling each change. */
async function follow(service, posted) {
  const deadline = Date.now() + JOB_MS;
  let told = `${posted.status} ${posted.message}`;
  say(`GET ${service.url}/api/v1/${jid}/`);
  while (Date.now() < deadline) {
    const { status, body } = await service.call('GET', `/api/v1/${jid}/`);
    if (status === 200 && `${body.status} ${body.message}` !== told) {
      told = `${body.status} ${body.message}`;
      say(`  ${body.status}${body.message ? `: ${body.message}` : ''}`);
    }
    if (status === 200 && FINAL.has(body.status)) return body;
    await sleep(POLL_MS);
  }
  throw new Error(`the job did not end in ${JOB_MS / 1000} s`);
}

/** The image cannot be had: makes one of what this machine has. */
async function runWithoutPull(service, engine, reason) {
  say(`The engine could not get the image ${SAMPLE_IMAGE}:`);
  say(indent(reason));
  const busybox = engine.address && (await findStaticBusybox());
  if (!busybox) {
    say('Without a registry, install a static busybox (on Debian: apt-get install busybox-static)');
    say(
      'and run this again: it then makes an image of that. CONTAINER_ENV=process needs no image.',
    );
    return undefined;
  }
  say(`Making the image ${LOCAL_IMAGE} of this machine's busybox instead; nothing is pulled.`);
  await importJobImage(engine.address, busybox);
  const job = await runJob(service, LOCAL_IMAGE);
  if (!job.refusal) return job;
  throw new Error(`the job was refused: ${job.refusal}`);
}

async function report(job) {
  say('Its log:');
  say(indent(job.logs || '(empty)'));
  if (job.status !== 'finishedSuccessfully') {
    say(`The job did not succeed: ${job.status}, ${job.message}`);
    return false;
  }
  const file = join(store, jid, 'out', INPUT_FILE);
  say(`Its output: ${file}`);
  say(indent(await readFile(file, 'utf8')));
  say(`The job finished successfully, ${seconds(begun)} after the start of this command.`);
  return true;
}

/** The request for a job by hand, on the same input. */
async function writeSecondJob() {
  const names = { jid: 'by-hand', inputDir: `${jid}/in`, outputDir: `${jid}/by-hand` };
  await writeFile(join(state, 'job.json'), `${JSON.stringify(sampleJob(names), null, 2)}\n`);
}

function sayHowToGoOn({ url }) {
  say();
  say('The same by hand:');
  say(
    `  curl -s ${url}/api/v1/ -H 'Content-Type: application/json' -d @${join(state, 'job.json')}`,
  );
  say(`  curl -s ${url}/api/v1/by-hand/`);
  say(`  cat ${join(store, jid, 'by-hand', INPUT_FILE)}`);
  say(`  curl -s -X DELETE ${url}/api/v1/by-hand/`);
  say();
  say('Serving until Ctrl-C.');
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

let ending;

/** Removes the sample job, stops the service, and ends this process. */
function end(code) {
  ending ??= (async () => {
    for (const step of undo.toReversed()) await step();
    process.exit(code);
  })();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(0));

main().then(end, (error) => {
  if (ending) return;
  console.error(`quickstart: ${error.message}`);
  end(1);
});
