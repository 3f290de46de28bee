/** Which door this page came through. */
import { bridgeGateway } from './bridge';
import type { Gateway } from './gateway';
import { socketGateway } from './socket';

export * from './gateway';

export function openGateway(): Gateway {
  if (window.legato !== undefined) return bridgeGateway(window.legato);
  return socketGateway({
    base: new URL('./', location.href),
    fetch: (url) => fetch(url, { headers: { Accept: 'application/json' } }),
    connect: (url) => new WebSocket(url),
  });
}
