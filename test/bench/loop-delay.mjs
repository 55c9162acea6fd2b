import { monitorEventLoopDelay } from 'node:perf_hooks';

// Loaded into the service before its own code: tells the bench the delays of its event loop, in
// milliseconds at the 99th percentile since it was asked last.
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
process.on('message', () => {
  process.send?.(delays.percentile(99) / 1e6);
  delays.reset();
});
// The bench's line to the service must not keep it from ending.
process.channel?.unref();
