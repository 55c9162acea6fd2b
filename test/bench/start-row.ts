import { atMost, compareInTurn, type Row } from './measure.ts';
import type { Rig } from './rig.ts';
import { startBareServer, startService } from './service.ts';

const ROUNDS = 3;

/** R12: from the start of the process to its first answer, beside the smallest server of the runtime. */
export async function startRow(rig: Rig): Promise<Row> {
  const compared = await compareInTurn(ROUNDS, startBareServer, async () => {
    const service = await startService(rig.settings);
    await service.stop();
    return service.startedAfter;
  });
  return atMost('R12', 'start to the first 200 / of a bare server', 'ms', compared, 12);
}
