import { describe, expect, it } from 'vitest';
import { parseEngineConnection, type EngineAddress } from './engine-connection.js';

const NOWHERE: EngineAddress = {
  dockerHost: undefined,
  tlsVerify: false,
  certificateFolder: undefined,
  prefer: 'docker',
  runtimeFolder: undefined,
  home: undefined,
};

function connect(changes: Partial<EngineAddress>) {
  return parseEngineConnection({ ...NOWHERE, ...changes });
}

describe('DOCKER_HOST', () => {
  it.each([
    ['tcp://engine', 'engine', 2375],
    ['tcp://engine:1234', 'engine', 1234],
    ['tcp://engine:80', 'engine', 80],
    ['http://engine:80', 'engine', 80],
    ['http://engine', 'engine', 2375],
    ['tcp://127.0.0.1:2375/', '127.0.0.1', 2375],
    ['tcp://[::1]:2375', '::1', 2375],
  ])('%s is a plain connection', (dockerHost, host, port) => {
    expect(connect({ dockerHost })).toEqual({
      connection: { kind: 'tcp', host, port, tls: undefined },
    });
  });

  it('names one socket', () => {
    expect(connect({ dockerHost: 'unix:///run/my.sock' })).toEqual({
      connection: { kind: 'sockets', paths: ['/run/my.sock'] },
    });
  });

  it.each([
    ['https://engine', true, 2376],
    ['https://engine:443', true, 443],
    ['https://engine', false, 2376],
    ['tcp://engine', true, 2376],
  ])('%s with verification %s speaks TLS', (dockerHost, tlsVerify, port) => {
    const certificateFolder = '/certs';
    expect(connect({ dockerHost, tlsVerify, certificateFolder })).toEqual({
      connection: {
        kind: 'tcp',
        host: 'engine',
        port,
        tls: { certificateFolder },
      },
    });
  });

  it.each(['https://engine', 'tcp://engine'])('%s by TLS needs certificates', (dockerHost) => {
    expect(connect({ dockerHost, tlsVerify: true })).toEqual({
      reason: 'with TLS needs DOCKER_CERT_PATH',
    });
  });

  it.each([
    'engine:2375',
    'localhost',
    'ssh://engine',
    'npipe:////./pipe/docker',
    'fd://',
    'tcp://',
    'tcp:engine',
    'unix://docker.sock',
    'unix://',
    'tcp://engine:99999',
    'tcp://user@engine',
    'tcp://:password@engine',
    'tcp://engine/path',
    'tcp://engine?x=1',
    'tcp://engine#x',
  ])('%s is refused', (dockerHost) => {
    expect(connect({ dockerHost })).toHaveProperty('reason', expect.stringMatching(/^must /));
  });
});

describe('without DOCKER_HOST', () => {
  const places = { runtimeFolder: '/run/user/7', home: '/home/a' };

  it('the sockets of Docker are tried before those of Podman', () => {
    expect(connect(places)).toEqual({
      connection: {
        kind: 'sockets',
        paths: [
          '/var/run/docker.sock',
          '/run/user/7/docker.sock',
          '/home/a/.docker/run/docker.sock',
          '/run/podman/podman.sock',
          '/run/user/7/podman/podman.sock',
        ],
      },
    });
  });

  it('the sockets of Podman come first where Podman is wanted', () => {
    expect(connect({ prefer: 'podman' })).toEqual({
      connection: { kind: 'sockets', paths: ['/run/podman/podman.sock', '/var/run/docker.sock'] },
    });
  });
});
