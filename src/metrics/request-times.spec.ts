import { describe, expect, it } from 'vitest';
import { RequestTimes } from './request-times.js';

describe('the times of requests', () => {
  it('are a histogram by method, route and code', () => {
    const times = new RequestTimes();
    for (const seconds of [0.0005, 0.02, 0.03, 100]) times.observe('GET', '/x', 200, seconds);
    times.observe('GET', '/x', 503, 2);
    const labels = 'method="GET",route="/x",code="200"';
    const name = 'pman_http_request_duration_seconds';
    const lines = times.text().split('\n');
    expect(lines[1]).toBe(`# TYPE ${name} histogram`);
    expect(lines).toContain(`${name}_bucket{${labels},le="0.001"} 1`);
    expect(lines).toContain(`${name}_bucket{${labels},le="0.025"} 2`);
    expect(lines).toContain(`${name}_bucket{${labels},le="60"} 3`);
    expect(lines).toContain(`${name}_bucket{${labels},le="+Inf"} 4`);
    expect(lines).toContain(`${name}_count{${labels}} 4`);
    expect(lines).toContain(`${name}_count{method="GET",route="/x",code="503"} 1`);
  });
});
