/**
 * Which addresses of a platform are accepted. The join token travels in the body, so plain http is
 * for this machine and private networks only. Pure.
 */
import { BlockList, isIP } from 'node:net';
import { AgentError } from '../problem.ts';

const nearby = new BlockList();
nearby.addSubnet('127.0.0.0', 8);
nearby.addSubnet('10.0.0.0', 8);
nearby.addSubnet('172.16.0.0', 12);
nearby.addSubnet('192.168.0.0', 16);
nearby.addAddress('::1', 'ipv6');

const isNearby = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return nearby.check(host, family === 6 ? 'ipv6' : 'ipv4');
};

/** The address without its final slashes. Throws AgentError with exit code 2. */
export const parseApiUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isAccepted =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isNearby(url.hostname));
  if (isAccepted) return text.replace(/\/+$/, '');
  throw new AgentError({
    what: `${text} is no address of the platform.`,
    why: 'It must begin with https:// (http:// only for this machine or a private network).',
    next: 'Copy the address from the platform\'s page or from the output of "npm start".',
    exitCode: 2,
  });
};
