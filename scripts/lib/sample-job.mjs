/** The README's job runs in it where jobs run in containers. */
export const SAMPLE_IMAGE = 'docker.io/library/busybox:1.36';

export const INPUT_FILE = 'greeting.txt';
export const INPUT_TEXT = 'hello from pman\n';

// $1 is the input directory and $2 the output directory: a job of type `ds` gets both.
const SCRIPT =
  'echo reading $1; sleep 2; tr a-z A-Z <$1/greeting.txt >$2/greeting.txt && echo wrote $2';

/** The job that the README and `npm run quickstart` show: it writes its input in capitals. */
export function sampleJob({ jid, inputDir, outputDir, image = SAMPLE_IMAGE }) {
  return {
    jid,
    auid: 'you',
    type: 'ds',
    image,
    entrypoint: ['sh', '-c', SCRIPT, 'sample'],
    args: [],
    input_dir: inputDir,
    output_dir: outputDir,
    number_of_workers: 1,
    cpu_limit: 0,
    memory_limit: 128,
    gpu_limit: 0,
  };
}
