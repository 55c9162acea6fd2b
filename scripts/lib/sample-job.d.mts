export const SAMPLE_IMAGE: string;

export function sampleJob(names: {
  readonly jid: string;
  readonly inputDir: string;
  readonly outputDir: string;
  readonly image?: string;
}): Record<string, unknown>;
